-- A token is found by its public part and checked by the hash of its secret. One that was made for an
-- organisation goes with it: it must never become one for all.

CREATE TABLE tokens_token (
    id {serial},
    public_id {binary} NOT NULL,
    token_hash {binary} NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at {binary} NOT NULL,
    used_at {binary},
    expires_at {binary} NOT NULL,
    revoked_at {binary}
);
CREATE UNIQUE INDEX tokens_token_public_id ON tokens_token (public_id);
CREATE INDEX tokens_token_account_id ON tokens_token (account_id);
CREATE INDEX tokens_token_organisation_id ON tokens_token (organisation_id);
CREATE INDEX tokens_token_expires_at ON tokens_token (expires_at);
