-- Work that takes its time. Jobs of one lane run one at a time and in the order in which they came.
create table jobs (
    id uuid primary key default gen_random_uuid(),
    position bigint generated always as identity,
    kind text not null,
    version integer not null,
    connection_id uuid not null,
    lane text not null,
    business_key text not null,
    command jsonb not null,
    status text not null default 'queued' check (status in ('queued', 'running', 'waiting', 'done', 'dead')),
    run_at timestamptz not null default clock(),
    attempts integer not null default 0,
    fence bigint not null default 0,
    lease_until timestamptz,
    checkpoint jsonb,
    cancel_requested boolean not null default false,
    woken boolean not null default false, -- while it ran: it must not then wait for what has happened already
    reason text,
    created_at timestamptz not null default clock(),
    started_at timestamptz,
    finished_at timestamptz,
    unique (kind, business_key)
);
create unique index jobs_one_running on jobs (kind, lane) where status = 'running';
create index jobs_unfinished on jobs (kind, lane, position) where status in ('queued', 'running', 'waiting');
create index jobs_finished on jobs (finished_at) where status in ('done', 'dead');

-- When each connection last had its turn: least recently served goes first.
create table job_turns (
    kind text not null,
    connection_id uuid not null,
    served_at timestamptz not null,
    primary key (kind, connection_id)
);
