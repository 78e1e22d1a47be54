-- The troubles that were told of an uncertain voucher since it became so: each is told once.
alter table vouchers add column uncertain_told text[] not null default '{}';
