-- Who went where, when, and how it ended. {binary} is text whose order is that of its bytes.

CREATE TABLE mobilities_mobility (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    sending_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    supporting_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    field TEXT NOT NULL,
    occupation TEXT NOT NULL,
    mode TEXT NOT NULL,
    starts_on {binary} NOT NULL,
    ends_on {binary} NOT NULL,
    contact_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    phone TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    agreed_at {binary}
);
CREATE INDEX mobilities_mobility_sending_id ON mobilities_mobility (sending_id, starts_on);
CREATE INDEX mobilities_mobility_host_id ON mobilities_mobility (host_id, starts_on);
CREATE INDEX mobilities_mobility_supporting_id ON mobilities_mobility (supporting_id, starts_on);
CREATE INDEX mobilities_mobility_contact_id ON mobilities_mobility (contact_id);
CREATE INDEX mobilities_mobility_account_id ON mobilities_mobility (account_id);

CREATE TABLE mobilities_placement (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    mobility_id INTEGER NOT NULL REFERENCES mobilities_mobility (id) ON DELETE CASCADE,
    workplace TEXT NOT NULL,
    workplace_city TEXT NOT NULL,
    workplace_email TEXT NOT NULL,
    starts_on {binary} NOT NULL,
    ends_on {binary} NOT NULL,
    ended_on {binary} NOT NULL,
    outcome TEXT NOT NULL,
    initiator TEXT NOT NULL
);
CREATE INDEX mobilities_placement_mobility_id ON mobilities_placement (mobility_id);
CREATE INDEX mobilities_placement_outcome_ends_on ON mobilities_placement (outcome, ends_on);

CREATE TABLE mobilities_participant (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    placement_id INTEGER NOT NULL REFERENCES mobilities_placement (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    email {binary} NOT NULL,
    language TEXT NOT NULL,
    is_minor {boolean} NOT NULL,
    guardian_email {binary} NOT NULL,
    arrangements TEXT NOT NULL,
    host_needs_them {boolean} NOT NULL,
    ends_at {binary} NOT NULL
);
CREATE INDEX mobilities_participant_placement_id ON mobilities_participant (placement_id);

CREATE TABLE mobilities_report (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    placement_id INTEGER NOT NULL REFERENCES mobilities_placement (id) ON DELETE CASCADE,
    side TEXT NOT NULL,
    what TEXT NOT NULL,
    initiator TEXT NOT NULL,
    day {binary} NOT NULL,
    reason TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    made_at {binary} NOT NULL,
    answer TEXT NOT NULL,
    answer_reason TEXT NOT NULL,
    answered_at {binary}
);
CREATE INDEX mobilities_report_placement_id ON mobilities_report (placement_id, answer);
CREATE INDEX mobilities_report_account_id ON mobilities_report (account_id);
