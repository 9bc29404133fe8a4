-- Personal values whose salted hashes stand in texts that are signed. Rows may go at any time: the
-- hashes stay, and with them what was signed.

CREATE TABLE evidence_value (
    id {serial},
    subject_type {binary} NOT NULL,
    subject_id INTEGER NOT NULL,
    clause {binary} NOT NULL,
    name {binary} NOT NULL,
    value TEXT NOT NULL,
    salt TEXT NOT NULL,
    email TEXT NOT NULL,
    made_at {binary} NOT NULL,
    ended_at {binary}
);
CREATE INDEX evidence_value_subject ON evidence_value (subject_type, subject_id);
CREATE INDEX evidence_value_email ON evidence_value (email);
CREATE INDEX evidence_value_ended_at ON evidence_value (ended_at)
