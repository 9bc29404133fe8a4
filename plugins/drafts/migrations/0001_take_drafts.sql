-- What was typed and not sent yet. {binary} is text whose order is that of its bytes, {serial} a key
-- that the database counts up.

CREATE TABLE IF NOT EXISTS draft (
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
CREATE UNIQUE INDEX IF NOT EXISTS draft_public_id ON draft (public_id);
CREATE INDEX IF NOT EXISTS draft_account_id_key ON draft (account_id, key);
CREATE INDEX IF NOT EXISTS draft_expires_at ON draft (expires_at);

ALTER TABLE draft RENAME TO drafts_draft;
