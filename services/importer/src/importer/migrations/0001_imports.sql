-- One row per import, from its request on: what it is about and how far it has come. Pruned with its result.
create table imports (
    import_id uuid primary key,
    connection_id uuid not null,
    datasets text[] not null,
    year_from date not null,
    year_to date not null,
    closing_date date not null,
    status text not null default 'queued'
        check (status in ('queued', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'refused')),
    percent integer not null default 0,
    line text not null default '',
    waiting_since timestamptz,
    waits integer not null default 0,
    trouble jsonb,
    requested_at timestamptz not null default clock(),
    ended_at timestamptz,
    used_at timestamptz not null default clock()
);
create index imports_used_at on imports (used_at);
create index imports_connection on imports (connection_id);

-- Answers of Fortnox that a running import has already got. Deleted when it ends.
create table answers (
    import_id uuid not null references imports on delete cascade,
    name text not null,
    content bytea not null,
    primary key (import_id, name)
);

-- SIE files just as Fortnox sent them: the evidence. Never changed; pruned with the import.
create table sie_files (
    import_id uuid primary key references imports on delete cascade,
    sha256 text not null,
    content bytea not null,
    fetched_at timestamptz not null default clock()
);

-- What a completed import published apart from the SIE file, so that it can be published again. Pruned with the import.
create table results (
    import_id uuid primary key references imports on delete cascade,
    content bytea not null,
    completed jsonb not null
);

-- Cancellations, remembered in case they arrive before their request. Kept as long as the inbox keeps commands.
create table cancellations (
    import_id uuid primary key,
    requested_at timestamptz not null default clock()
);
create index cancellations_requested_at on cancellations (requested_at);
