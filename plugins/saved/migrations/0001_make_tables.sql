-- What people and organisations keep. {binary} is text whose order is that of its bytes, {blob} takes
-- bytes, {serial} is a key that the database counts up.

CREATE TABLE saved_search (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind {binary} NOT NULL,
    state {binary} NOT NULL,
    name TEXT NOT NULL,
    rhythm TEXT NOT NULL,
    created_at {binary} NOT NULL,
    paused_at {binary},
    removed_at {binary},
    since_seq BIGINT,
    known {blob} NOT NULL,
    waiting {blob} NOT NULL,
    due_at {binary},
    hits TEXT NOT NULL,
    nonce TEXT NOT NULL
);
CREATE INDEX saved_search_account_id ON saved_search (account_id);
CREATE INDEX saved_search_kind_state ON saved_search (kind, state);
CREATE INDEX saved_search_since_seq ON saved_search (kind, since_seq);
CREATE INDEX saved_search_due_at ON saved_search (due_at);

CREATE TABLE saved_look (
    kind {binary} NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL
);

CREATE TABLE saved_entry (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    partner_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    added_at {binary} NOT NULL,
    removed_at {binary}
);
CREATE UNIQUE INDEX saved_entry_organisation_id_partner_id ON saved_entry (organisation_id, partner_id);
CREATE INDEX saved_entry_partner_id ON saved_entry (partner_id);
CREATE INDEX saved_entry_account_id ON saved_entry (account_id);

CREATE TABLE saved_note (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    entry_id INTEGER NOT NULL REFERENCES saved_entry (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    written_at {binary} NOT NULL,
    removed_at {binary}
);
CREATE INDEX saved_note_entry_id ON saved_note (entry_id);
CREATE INDEX saved_note_account_id ON saved_note (account_id);
