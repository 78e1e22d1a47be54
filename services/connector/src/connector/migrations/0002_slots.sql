-- Fortnox lets 25 calls through per sliding 5 s, app and company (Fortnox fact 8), counted when a call arrives there:
-- somewhere between our sending it and our getting the answer. So there are 25 slots, one per call on the wire, and a
-- slot is free again 5 s after its call's answer came. Rows are kept while the company is known.
create table budgets (
    id bigint generated always as identity primary key,
    client_id text not null,
    tenant bigint not null,
    closed_until timestamptz not null default clock(), -- after a 429: somebody else uses the same budget
    unique (client_id, tenant)
) with (fillfactor = 50);

create table slots (
    budget_id bigint not null references budgets on delete cascade,
    number smallint not null check (number between 1 and 25),
    lease_id uuid,             -- who has it; null when it was handed back
    lease_until timestamptz,
    taken_at timestamptz not null default clock(),
    free_at timestamptz not null default clock(),
    primary key (budget_id, number)
) with (fillfactor = 50);

-- Who was told to wait. The earliest turn goes first; a turn is the time of asking minus the head start of the purpose.
create table waiters (
    lease_id uuid primary key,
    budget_id bigint not null references budgets on delete cascade,
    wanted integer not null,
    turn timestamptz not null,
    expires_at timestamptz not null -- who doesn't ask again by then has gone
) with (fillfactor = 50);
create index waiters_budget_id on waiters (budget_id);

-- Takes slots back. One that was never used is free at once. A slot that somebody else holds by now isn't touched.
create function hand_back_slots(budget_ids bigint[], lease_ids uuid[], numbers smallint[], answered_ago double precision[])
returns void language plpgsql as $$
begin
    perform from budgets where id = any (budget_ids) order by id for update;
    update slots as s
    set lease_id = null,
        free_at = case when back.ago is null then clock()
            -- No answer comes before its call: a holder that reckons wrongly doesn't break the budget.
            else greatest(s.taken_at, clock() - make_interval(secs => back.ago)) + interval '5 seconds'
        end
    from unnest(budget_ids, lease_ids, numbers, answered_ago) as back (budget_id, lease_id, number, ago)
    where s.budget_id = back.budget_id and s.number = back.number and s.lease_id = back.lease_id;
end
$$;

-- Gives a lease up to `wanted` slots, or none and how long to wait. The same lease gets the same slots again.
create function take_slots(
    budget bigint, lease uuid, wanted integer, head_start interval, lease_time interval,
    out numbers smallint[], out seconds double precision, out wait double precision
) language plpgsql as $$
declare
    moment timestamptz;
    closed timestamptz;
    my_turn timestamptz;
    ahead integer;
    next_free timestamptz;
begin
    -- Those who ask for the same company take turns here.
    select closed_until into closed from budgets where id = budget for update;
    moment := clock();
    wait := 0;
    select array_agg(s.number order by s.number), extract(epoch from min(s.lease_until) - moment)
    into numbers, seconds from slots as s
    where s.budget_id = budget and s.lease_id = lease and s.lease_until > moment;
    if numbers is not null then
        return;
    end if;

    select turn into my_turn from waiters where lease_id = lease;
    my_turn := coalesce(my_turn, moment - head_start);
    select coalesce(sum(w.wanted), 0) into ahead from waiters as w
    where w.budget_id = budget and w.expires_at > moment and (w.turn, w.lease_id) < (my_turn, lease);

    if closed <= moment then
        with free as (
            select s.number from slots as s
            where s.budget_id = budget and s.free_at <= moment
            order by s.free_at, s.number
            offset ahead limit wanted
        ), taken as (
            update slots as s
            set lease_id = lease, taken_at = moment, lease_until = moment + lease_time,
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
    insert into waiters as w values (lease, budget, wanted, my_turn, moment + make_interval(secs => wait + 1.5))
    on conflict (lease_id) do update set expires_at = excluded.expires_at, wanted = excluded.wanted;
end
$$;

-- One lease in one round trip: hands back, looks the connection up, takes slots.
create function lease_slots(
    connection uuid, lease uuid, calls integer, head_start interval, lease_time interval,
    back_budgets bigint[], back_leases uuid[], back_numbers smallint[], back_ago double precision[],
    out known boolean, out grant_id uuid, out status text, out trouble jsonb, out tenant bigint, out version bigint,
    out access_seconds double precision, out may_renew boolean,
    out budget_id bigint, out numbers smallint[], out seconds double precision, out wait double precision
) language plpgsql as $$
begin
    if cardinality(back_numbers) > 0 then
        perform hand_back_slots(back_budgets, back_leases, back_numbers, back_ago);
    end if;
    select true, g.id, case when c.removed_at is null then g.status else 'removed' end, g.trouble, g.tenant, g.version,
        extract(epoch from g.access_until - clock()), g.status <> 'lost' or g.retry_at <= clock(), b.id
    into known, grant_id, status, trouble, tenant, version, access_seconds, may_renew, budget_id
    from connections as c
    left join grants as g on g.id = c.grant_id
    left join budgets as b on b.client_id = g.client_id and b.tenant = g.tenant
    where c.id = connection;
    if budget_id is null or status = 'removed' then -- a budget that isn't there is made by the caller, who asks again
        return;
    end if;
    if not may_renew and access_seconds < extract(epoch from lease_time) then
        return; -- lost, and what is left of its access token doesn't last for a call
    end if;
    select t.numbers, t.seconds, t.wait into numbers, seconds, wait
    from take_slots(budget_id, lease, calls, head_start, lease_time) as t;
end
$$;
