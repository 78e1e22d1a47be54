-- SQL reads time only from here, so that tests can replace it in their own database.
create function clock() returns timestamptz language sql volatile as 'select clock_timestamp()';

-- Commands that have been accepted. Kept for longer than their topic keeps them.
create table inbox (
    source text not null,
    event_id text not null,
    type text not null,
    business_key text,
    data jsonb not null,
    received_at timestamptz not null default clock(),
    primary key (source, event_id)
);
create unique index inbox_business_key on inbox (type, business_key) where business_key is not null;
create index inbox_received_at on inbox (received_at);

-- What is to be said, in the order per key in which it became true. Deleted when it has been said.
create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    key bytea not null,
    value bytea,
    headers jsonb not null,
    created_at timestamptz not null default clock()
);

-- The last sequence number of each key; its row lock makes writers of one key take turns.
create table outbox_sequences (
    topic text not null,
    key bytea not null,
    last bigint not null,
    primary key (topic, key)
);

-- When the active relay last got on, so that one that is stuck can be replaced.
create table relay_progress (
    only_row boolean primary key default true check (only_row),
    backend integer not null,
    at timestamptz not null
);
