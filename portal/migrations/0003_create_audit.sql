-- The audit log: entries, their place in a Merkle tree, personal values beside them.
-- An entry holds no personal text, only commitments; audit_value may be erased at any time.

CREATE TABLE audit_entry (
    id {serial},
    at {binary} NOT NULL,
    actor TEXT NOT NULL,
    account_id INTEGER,
    action {binary} NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id INTEGER,
    detail TEXT NOT NULL,
    personal TEXT NOT NULL,
    request_id TEXT NOT NULL
);
CREATE INDEX audit_entry_account_id ON audit_entry (account_id);
CREATE INDEX audit_entry_subject ON audit_entry (subject_type, subject_id);
CREATE INDEX audit_entry_action ON audit_entry (action);

CREATE TABLE audit_leaf (
    number INTEGER NOT NULL PRIMARY KEY,
    entry_id INTEGER NOT NULL REFERENCES audit_entry (id),
    hash TEXT NOT NULL
);
CREATE UNIQUE INDEX audit_leaf_entry_id ON audit_leaf (entry_id);

CREATE TABLE audit_tree (
    id INTEGER NOT NULL PRIMARY KEY,
    size INTEGER NOT NULL,
    peaks TEXT NOT NULL
);

CREATE TABLE audit_value (
    entry_id INTEGER NOT NULL REFERENCES audit_entry (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    salt TEXT NOT NULL,
    account_id INTEGER,
    at {binary} NOT NULL,
    PRIMARY KEY (entry_id, name)
);
CREATE INDEX audit_value_account_id ON audit_value (account_id);
CREATE INDEX audit_value_value ON audit_value (value);
CREATE INDEX audit_value_at ON audit_value (at);

INSERT INTO audit_tree (id, size, peaks) VALUES (1, 0, '[]');
