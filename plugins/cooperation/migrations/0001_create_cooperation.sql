-- What organisations did together before they came here, documents of it, references.

CREATE TABLE cooperation_record (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    proposer_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    partner_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    sender_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    project TEXT NOT NULL,
    first_month {binary} NOT NULL,
    last_month {binary} NOT NULL,
    participants INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    proposals INTEGER NOT NULL,
    proposed_at {binary} NOT NULL,
    reminded_at {binary},
    placement INTEGER,
    CHECK (proposer_id <> partner_id)
);
CREATE UNIQUE INDEX cooperation_record_pair ON cooperation_record (
    (CASE WHEN proposer_id < partner_id THEN proposer_id ELSE partner_id END),
    (CASE WHEN proposer_id < partner_id THEN partner_id ELSE proposer_id END)
) WHERE state IN ('proposed', 'confirmed');
CREATE INDEX cooperation_record_proposer_id ON cooperation_record (proposer_id, state);
CREATE INDEX cooperation_record_partner_id ON cooperation_record (partner_id, state);
CREATE INDEX cooperation_record_sender_id ON cooperation_record (sender_id);
CREATE INDEX cooperation_record_account_id ON cooperation_record (account_id);

CREATE TABLE cooperation_document (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    record_id INTEGER NOT NULL REFERENCES cooperation_record (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    kind TEXT NOT NULL,
    dated_on {binary} NOT NULL,
    content {blob},
    content_type TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    decided_at {binary}
);
CREATE UNIQUE INDEX cooperation_document_one ON cooperation_document (record_id)
    WHERE state IN ('waiting', 'seen');
CREATE INDEX cooperation_document_organisation_id ON cooperation_document (organisation_id);
CREATE INDEX cooperation_document_account_id ON cooperation_document (account_id);
CREATE INDEX cooperation_document_decided_at ON cooperation_document (decided_at);

CREATE TABLE cooperation_reference (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    giver_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    asked_at {binary} NOT NULL,
    reminded_at {binary},
    closed_at {binary},
    CHECK (giver_id IS NULL OR giver_id <> organisation_id)
);
CREATE INDEX cooperation_reference_organisation_id ON cooperation_reference (organisation_id);
CREATE INDEX cooperation_reference_giver_id ON cooperation_reference (giver_id);
CREATE INDEX cooperation_reference_account_id ON cooperation_reference (account_id);

CREATE TABLE cooperation_text (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    reference_id INTEGER NOT NULL REFERENCES cooperation_reference (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('reference', 'reply')),
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    worked TEXT NOT NULL,
    text TEXT NOT NULL,
    lang TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    written_at {binary} NOT NULL,
    UNIQUE (reference_id, kind)
);
CREATE INDEX cooperation_text_organisation_id ON cooperation_text (organisation_id);
CREATE INDEX cooperation_text_account_id ON cooperation_text (account_id);
CREATE INDEX cooperation_text_state ON cooperation_text (state);
