-- How the grant fares, for whoever looks after connections.
alter table grants
    add column succeeded_at timestamptz,  -- when Fortnox last gave tokens
    add column failed_at timestamptz,     -- when it last didn't
    add column failure jsonb,             -- why
    -- The refresh token may have been spent without our knowing what came of it: soon tried again.
    add column doubtful boolean not null default false;
update grants set succeeded_at = refreshed_at;

-- A code that has been exchanged: the tokens are with the grant, and whoever holds the session finishes it.
alter table connect_sessions
    add column exchanging_at timestamptz,
    add column tenant bigint,
    add column granted_scopes text[],
    add column obtained_at timestamptz,  -- when the tokens came
    add column held_until timestamptz;   -- from then on another replica may finish it
create index connect_sessions_exchanging on connect_sessions (tenant) where status = 'exchanging';
update connect_sessions set exchanging_at = clock() where status = 'exchanging';

-- When this database was last looked after. If that is long ago it was away, or it is an old copy of itself, in which
-- refresh tokens are long spent, slots seem free that are in use, and numbers are to be given that were given before.
create table pulse (
    only_row boolean primary key default true check (only_row),
    at timestamptz not null
);

-- Notes that the database is looked after. After a gap, which it tells, nothing is leased for the time of rest, every
-- refresh token is to be proven by renewing it, and sequence numbers go on beyond all that may have been told.
create function feel_pulse(gap interval, rest interval) returns boolean language plpgsql as $$
declare
    last timestamptz;
begin
    select at into last from pulse;
    if last < clock() - gap then
        select at into last from pulse for update; -- others who noticed, too, wait here
    end if;
    insert into pulse (at) values (clock()) on conflict (only_row) do update set at = greatest(pulse.at, clock());
    if last is null or last >= clock() - gap then
        return false;
    end if;
    update budgets set closed_until = greatest(closed_until, clock() + rest);
    update grants set renew_at = least(renew_at, clock()) where kind = 'refresh_token' and status in ('active', 'expiring');
    update outbox_sequences as s set last = s.last + 1000000;
    return true;
end
$$;
