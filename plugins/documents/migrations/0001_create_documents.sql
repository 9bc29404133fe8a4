-- Documents of consortia, their versions, and the bytes of these, each kept once.

CREATE TABLE documents_document (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    audience TEXT NOT NULL,
    number INTEGER NOT NULL,
    removed_at {binary}
);
CREATE INDEX documents_document_consortium_id ON documents_document (consortium_id, removed_at);
CREATE INDEX documents_document_organisation_id ON documents_document (organisation_id);
CREATE INDEX documents_document_removed_at ON documents_document (removed_at);

CREATE TABLE documents_file (
    id {serial},
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    content {blob} NOT NULL,
    kept_at {binary} NOT NULL,
    UNIQUE (consortium_id, digest)
);

CREATE TABLE documents_version (
    id {serial},
    document_id INTEGER NOT NULL REFERENCES documents_document (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    audience TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES documents_file (id),
    file_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL,
    restored INTEGER,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    UNIQUE (document_id, number)
);
CREATE INDEX documents_version_file_id ON documents_version (file_id);
CREATE INDEX documents_version_organisation_id ON documents_version (organisation_id);
CREATE INDEX documents_version_account_id ON documents_version (account_id);
