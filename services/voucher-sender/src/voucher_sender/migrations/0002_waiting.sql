-- Since when a batch waits without having got anywhere, and the troubles that were told meanwhile.
alter table batches
    add column waiting_since timestamptz,
    add column waiting_codes text[] not null default '{}';
