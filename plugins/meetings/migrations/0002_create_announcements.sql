-- Announcements of a consortium, and which members say that they have read them.

CREATE TABLE meetings_announcement (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    at {binary} NOT NULL
);
CREATE INDEX meetings_announcement_consortium_id ON meetings_announcement (consortium_id);
CREATE INDEX meetings_announcement_account_id ON meetings_announcement (account_id);

CREATE TABLE meetings_reading (
    id {serial},
    announcement_id INTEGER NOT NULL REFERENCES meetings_announcement (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    at {binary} NOT NULL,
    UNIQUE (announcement_id, organisation_id)
);
CREATE INDEX meetings_reading_organisation_id ON meetings_reading (organisation_id);
