-- The core's first tables: heartbeat, plugins, accounts, organisations, imports, mail.
-- {binary} is text whose order is that of its bytes, {serial} a key that the database counts up.

CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY,
    plugin_generation INTEGER NOT NULL,
    catalogue_seq INTEGER NOT NULL
);

CREATE TABLE plugin (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    version TEXT NOT NULL,
    schema INTEGER NOT NULL,
    reason TEXT NOT NULL,
    changed_at {binary} NOT NULL
);

CREATE TABLE setting (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE UNIQUE INDEX setting_scope_key ON setting (scope, key);

CREATE TABLE account (
    id {serial},
    public_id TEXT NOT NULL,
    email {binary} NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    locale TEXT NOT NULL,
    scheme TEXT NOT NULL,
    verified_at {binary},
    disabled_at {binary},
    created_at {binary} NOT NULL
);
CREATE UNIQUE INDEX account_public_id ON account (public_id);
CREATE UNIQUE INDEX account_email ON account (email);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at {binary} NOT NULL,
    seen_at {binary} NOT NULL,
    expires_at {binary} NOT NULL,
    agent TEXT NOT NULL
);
CREATE INDEX session_account_id ON session (account_id);
CREATE INDEX session_expires_at ON session (expires_at);

CREATE TABLE account_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    expires_at {binary} NOT NULL
);
CREATE INDEX account_token_account_id ON account_token (account_id);
CREATE INDEX account_token_expires_at ON account_token (expires_at);

CREATE TABLE throttle (
    bucket TEXT NOT NULL,
    key_hash TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    count INTEGER NOT NULL
);
CREATE INDEX throttle_window_start ON throttle (window_start);
CREATE UNIQUE INDEX throttle_bucket_key_hash_window_start ON throttle (bucket, key_hash, window_start);

CREATE TABLE outbox (
    id {serial},
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    locale TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at {binary} NOT NULL,
    due_at {binary} NOT NULL,
    sent_at {binary},
    attempts INTEGER NOT NULL,
    error TEXT NOT NULL
);
CREATE INDEX outbox_due_at ON outbox (due_at);

CREATE TABLE source (
    key TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    publisher TEXT NOT NULL,
    licence TEXT NOT NULL,
    url TEXT NOT NULL,
    note TEXT NOT NULL
);

CREATE TABLE import_batch (
    id {serial},
    public_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    undone_at {binary},
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL
);
CREATE UNIQUE INDEX import_batch_public_id ON import_batch (public_id);
CREATE INDEX import_batch_account_id ON import_batch (account_id);

CREATE TABLE organisation (
    id {serial},
    public_id TEXT NOT NULL,
    slug {binary} NOT NULL,
    name TEXT NOT NULL,
    registered_name TEXT NOT NULL,
    name_lang TEXT NOT NULL,
    folded_name {binary} NOT NULL,
    type TEXT NOT NULL,
    country TEXT NOT NULL,
    region TEXT NOT NULL,
    city TEXT NOT NULL,
    website TEXT NOT NULL,
    domain {binary} NOT NULL,
    lat REAL,
    lon REAL,
    state TEXT NOT NULL,
    is_fictional {boolean} NOT NULL,
    is_operator {boolean} NOT NULL,
    hidden_at {binary},
    created_at {binary} NOT NULL,
    updated_at {binary} NOT NULL,
    version INTEGER NOT NULL,
    batch_id INTEGER REFERENCES import_batch (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX organisation_public_id ON organisation (public_id);
CREATE UNIQUE INDEX organisation_slug ON organisation (slug);
CREATE INDEX organisation_folded_name ON organisation (folded_name);
CREATE INDEX organisation_domain ON organisation (domain);
CREATE INDEX organisation_batch_id ON organisation (batch_id);

CREATE TABLE organisation_name (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    lang TEXT NOT NULL,
    name TEXT NOT NULL
);
CREATE INDEX organisation_name_organisation_id ON organisation_name (organisation_id);

CREATE TABLE organisation_identifier (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    scheme TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX organisation_identifier_organisation_id ON organisation_identifier (organisation_id);
CREATE INDEX organisation_identifier_scheme_value ON organisation_identifier (scheme, value);

CREATE TABLE organisation_fact (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    source_id TEXT NOT NULL REFERENCES source (key) ON DELETE CASCADE,
    batch_id INTEGER REFERENCES import_batch (id) ON DELETE SET NULL,
    noted_at {binary} NOT NULL
);
CREATE INDEX organisation_fact_organisation_id ON organisation_fact (organisation_id);
CREATE INDEX organisation_fact_source_id ON organisation_fact (source_id);
CREATE INDEX organisation_fact_batch_id ON organisation_fact (batch_id);

CREATE TABLE organisation_former_slug (
    slug {binary} NOT NULL PRIMARY KEY,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE
);
CREATE INDEX organisation_former_slug_organisation_id ON organisation_former_slug (organisation_id);

CREATE TABLE organisation_member (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    joined_at {binary} NOT NULL
);
CREATE INDEX organisation_member_organisation_id ON organisation_member (organisation_id);
CREATE INDEX organisation_member_account_id ON organisation_member (account_id);
CREATE UNIQUE INDEX organisation_member_organisation_id_account_id ON organisation_member (organisation_id, account_id);

INSERT INTO heartbeat (id, plugin_generation, catalogue_seq) VALUES (1, 1, 0);
