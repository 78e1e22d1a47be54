-- A new consent replaces the one that other connections to the company live by. So the person may have to approve once
-- more, for all of them (`widening`): 'asked' (the page says so), 'gone' (they are at Fortnox again), 'done'.
alter table connect_sessions
    add column widening text check (widening in ('asked', 'gone', 'done')),
    add column service boolean not null default false, -- a service account is asked for, since another connection has one
    add column replaced jsonb;                          -- kind and scopes of the consent that this session's replaced
-- Of the company's organisation number, under the master key it names: to know a company before anybody is at Fortnox.
alter table grants add column company_number bytea;
create index grants_company_number on grants (company_number);
-- What another connection's consent has cost this one.
alter table connections add column trouble jsonb;
