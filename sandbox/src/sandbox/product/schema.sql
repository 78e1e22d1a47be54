-- What the product keeps. A product's own tables: nothing here is read by the services.
create schema if not exists product;
create table if not exists product.events (
    source text not null,
    id text not null,
    topic text not null,
    type text not null,
    connection_id uuid not null,
    about text not null,
    data jsonb not null,
    received_at timestamptz not null default clock_timestamp(),
    position bigint generated always as identity,
    primary key (source, id)
);
create index if not exists events_about on product.events (about, position);
create table if not exists product.chunks (
    snapshot_id uuid not null,
    dataset text not null,
    number integer not null,
    type text not null,
    value bytea not null,
    primary key (snapshot_id, dataset, number)
);
create table if not exists product.imports (
    import_id uuid primary key,
    connection_id uuid not null,
    snapshot_id uuid not null,
    completed jsonb not null,
    proven_at timestamptz,
    fault text
);
create table if not exists product.rows (
    import_id uuid not null references product.imports,
    part text not null,
    position integer not null,
    data jsonb not null,
    primary key (import_id, part, position)
);
create table if not exists product.receipts (
    connection_id uuid not null,
    voucher_id text not null,
    series text not null,
    number integer not null,
    financial_year integer not null,
    rows_hash text not null,
    primary key (connection_id, voucher_id)
);
-- The voucher that it reverses; null where it is no correction.
alter table product.receipts add column if not exists corrects text;
