-- What people have for a second step (signin_factor, signin_backup_code), what was begun and waits for
-- the browser that began it (signin_step), when a session was last proved (signin_proof), browsers that
-- signed in before (signin_device), since when a second step is due (signin_duty), requests to take
-- lost ones away (signin_recovery), and accounts elsewhere that sign in here (signin_identity).
-- {binary} is text whose order is that of its bytes.

-- `kind` is app or passkey. `secret` is an app's encrypted secret or a passkey's public key; `counter`
-- the last time step used, or the passkey's own count.
CREATE TABLE signin_factor (
    id {serial},
    public_id {binary} NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    secret TEXT NOT NULL,
    credential {binary},
    counter BIGINT NOT NULL,
    created_at {binary} NOT NULL,
    used_at {binary}
);
CREATE UNIQUE INDEX signin_factor_public_id ON signin_factor (public_id);
CREATE UNIQUE INDEX signin_factor_credential ON signin_factor (credential);
CREATE INDEX signin_factor_account_id ON signin_factor (account_id);

CREATE TABLE signin_backup_code (
    id {serial},
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at {binary}
);
CREATE INDEX signin_backup_code_account_id ON signin_backup_code (account_id);

CREATE TABLE signin_step (
    token_hash {binary} NOT NULL PRIMARY KEY,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    purpose TEXT NOT NULL,
    data TEXT NOT NULL,
    expires_at {binary} NOT NULL
);
CREATE INDEX signin_step_account_id ON signin_step (account_id);
CREATE INDEX signin_step_expires_at ON signin_step (expires_at);

CREATE TABLE signin_device (
    id {serial},
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    cookie_hash {binary} NOT NULL,
    name TEXT NOT NULL,
    first_seen_at {binary} NOT NULL,
    last_seen_at {binary} NOT NULL
);
CREATE UNIQUE INDEX signin_device_account_id_cookie_hash ON signin_device (account_id, cookie_hash);

CREATE TABLE signin_proof (
    session_hash TEXT NOT NULL PRIMARY KEY REFERENCES session (token_hash) ON DELETE CASCADE,
    device_id INTEGER REFERENCES signin_device (id) ON DELETE SET NULL,
    proved_at {binary} NOT NULL
);
CREATE INDEX signin_proof_device_id ON signin_proof (device_id);

CREATE TABLE signin_duty (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    since {binary} NOT NULL
);

-- `outcome` is empty while it is open; then granted, declined, stopped or over.
CREATE TABLE signin_recovery (
    id {serial},
    public_id {binary} NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    asked_at {binary} NOT NULL,
    reminded_at {binary},
    outcome TEXT NOT NULL,
    closed_at {binary},
    decided_by INTEGER REFERENCES account (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX signin_recovery_public_id ON signin_recovery (public_id);
CREATE UNIQUE INDEX signin_recovery_open ON signin_recovery (account_id) WHERE outcome = '';
CREATE INDEX signin_recovery_account_id ON signin_recovery (account_id);
CREATE INDEX signin_recovery_decided_by ON signin_recovery (decided_by);

CREATE TABLE signin_identity (
    id {serial},
    public_id {binary} NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    linked_at {binary} NOT NULL,
    used_at {binary}
);
CREATE UNIQUE INDEX signin_identity_public_id ON signin_identity (public_id);
CREATE UNIQUE INDEX signin_identity_issuer_subject ON signin_identity (issuer, subject);
CREATE INDEX signin_identity_account_id ON signin_identity (account_id);
