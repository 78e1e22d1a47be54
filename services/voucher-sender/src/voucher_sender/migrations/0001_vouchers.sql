-- Batches as they came, how far they are, and how they ended. Pruned 400 days after their end.
create table batches (
    batch_id uuid primary key,
    connection_id uuid not null,
    mode text not null,
    policy text not null,
    series text not null,
    year_from date not null,
    year_to date not null,
    tenant bigint,                        -- Fortnox's DatabaseNumber, once the check has read it
    financial_year integer,               -- Fortnox's id of the year
    next_year text,                       -- the year after, where Fortnox has one
    locked_until date,                    -- Fortnox's lock date when the batch was checked
    calls integer not null default 0,
    began_at timestamptz not null default clock(),
    checked_at timestamptz,
    ended_at timestamptz,
    ending jsonb                          -- the event that it ended with
);
create index batches_ended_at on batches (ended_at);

-- What became of each voucher within its batch. Pruned with the batch.
create table batch_vouchers (
    batch_id uuid not null references batches on delete cascade,
    position integer not null,
    voucher_id text not null,
    passed boolean not null,
    findings jsonb not null,
    outcome text check (outcome in ('booked', 'already_booked', 'rejected', 'uncertain')),
    primary key (batch_id, position)
);

-- Each voucher of a company, once and for ever: what is known of its way into Fortnox.
create table vouchers (
    tenant bigint not null,
    voucher_id text not null,
    connection_id uuid not null,
    batch_id uuid not null,               -- the batch that it belongs to now
    content_hash text not null,
    marker text not null,
    -- approved: not in Fortnox; intended: may be in Fortnox; booked: has a receipt; duplicated: is there more than once
    state text not null check (state in ('approved', 'intended', 'booked', 'rejected', 'duplicated')),
    series text,
    financial_year integer,
    highest_number integer,               -- the series' highest number when the intent was written
    payload_hash text,
    intended_at timestamptz,
    posts integer not null default 0,     -- how often it was sent, or may have been
    over_at timestamptz,                  -- when the call is known to have ended without telling its outcome
    missed_at timestamptz,                -- the first look after that which did not find it
    uncertain_since timestamptz,
    uncertain_code text,                  -- the trouble that was told last
    primary key (tenant, voucher_id)
);
create index vouchers_connection on vouchers (connection_id, voucher_id);
create index vouchers_intended on vouchers (tenant, series) where state = 'intended';

-- Receipts: written once, never changed, kept for ever.
create table receipts (
    tenant bigint not null,
    voucher_id text not null,
    series text not null,
    number integer not null,
    financial_year integer not null,
    voucher_date date not null,
    booked_at timestamptz not null,
    approval_state integer,
    rows_hash text not null,
    total numeric not null,
    marker text not null,
    differences jsonb not null,
    batch_id uuid not null,
    primary key (tenant, voucher_id)
);
create function receipts_never_change() returns trigger language plpgsql as $$
begin
    raise exception 'a receipt is written once and never changed';
end
$$;
create trigger receipts_never_change before update or delete on receipts
    for each row execute function receipts_never_change();

-- What Fortnox answered to vouchers dated in a locked period: it does not tell which series is exempt (fact 5.8).
create table series_locks (
    tenant bigint not null,
    financial_year integer not null,
    series text not null,
    locked_until date not null,           -- the lock date at that time
    lockable boolean not null,
    seen_at timestamptz not null default clock(),
    primary key (tenant, financial_year, series)
);
