-- Files on their way into the portal. {binary} is text whose order is that of its bytes, {blob}
-- takes bytes.

CREATE TABLE imports_content (
    checksum TEXT NOT NULL PRIMARY KEY,
    data {blob} NOT NULL,
    kept_until {binary} NOT NULL
);

CREATE TABLE imports_upload (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    file_name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    size INTEGER NOT NULL,
    headings TEXT NOT NULL,
    choices TEXT NOT NULL,
    state TEXT NOT NULL,
    locale TEXT NOT NULL,
    job_id INTEGER,
    counts TEXT NOT NULL,
    done_line INTEGER NOT NULL,
    message TEXT NOT NULL,
    batch_id INTEGER REFERENCES import_batch (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    finished_at {binary}
);
CREATE INDEX imports_upload_account_id ON imports_upload (account_id);
CREATE INDEX imports_upload_batch_id ON imports_upload (batch_id);
CREATE INDEX imports_upload_headings ON imports_upload (headings, id);

CREATE TABLE imports_part (
    id {serial},
    upload_id INTEGER NOT NULL REFERENCES imports_upload (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    outcomes TEXT NOT NULL
);
CREATE INDEX imports_part_upload_id ON imports_part (upload_id, id);

-- What a batch changed of entries that were there, so that it can be taken back.

CREATE TABLE imports_change (
    id {serial},
    batch_id INTEGER NOT NULL REFERENCES import_batch (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    facts TEXT NOT NULL,
    steps INTEGER NOT NULL
);
CREATE INDEX imports_change_batch_id ON imports_change (batch_id);
CREATE INDEX imports_change_organisation_id ON imports_change (organisation_id);
