-- Meetings, what is to be done after them, and decisions with one voice for each member.

CREATE TABLE meetings_switch (
    id {serial},
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    section TEXT NOT NULL,
    is_on {boolean} NOT NULL,
    UNIQUE (consortium_id, section)
);

CREATE TABLE meetings_meeting (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    scribe_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    starts_at {binary} NOT NULL,
    length INTEGER NOT NULL,
    zone TEXT NOT NULL,
    place TEXT NOT NULL,
    joining TEXT NOT NULL,
    series TEXT NOT NULL,
    agenda TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    version INTEGER NOT NULL,
    minutes TEXT NOT NULL,
    minutes_version INTEGER NOT NULL,
    shared_at {binary},
    cancelled_at {binary},
    reminded_at {binary},
    created_at {binary} NOT NULL
);
CREATE INDEX meetings_meeting_consortium_id ON meetings_meeting (consortium_id, starts_at);
CREATE INDEX meetings_meeting_starts_at ON meetings_meeting (starts_at);
CREATE INDEX meetings_meeting_account_id ON meetings_meeting (account_id);
CREATE INDEX meetings_meeting_scribe_id ON meetings_meeting (scribe_id);

CREATE TABLE meetings_guest (
    id {serial},
    meeting_id INTEGER NOT NULL REFERENCES meetings_meeting (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    UNIQUE (meeting_id, organisation_id)
);
CREATE INDEX meetings_guest_organisation_id ON meetings_guest (organisation_id);

CREATE TABLE meetings_answer (
    id {serial},
    meeting_id INTEGER NOT NULL REFERENCES meetings_meeting (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    answer TEXT NOT NULL,
    at {binary} NOT NULL,
    UNIQUE (meeting_id, account_id)
);
CREATE INDEX meetings_answer_account_id ON meetings_answer (account_id);
CREATE INDEX meetings_answer_organisation_id ON meetings_answer (organisation_id);

CREATE TABLE meetings_letter (
    outbox_id INTEGER PRIMARY KEY,
    meeting_id INTEGER NOT NULL REFERENCES meetings_meeting (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    sequence INTEGER NOT NULL
);
CREATE INDEX meetings_letter_meeting_id ON meetings_letter (meeting_id);

CREATE TABLE meetings_action (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    meeting_id INTEGER REFERENCES meetings_meeting (id) ON DELETE SET NULL,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    due_on TEXT NOT NULL,
    done_at {binary},
    reminded_at {binary},
    created_at {binary} NOT NULL
);
CREATE INDEX meetings_action_consortium_id ON meetings_action (consortium_id);
CREATE INDEX meetings_action_meeting_id ON meetings_action (meeting_id);
CREATE INDEX meetings_action_organisation_id ON meetings_action (organisation_id, done_at);
CREATE INDEX meetings_action_account_id ON meetings_action (account_id);

CREATE TABLE meetings_decision (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL REFERENCES consortia_consortium (id) ON DELETE CASCADE,
    meeting_id INTEGER REFERENCES meetings_meeting (id) ON DELETE SET NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    way TEXT NOT NULL,
    closes_at {binary} NOT NULL,
    zone TEXT NOT NULL,
    quorum INTEGER NOT NULL,
    majority TEXT NOT NULL,
    tie TEXT NOT NULL,
    is_secret {boolean} NOT NULL,
    state TEXT NOT NULL,
    result TEXT NOT NULL,
    reminded_at {binary},
    closed_at {binary},
    created_at {binary} NOT NULL
);
CREATE INDEX meetings_decision_consortium_id ON meetings_decision (consortium_id);
CREATE INDEX meetings_decision_meeting_id ON meetings_decision (meeting_id);
CREATE INDEX meetings_decision_account_id ON meetings_decision (account_id);
CREATE INDEX meetings_decision_state ON meetings_decision (state, closes_at);

CREATE TABLE meetings_voice (
    id {serial},
    decision_id INTEGER NOT NULL REFERENCES meetings_decision (id) ON DELETE CASCADE,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    choice TEXT NOT NULL,
    reason TEXT NOT NULL,
    at {binary} NOT NULL
);
CREATE INDEX meetings_voice_decision_id ON meetings_voice (decision_id);
CREATE INDEX meetings_voice_organisation_id ON meetings_voice (organisation_id);
CREATE INDEX meetings_voice_account_id ON meetings_voice (account_id);

CREATE TABLE meetings_sealed (
    id {serial},
    decision_id INTEGER NOT NULL REFERENCES meetings_decision (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    choice TEXT NOT NULL,
    UNIQUE (decision_id, organisation_id)
);
CREATE INDEX meetings_sealed_organisation_id ON meetings_sealed (organisation_id);
