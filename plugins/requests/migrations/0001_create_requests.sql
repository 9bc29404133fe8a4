-- What organisations look for. The address is fixed at the first publication; until then it is the
-- public id. {binary} is text whose order is that of its bytes.

CREATE TABLE requests_request (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    slug {binary} NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    lang TEXT NOT NULL,
    role TEXT NOT NULL,
    fields TEXT NOT NULL,
    occupations TEXT NOT NULL,
    countries TEXT NOT NULL,
    languages TEXT NOT NULL,
    modes TEXT NOT NULL,
    inclusion TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    places INTEGER,
    youngest_age INTEGER,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    published_at {binary},
    closes_at {binary} NOT NULL,
    closed_at {binary}
);
CREATE INDEX requests_request_organisation_id ON requests_request (organisation_id);
CREATE INDEX requests_request_account_id ON requests_request (account_id);
CREATE INDEX requests_request_state_closes_at ON requests_request (state, closes_at);
