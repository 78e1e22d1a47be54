-- The calls that an import was planned to take and those that it took, each by what it was for.
alter table imports add column plan jsonb;
