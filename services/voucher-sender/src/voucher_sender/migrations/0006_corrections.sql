-- The batch that a correction comes to: its reversing vouchers, once the originals have been read. Null for a batch.
alter table batches add column correction jsonb;

-- Which voucher is reversed by which, who asked for it and when: kept for ever, as the receipts are. Of a correction
-- that ended with nothing in Fortnox the next one takes the place.
create table corrections (
    tenant bigint not null,
    voucher_id text not null,             -- the original
    corrected_by text not null,           -- the reversing voucher
    correction_id uuid not null,
    requested_by text not null,
    requested_at timestamptz not null,
    primary key (tenant, voucher_id)
);
create unique index corrections_corrected_by on corrections (tenant, corrected_by);

-- lines: the rows as Fortnox returned them, in words; receipts from before have their hash alone.
-- corrects: the voucher that it reverses, {voucher_id, series, number, financial_year}; null where it is no correction.
alter table receipts
    add column lines jsonb not null default '[]',
    add column corrects jsonb;
