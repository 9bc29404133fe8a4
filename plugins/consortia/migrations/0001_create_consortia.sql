-- Consortia. The lead is a column that is never empty, so there is always exactly one; an
-- organisation has one membership for each consortium, whatever happens to it.

CREATE TABLE consortia_consortium (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    slug {binary} NOT NULL UNIQUE,
    lead_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    purpose TEXT NOT NULL,
    lang TEXT NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL,
    languages TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    grant_number TEXT NOT NULL,
    website TEXT NOT NULL,
    rule TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    needs TEXT NOT NULL,
    is_fictional {boolean} NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX consortia_consortium_lead_id ON consortia_consortium (lead_id);
CREATE INDEX consortia_consortium_account_id ON consortia_consortium (account_id);
CREATE INDEX consortia_consortium_state ON consortia_consortium (state, id);

CREATE TABLE consortia_membership (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    role TEXT NOT NULL,
    parts TEXT NOT NULL,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    asked_at {binary} NOT NULL,
    reminded_at {binary},
    answered_at {binary},
    joined_on TEXT NOT NULL,
    left_on TEXT NOT NULL,
    UNIQUE (consortium_id, organisation_id)
);
CREATE INDEX consortia_membership_organisation_id ON consortia_membership (organisation_id, state);
CREATE INDEX consortia_membership_account_id ON consortia_membership (account_id);

CREATE TABLE consortia_entry (
    id {serial},
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    what TEXT NOT NULL,
    detail TEXT NOT NULL,
    at {binary} NOT NULL
);
CREATE INDEX consortia_entry_consortium_id ON consortia_entry (consortium_id, id);
CREATE INDEX consortia_entry_organisation_id ON consortia_entry (organisation_id);
CREATE INDEX consortia_entry_account_id ON consortia_entry (account_id);

CREATE TABLE consortia_motion (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    candidate_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at {binary} NOT NULL,
    due_at {binary},
    closed_at {binary}
);
CREATE UNIQUE INDEX consortia_motion_open ON consortia_motion (consortium_id) WHERE state = 'open';
CREATE INDEX consortia_motion_consortium_id ON consortia_motion (consortium_id);
CREATE INDEX consortia_motion_candidate_id ON consortia_motion (candidate_id);
CREATE INDEX consortia_motion_account_id ON consortia_motion (account_id);

CREATE TABLE consortia_support (
    id {serial},
    motion_id INTEGER NOT NULL REFERENCES consortia_motion (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    at {binary} NOT NULL,
    UNIQUE (motion_id, organisation_id)
);
CREATE INDEX consortia_support_organisation_id ON consortia_support (organisation_id);
CREATE INDEX consortia_support_account_id ON consortia_support (account_id);

CREATE TABLE consortia_flow (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    sender_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    planned INTEGER NOT NULL,
    agreed INTEGER NOT NULL,
    done INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (consortium_id, sender_id, host_id)
);
CREATE INDEX consortia_flow_sender_id ON consortia_flow (sender_id);
CREATE INDEX consortia_flow_host_id ON consortia_flow (host_id);

CREATE TABLE consortia_move (
    id {serial},
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    sender_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    source_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    places INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at {binary} NOT NULL
);
CREATE INDEX consortia_move_consortium_id ON consortia_move (consortium_id);
CREATE INDEX consortia_move_sender_id ON consortia_move (sender_id);
CREATE INDEX consortia_move_source_id ON consortia_move (source_id);
CREATE INDEX consortia_move_target_id ON consortia_move (target_id);

CREATE TABLE consortia_date (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    place TEXT NOT NULL
);
CREATE INDEX consortia_date_consortium_id ON consortia_date (consortium_id, starts_on);
