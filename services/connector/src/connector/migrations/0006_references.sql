-- The product finds connections by its own reference.
create index connections_reference on connections (reference, id) where removed_at is null;
