-- Each organisation is told once of a request, and an unclaimed one is invited once for ever.

CREATE TABLE requests_told (
    id {serial},
    request_id INTEGER NOT NULL REFERENCES requests_request (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    told_at {binary} NOT NULL,
    UNIQUE (request_id, organisation_id)
);
CREATE INDEX requests_told_organisation_id_told_at ON requests_told (organisation_id, told_at);

CREATE TABLE requests_invitation (
    organisation_id INTEGER NOT NULL PRIMARY KEY REFERENCES organisation (id) ON DELETE CASCADE,
    request_id INTEGER REFERENCES requests_request (id) ON DELETE SET NULL,
    asker_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    invited_at {binary} NOT NULL,
    refused_at {binary}
);
CREATE INDEX requests_invitation_request_id ON requests_invitation (request_id);
CREATE INDEX requests_invitation_asker_id_invited_at ON requests_invitation (asker_id, invited_at);
