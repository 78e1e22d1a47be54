-- A connect session may be meant for somebody else: it lives longer, and its page shows who asks and about which
-- company. A session that failed may be tried again in the browser that it is bound to.
alter table connect_sessions
    add column forwarded boolean not null default false,
    add column asked_by text,
    add column company_name text;
