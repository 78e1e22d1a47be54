-- A second request for the same company and year: it takes the result of the import that was under way, or ends it.
alter table imports add column joins uuid;
alter table imports add column superseded_by uuid;
create index imports_unended on imports (connection_id) where ended_at is null;
