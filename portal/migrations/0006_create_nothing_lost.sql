-- What was typed and stored is kept: answers to keyed requests, drafts, versions.
-- {binary} is text whose order is that of its bytes, {serial} a key that the database counts up.

CREATE TABLE idempotency_key (
    key_hash TEXT NOT NULL PRIMARY KEY,
    body_hash TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    status INTEGER NOT NULL,
    location TEXT NOT NULL,
    kind TEXT NOT NULL,
    body {blob} NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX idempotency_key_account_id ON idempotency_key (account_id);
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

CREATE TABLE draft (
    id {serial},
    public_id TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    holder_hash TEXT NOT NULL,
    key TEXT NOT NULL,
    path TEXT NOT NULL,
    fields TEXT NOT NULL,
    saved_at {binary} NOT NULL,
    expires_at {binary} NOT NULL,
    discarded_at {binary}
);
CREATE UNIQUE INDEX draft_public_id ON draft (public_id);
CREATE INDEX draft_account_id_key ON draft (account_id, key);
CREATE INDEX draft_expires_at ON draft (expires_at);

CREATE TABLE version (
    id {serial},
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    data TEXT NOT NULL,
    note TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL
);
CREATE UNIQUE INDEX version_object_number ON version (object_type, object_id, number);
CREATE INDEX version_account_id ON version (account_id);
