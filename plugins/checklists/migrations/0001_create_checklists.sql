-- Versions of lists of steps, as changes of the usual one; files beside steps.

CREATE TABLE checklists_list (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    changes TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    UNIQUE (organisation_id, number)
);
CREATE INDEX checklists_list_account_id ON checklists_list (account_id);

CREATE TABLE checklists_proof (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    mobility_id INTEGER NOT NULL REFERENCES mobilities_mobility (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    side TEXT NOT NULL,
    file_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    content {blob} NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX checklists_proof_mobility_id ON checklists_proof (mobility_id, step);
CREATE INDEX checklists_proof_account_id ON checklists_proof (account_id);
CREATE INDEX checklists_proof_created_at ON checklists_proof (created_at);
