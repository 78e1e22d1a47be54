-- A voucher is its company's: whoever has sent to that company may ask for it.
create index batches_connection on batches (connection_id, tenant);
