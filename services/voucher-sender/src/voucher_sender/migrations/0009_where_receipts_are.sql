-- Whether a voucher in the books is ours: by its place, and then by its rows.
create index receipts_place on receipts (tenant, financial_year, series, number);
