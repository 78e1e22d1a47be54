-- A cancellation counts for its own connection only. Old code goes on writing some without one: those count for any.
alter table cancellations add column connection_id uuid;
alter table cancellations drop constraint cancellations_pkey;
create unique index cancellations_of_import on cancellations (import_id, connection_id);
