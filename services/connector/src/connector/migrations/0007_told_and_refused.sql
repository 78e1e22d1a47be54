alter table grants
    -- What is stored is true whether or not it can be told in that moment: then upkeep tells it.
    add column untold boolean not null default false,
    -- Scopes that Fortnox refuses in use although it granted them: the consent was cut down, or a licence is gone.
    add column refused_scopes text[] not null default '{}';
