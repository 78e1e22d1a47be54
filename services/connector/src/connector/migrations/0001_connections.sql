-- What a company has consented to: one grant per Fortnox app and company, shared by every connection to that company.
-- Deleted, with its keys and tokens, when its last connection has been removed and the consent was revoked.
create table grants (
    id uuid primary key,
    client_id text not null,
    tenant bigint not null,
    kind text not null check (kind in ('service_account', 'refresh_token')),
    status text not null default 'active' check (status in ('active', 'expiring', 'lost', 'ending')),
    trouble jsonb,                -- why it is lost
    retry_at timestamptz,         -- a lost grant that may come back by itself is tried again from then on
    scopes text[] not null,
    -- Secrets: under the row's own key, which a master key encrypts; bound to row and column.
    master_key text not null,
    sealed_key bytea not null,
    company bytea not null,       -- name and organisation number (a sole trader's is a personal number)
    access_token bytea not null,
    access_hash bytea not null,   -- SHA-256
    access_until timestamptz not null,
    refresh_token bytea,          -- of a service account too: it is what the consent is revoked with
    refresh_hash bytea,           -- SHA-256
    refreshed_at timestamptz not null,
    renew_at timestamptz not null, -- when an idle refresh token is renewed
    version bigint not null default 1, -- rises with every set of tokens
    announced_until timestamptz,  -- the end that the last event told
    -- The right to spend the refresh token: nobody sends after the deadline, and a takeover waits beyond it.
    claim_id uuid,
    claim_deadline timestamptz,
    claim_hash bytea,             -- of the refresh token to be spent
    created_at timestamptz not null default clock(),
    unique (client_id, tenant)
);
create index grants_renew_at on grants (renew_at);

-- Between one assignment in the product and one company. A removed one is kept for a year, so that it can be told.
create table connections (
    id uuid primary key,
    grant_id uuid references grants on delete set null,
    reference text not null,
    wanted_scopes text[] not null,
    connected_at timestamptz not null,
    removed_at timestamptz,
    check (grant_id is not null or removed_at is not null)
);
create index connections_grant_id on connections (grant_id);

-- Somebody on the way to connect. Deleted a month after its end. Ticket, state and cookie are only kept as SHA-256.
create table connect_sessions (
    id uuid primary key,
    connection_id uuid not null,
    reconnects boolean not null,
    reference text not null,
    origin text not null,
    kind text not null check (kind in ('service_account', 'refresh_token')),
    wanted_scopes text[] not null,
    asked_scopes text[] not null, -- wanted, and what other connections of the same grant want
    expected_company bytea,       -- fingerprint of the expected organisation number
    ticket_hash bytea not null unique,
    state_hash bytea unique,
    browser_hash bytea,
    status text not null default 'open'
        check (status in ('open', 'started', 'exchanging', 'connected', 'failed', 'expired')),
    trouble jsonb,
    created_at timestamptz not null default clock(),
    expires_at timestamptz not null
);
create index connect_sessions_expires_at on connect_sessions (expires_at);
