-- Work for later (job) and what happened (event).
-- {binary} is text whose order is that of its bytes, {serial} a key that the database counts up.

CREATE TABLE job (
    id {serial},
    name TEXT NOT NULL,
    plugin TEXT NOT NULL,
    payload TEXT NOT NULL,
    key {binary} NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at {binary} NOT NULL,
    leased_until {binary},
    leased_by TEXT NOT NULL,
    progress REAL NOT NULL,
    note TEXT NOT NULL,
    error TEXT NOT NULL,
    created_at {binary} NOT NULL,
    finished_at {binary},
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL
);
CREATE INDEX job_state_due_at ON job (state, due_at);
CREATE INDEX job_finished_at ON job (finished_at);
CREATE INDEX job_account_id ON job (account_id);

-- The same key is the same job until it is finished; the key of a period ('@...') for good.
CREATE UNIQUE INDEX job_unfinished ON job (name, key)
    WHERE key <> '' AND state IN ('waiting', 'running');
CREATE UNIQUE INDEX job_period ON job (name, key) WHERE key >= '@' AND key < 'A';

CREATE TABLE event (
    id {serial},
    name TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    payload TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    happened_at {binary} NOT NULL,
    delivered_at {binary}
);
CREATE INDEX event_waiting ON event (id) WHERE delivered_at IS NULL;
CREATE INDEX event_delivered_at ON event (delivered_at);
CREATE INDEX event_account_id ON event (account_id);
CREATE INDEX event_subject ON event (subject_type, subject_id);
