-- What organisations answer to a request: one answer of each.

CREATE TABLE requests_reply (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    request_id INTEGER NOT NULL REFERENCES requests_request (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    covers TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    places INTEGER,
    price_note TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    updated_at {binary} NOT NULL,
    UNIQUE (request_id, organisation_id)
);
CREATE INDEX requests_reply_organisation_id ON requests_reply (organisation_id);
CREATE INDEX requests_reply_account_id ON requests_reply (account_id);
