-- Nobody calls these any more, nor did the code before this one. What leases are now: take_lot of migration 0004, and
-- lease_lots below.
drop function lease_slots(
    uuid, uuid, integer, interval, interval, bigint[], uuid[], smallint[], double precision[]
);
drop function take_slots(bigint, uuid, integer, interval, interval);

-- As lease_lots of migration 0004, and besides: slots are taken only for who holds the newest access token, and only
-- if it is good for so many seconds, or can't be renewed. So nothing can go wrong between taking slots and answering,
-- and slots are never handed back as unused while a repeat of the same request holds them. Who gets neither slots nor
-- a wait gets the token first and asks again.
-- Replicas of the code before this one call the other lease_lots, with ten arguments, as long as a deploy lasts: a
-- later migration drops it.
create function lease_lots(
    connection_ids uuid[], lease_ids uuid[], holders uuid[], calls integer[], head_starts interval[],
    held_tokens bytea[], good_for double precision[], lease_time interval,
    back_budgets bigint[], back_leases uuid[], back_numbers smallint[], back_ago double precision[]
) returns table (
    known boolean, grant_id uuid, status text, trouble jsonb, tenant bigint, version bigint,
    access_seconds double precision, may_renew boolean,
    budget_id bigint, numbers smallint[], seconds double precision, wait double precision, expected double precision
) language plpgsql as $$
declare
    ask record;
begin
    -- All at once and in one order, so that no two of these wait for each other.
    perform from budgets as b
    where b.id = any (back_budgets) or b.id in (
        select of_grant.id from connections as c
        join grants as g on g.id = c.grant_id
        join budgets as of_grant on of_grant.client_id = g.client_id and of_grant.tenant = g.tenant
        where c.id = any (connection_ids)
    )
    order by b.id for update;
    if cardinality(back_numbers) > 0 then
        perform hand_back_slots(back_budgets, back_leases, back_numbers, back_ago);
    end if;
    for ask in
        select c.id is not null as known, g.id as grant_id, g.trouble, g.tenant, g.version, b.id as budget_id,
            case when c.removed_at is null then g.status else 'removed' end as status,
            extract(epoch from g.access_until - clock()) as access_seconds,
            g.status <> 'lost' or g.retry_at <= clock() as may_renew,
            g.access_hash = one.held_token as is_held,
            one.lease_id, one.holder, one.wanted, one.head_start, one.good_for
        from unnest(connection_ids, lease_ids, holders, calls, head_starts, held_tokens, good_for)
            with ordinality as one (connection_id, lease_id, holder, wanted, head_start, held_token, good_for, place)
        left join connections as c on c.id = one.connection_id
        left join grants as g on g.id = c.grant_id
        left join budgets as b on b.client_id = g.client_id and b.tenant = g.tenant
        order by one.place
    loop
        known := ask.known; grant_id := ask.grant_id; status := ask.status; trouble := ask.trouble;
        tenant := ask.tenant; version := ask.version; access_seconds := ask.access_seconds;
        may_renew := ask.may_renew; budget_id := ask.budget_id;
        numbers := null; seconds := null; wait := null; expected := null;
        -- A budget that isn't there is made by the caller, who asks again; what is lost and has no token that lasts for
        -- a call gets nothing.
        if budget_id is not null and status <> 'removed' and ask.is_held
            and access_seconds >= (case when may_renew then ask.good_for else extract(epoch from lease_time) end)
        then
            select lot.numbers, lot.seconds, lot.wait, lot.expected into numbers, seconds, wait, expected
            from take_lot(budget_id, ask.lease_id, ask.holder, ask.wanted, ask.head_start, lease_time) as lot;
        end if;
        return next;
    end loop;
end
$$;
