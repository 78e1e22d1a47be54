-- What a look for a voucher needs when the batch that sent it is not at hand: it holds back others of its series.
alter table vouchers
    add column voucher_date date,
    add column seen_number integer;       -- its number, when another batch found it there; the receipt comes with its own
