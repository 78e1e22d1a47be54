-- Who asks, the same in all its requests (a job's session): a company's slots are shared evenly among these.
alter table slots add column holder uuid;         -- who took it last
alter table slots add column urgency interval;    -- the head start of whoever took it last
alter table waiters add column holder uuid;
alter table waiters add column urgency interval;

-- As take_slots of migration 0002, and besides: who has had an even share of
-- the last window, and who is less urgent than somebody who called within it, is polite: goes after the others, unless
-- it has waited for ten seconds, leaves eight slots free, and takes those one at a time, at the pace at which slots
-- come free in the long run. Otherwise all 25 would be gone in a moment and come free together 5 s later, and who calls
-- once after the other would wait that long each time.
create function take_lot(
    budget bigint, lease uuid, asker uuid, wanted integer, head_start interval, lease_time interval,
    out numbers smallint[], out seconds double precision, out wait double precision, out expected double precision
) language plpgsql as $$
declare
    moment timestamptz;
    closed timestamptz;
    my_turn timestamptz := null;
    most_urgent interval;
    last_taken timestamptz;  -- by somebody no more urgent
    held integer;            -- by the asker: in use or not free yet
    share integer;           -- null: there is nobody to share with
    i_am_polite boolean := false;
    others boolean;
    ahead integer := 0;      -- slots that go to others first
    polite_ahead integer := 0;
    spare integer;           -- slots that are free beyond those that the polite leave
    next_free timestamptz;
    patience constant interval := interval '10 seconds';  -- who has waited so long goes before whoever comes
begin
    -- Those who ask for the same company take turns here.
    select closed_until into closed from budgets where id = budget for update;
    moment := clock();
    select array_agg(s.number order by s.number) filter (where s.lease_id = lease and s.lease_until > moment),
        extract(epoch from min(s.lease_until) filter (where s.lease_id = lease and s.lease_until > moment) - moment),
        count(*) filter (where s.holder = asker and s.free_at > moment),
        max(s.urgency) filter (where s.taken_at > moment - interval '5 seconds'),
        max(s.taken_at) filter (where s.urgency <= head_start),
        coalesce(bool_or(s.holder <> asker and s.free_at > moment), false)
            or exists (select from waiters as w where w.budget_id = budget),
        count(*) filter (where s.free_at <= moment) - 8
    into numbers, seconds, held, most_urgent, last_taken, others, spare from slots as s where s.budget_id = budget;
    wait := 0;
    if numbers is not null then -- the same lease gets the same slots again
        return;
    end if;

    if others then
        select min(w.turn) filter (where w.lease_id = lease), greatest(max(w.urgency), most_urgent, head_start)
        into my_turn, most_urgent from waiters as w where w.budget_id = budget and w.expires_at > moment;
        select case when count(*) > 1 then greatest(3, 25 / count(*)) end into share from (
            select s.holder from slots as s where s.budget_id = budget and s.free_at > moment and s.holder is not null
            union select w.holder from waiters as w where w.budget_id = budget and w.expires_at > moment
            union select asker
        ) as active;
        i_am_polite := head_start < most_urgent or coalesce(held >= share, false);
    end if;
    my_turn := coalesce(my_turn, moment - head_start);
    if others then
        select coalesce(sum(case when other.polite then 1 else least(other.wanted, share - other.held) end), 0),
            count(*) filter (where other.polite)
        into ahead, polite_ahead from (
            select w.wanted, w.turn, w.lease_id, of_other.held,
                w.urgency < most_urgent or coalesce(of_other.held >= share, false) as polite
            from waiters as w, lateral (
                select count(*) as held from slots as s
                where s.budget_id = budget and s.holder = w.holder and s.free_at > moment
            ) as of_other
            where w.budget_id = budget and w.expires_at > moment and w.lease_id <> lease
        ) as other
        where (other.polite and other.turn > moment - patience, other.turn, other.lease_id)
            < (i_am_polite and my_turn > moment - patience, my_turn, lease);
    end if;
    if i_am_polite and ahead < spare then
        share := held + spare - ahead;
        i_am_polite := false;
    elsif i_am_polite then
        -- 25 in 4.5 s; among equals in 3.75 s, so that who comes late costs nothing.
        closed := greatest(closed, last_taken + (1 + polite_ahead)
            * case when head_start < most_urgent then interval '0.18 seconds' else interval '0.15 seconds' end);
    end if;

    if closed <= moment then
        with free as (
            select s.number from slots as s
            where s.budget_id = budget and s.free_at <= moment
            order by s.free_at, s.number
            offset ahead limit case when i_am_polite then 1 else least(wanted, share - held) end
        ), taken as (
            update slots as s
            set lease_id = lease, taken_at = moment, lease_until = moment + lease_time,
                holder = asker, urgency = head_start,
                -- Without an answer: whatever is still on its way has arrived 25 s after the lease ran out.
                free_at = moment + lease_time + interval '25 seconds'
            from free where s.budget_id = budget and s.number = free.number
            returning s.number
        )
        select array_agg(t.number order by t.number) into numbers from taken as t;
    end if;

    delete from waiters as w
    where w.budget_id = budget and (w.expires_at <= moment or (numbers is not null and w.lease_id = lease));
    if numbers is not null then
        seconds := extract(epoch from lease_time);
        return;
    end if;

    select s.free_at into next_free from slots as s
    where s.budget_id = budget order by s.free_at offset least(ahead, 24) limit 1;
    -- Slots in use may be answered any moment: worth another look soon.
    wait := least(greatest(extract(epoch from greatest(next_free, closed) - moment), 0.02),
                  greatest(extract(epoch from closed - moment), 0.5));
    -- For telling people: what is in use is taken to be answered in a moment, unless it hasn't been for ten seconds.
    select greatest(wait, extract(epoch from soon.free_at - moment)) + ahead / 25 * 5 into expected from (
        select case when s.lease_id is null or s.taken_at < moment - interval '10 seconds' then s.free_at
            else moment + interval '5 seconds' end as free_at
        from slots as s where s.budget_id = budget order by 1 offset ahead % 25 limit 1
    ) as soon;
    insert into waiters as w (lease_id, budget_id, wanted, turn, expires_at, holder, urgency)
    values (lease, budget, wanted, my_turn, moment + make_interval(secs => wait + 1.5), asker, head_start)
    on conflict (lease_id) do update set expires_at = excluded.expires_at, wanted = excluded.wanted;
end
$$;

-- Many leases in one round trip and one commit: whoever asks at the same moment is served by the same statement. Slots
-- are taken only for who holds the newest access token, and only if it is good for so many seconds, or can't be renewed:
-- so nothing can go wrong between taking slots and answering, and slots are never handed back as unused while a repeat
-- of the same request holds them. Who gets neither slots nor a wait gets the token first and asks again.
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

-- take_slots and lease_slots stay for replicas of the code before this one, as long as a deploy lasts: a later migration
-- drops them.
