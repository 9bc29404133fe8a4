-- Agreements between organisations: parties, clauses, every text that was ever saved, signatures.
-- Days are ISO dates, empty when none is stated. Versions hold the exact bytes that were hashed.

CREATE TABLE agreements_agreement (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    title TEXT NOT NULL,
    languages TEXT NOT NULL,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id),
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    predecessor_id INTEGER REFERENCES agreements_agreement (id) ON DELETE SET NULL,
    follows TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    frozen INTEGER NOT NULL,
    deadline_on TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    review_on TEXT NOT NULL,
    notice TEXT NOT NULL,
    created_at {binary} NOT NULL,
    sent_at {binary},
    frozen_at {binary},
    in_force_at {binary},
    ended_at {binary},
    expires_at {binary},
    terminates_at {binary},
    reminded INTEGER NOT NULL,
    nudged_at {binary}
);
CREATE INDEX agreements_agreement_organisation_id ON agreements_agreement (organisation_id);
CREATE INDEX agreements_agreement_account_id ON agreements_agreement (account_id);
CREATE INDEX agreements_agreement_predecessor_id ON agreements_agreement (predecessor_id);
CREATE INDEX agreements_agreement_state_expires_at ON agreements_agreement (state, expires_at);
CREATE INDEX agreements_agreement_state_terminates_at
    ON agreements_agreement (state, terminates_at);

CREATE TABLE agreements_party (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    agreement_id INTEGER NOT NULL REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    role TEXT NOT NULL,
    organisation_id INTEGER REFERENCES organisation (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    language TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    confirmed_at {binary},
    removed_at {binary}
);
CREATE INDEX agreements_party_agreement_id ON agreements_party (agreement_id, place);
CREATE INDEX agreements_party_organisation_id ON agreements_party (organisation_id);

CREATE TABLE agreements_clause (
    id {serial},
    agreement_id INTEGER NOT NULL REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    texts TEXT NOT NULL,
    data TEXT NOT NULL,
    version INTEGER NOT NULL,
    party_id INTEGER REFERENCES agreements_party (id) ON DELETE SET NULL,
    changed_at {binary} NOT NULL,
    UNIQUE (agreement_id, key)
);
CREATE INDEX agreements_clause_party_id ON agreements_clause (party_id);

CREATE TABLE agreements_acceptance (
    clause_id INTEGER NOT NULL REFERENCES agreements_clause (id) ON DELETE CASCADE,
    party_id INTEGER NOT NULL REFERENCES agreements_party (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    PRIMARY KEY (clause_id, party_id)
);
CREATE INDEX agreements_acceptance_party_id ON agreements_acceptance (party_id);

CREATE TABLE agreements_remark (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    clause_id INTEGER NOT NULL REFERENCES agreements_clause (id) ON DELETE CASCADE,
    party_id INTEGER NOT NULL REFERENCES agreements_party (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    proposal TEXT NOT NULL,
    base INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at {binary} NOT NULL,
    closed_at {binary}
);
CREATE INDEX agreements_remark_clause_id ON agreements_remark (clause_id);
CREATE INDEX agreements_remark_party_id ON agreements_remark (party_id);
CREATE INDEX agreements_remark_account_id ON agreements_remark (account_id);

CREATE TABLE agreements_version (
    id {serial},
    agreement_id INTEGER NOT NULL REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    material TEXT NOT NULL,
    content {blob} NOT NULL,
    why TEXT NOT NULL,
    clause TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    party_id INTEGER REFERENCES agreements_party (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    UNIQUE (agreement_id, number)
);
CREATE INDEX agreements_version_account_id ON agreements_version (account_id);
CREATE INDEX agreements_version_party_id ON agreements_version (party_id);

CREATE TABLE agreements_signature (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    agreement_id INTEGER NOT NULL REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    party_id INTEGER NOT NULL REFERENCES agreements_party (id) ON DELETE CASCADE,
    version_id INTEGER NOT NULL REFERENCES agreements_version (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    level TEXT NOT NULL,
    statement {blob} NOT NULL,
    evidence TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    attested_by INTEGER REFERENCES account (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    position TEXT NOT NULL,
    salt TEXT NOT NULL,
    scan {blob},
    scan_type TEXT NOT NULL,
    signed_at {binary} NOT NULL,
    voided_at {binary},
    void_reason TEXT NOT NULL
);
CREATE UNIQUE INDEX agreements_signature_standing
    ON agreements_signature (agreement_id, party_id) WHERE voided_at IS NULL;
CREATE INDEX agreements_signature_party_id ON agreements_signature (party_id);
CREATE INDEX agreements_signature_version_id ON agreements_signature (version_id);
CREATE INDEX agreements_signature_account_id ON agreements_signature (account_id);
CREATE INDEX agreements_signature_attested_by ON agreements_signature (attested_by);

CREATE TABLE agreements_opening (
    id {serial},
    agreement_id INTEGER NOT NULL REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    opened_at {binary} NOT NULL
);
CREATE INDEX agreements_opening_agreement_id ON agreements_opening (agreement_id);
CREATE INDEX agreements_opening_account_id ON agreements_opening (account_id, opened_at)
