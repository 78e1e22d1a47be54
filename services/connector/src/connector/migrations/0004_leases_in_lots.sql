-- Many leases in one round trip and one commit: whoever asks at the same moment is served by the same statement.
-- As lease_slots of migration 0002 for each; and who has to wait is told how long it will probably be.
create function lease_lots(
    connection_ids uuid[], lease_ids uuid[], calls integer[], head_starts interval[], lease_time interval,
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
            one.lease_id, one.wanted, one.head_start
        from unnest(connection_ids, lease_ids, calls, head_starts)
            with ordinality as one (connection_id, lease_id, wanted, head_start, place)
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
        if budget_id is not null and status <> 'removed'
            and (may_renew or access_seconds >= extract(epoch from lease_time))
        then
            select t.numbers, t.seconds, t.wait into numbers, seconds, wait
            from take_slots(budget_id, ask.lease_id, ask.wanted, ask.head_start, lease_time) as t;
            if numbers is null then
                expected := expected_wait(budget_id, ask.lease_id);
            end if;
        end if;
        return next;
    end loop;
end
$$;

-- How long it will probably be until this waiting lease has its turn. Slots in use are taken to be answered soon, except
-- those that have not been for ten seconds; whoever is ahead gets all that it wants.
create function expected_wait(budget bigint, lease uuid) returns double precision language sql as $$
    select extract(epoch from greatest(
        b.closed_until,
        moment,
        (
            select case when s.lease_id is null or s.taken_at < moment - interval '10 seconds' then s.free_at
                else moment + interval '5 seconds' end as free_at
            from slots as s where s.budget_id = budget
            order by 1 offset ahead % 25 limit 1
        )
    ) - moment) + ahead / 25 * 5
    from budgets as b, clock() as moment, (
        select coalesce(sum(w.wanted), 0)::integer as ahead
        from waiters as w, waiters as mine
        where mine.lease_id = lease and w.budget_id = budget and w.expires_at > clock()
            and (w.turn, w.lease_id) < (mine.turn, mine.lease_id)
    ) as queue
    where b.id = budget
$$;
