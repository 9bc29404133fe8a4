-- What is there is copied; {binary} is text whose order is that of its bytes.
CREATE TABLE claims_case_new (
    id INTEGER NOT NULL PRIMARY KEY,
    public_id TEXT NOT NULL,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reply_to TEXT NOT NULL,
    proof TEXT NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    decision TEXT NOT NULL,
    decided_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    due_at {binary} NOT NULL,
    decided_at {binary},
    version INTEGER NOT NULL DEFAULT 1,
    page TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    proven_by TEXT NOT NULL DEFAULT '',
    measure TEXT NOT NULL DEFAULT '',
    ground TEXT NOT NULL DEFAULT '',
    rule TEXT NOT NULL DEFAULT '',
    overturned_at {binary},
    about_account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    resembles_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    parent_id INTEGER REFERENCES claims_case_new (id) ON DELETE CASCADE
);
INSERT INTO claims_case_new
    (id, public_id, organisation_id, kind, account_id, reply_to, proof, message, state, decision,
    decided_by_id, created_at, due_at, decided_at, version)
SELECT id, public_id, organisation_id, kind, account_id, reply_to, proof, message, state, decision,
    decided_by_id, created_at, due_at, decided_at, version
FROM claims_case;
DROP TABLE claims_case;
ALTER TABLE claims_case_new RENAME TO claims_case;
CREATE UNIQUE INDEX claims_case_public_id ON claims_case (public_id);
CREATE INDEX claims_case_organisation_id ON claims_case (organisation_id);
CREATE INDEX claims_case_account_id ON claims_case (account_id);
CREATE INDEX claims_case_decided_by_id ON claims_case (decided_by_id);
CREATE INDEX claims_case_state ON claims_case (state);
