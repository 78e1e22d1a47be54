-- What a receipt needs so that a product can open the voucher: the year's first and last day beside Fortnox's id.
-- decided: a person decided that this voucher in Fortnox counts. None in receipts of older versions.
alter table receipts
    add column year_from date,
    add column year_to date,
    add column decided boolean not null default false;

-- What was approved, in figures: a rejected voucher has no receipt to tell its date and total.
alter table batch_vouchers
    add column voucher_date date,
    add column total numeric;

-- Where a voucher was found more than once: a list of {series, number, financial_year}.
alter table vouchers add column found_at jsonb;

-- A person's decisions about vouchers that could not be decided here. Never changed, kept for ever.
create table decisions (
    id bigint generated always as identity primary key,
    tenant bigint not null,
    voucher_id text not null,
    batch_id uuid not null,               -- the batch that the voucher belonged to
    decided text not null check (decided in ('booked', 'not_booked')),
    series text,                          -- the voucher that counts, where it is booked
    number integer,
    financial_year integer,
    differences jsonb not null default '[]',
    reason text not null,
    decided_by text not null,
    decided_at timestamptz not null default clock()
);
create index decisions_voucher on decisions (tenant, voucher_id, id);
create function decisions_never_change() returns trigger language plpgsql as $$
begin
    raise exception 'a decision is written once and never changed';
end
$$;
create trigger decisions_never_change before update or delete on decisions
    for each row execute function decisions_never_change();

-- Who a connection leads to, as its events tell: the heading of the receipts' document. No number of a person is kept.
-- A row goes as long after the connection was removed as batches go after their end.
create table companies (
    connection_id uuid primary key,
    tenant bigint not null,
    name text not null,
    organisation_number text,             -- null for a sole trader, whose is a personal number
    removed_at timestamptz
);
create index companies_tenant on companies (tenant);
create index companies_removed on companies (removed_at) where removed_at is not null;

create index batches_began on batches (connection_id, began_at, batch_id);
create index batch_vouchers_voucher on batch_vouchers (voucher_id);
