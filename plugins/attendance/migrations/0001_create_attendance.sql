-- What happens at and after a round table. Numbers of tables and interests are those of the round
-- tables, whose rows go by themselves; what is left over here is deleted once a day.
-- A survey has no row of a person's answers: answers are counted, and a spent mark says that
-- somebody answered. A certificate has neither name nor code, only hashes.

CREATE TABLE attendance_outcome (
    table_id INTEGER NOT NULL PRIMARY KEY,
    findings TEXT NOT NULL,
    actions TEXT NOT NULL,
    related TEXT NOT NULL,
    comments_until {binary},
    published_at {binary},
    version INTEGER NOT NULL
);

INSERT INTO attendance_outcome (table_id, findings, actions, related, published_at, version)
SELECT id, findings, '[]', '[]', published_at, 1 FROM roundtables_table WHERE findings <> '{}';

CREATE TABLE attendance_group (
    id {serial},
    table_id INTEGER NOT NULL,
    round INTEGER NOT NULL,
    number INTEGER NOT NULL,
    interest_id INTEGER NOT NULL
);
CREATE UNIQUE INDEX attendance_group_once ON attendance_group (table_id, round, interest_id);

CREATE TABLE attendance_consent (
    id {serial},
    table_id INTEGER NOT NULL,
    interest_id INTEGER NOT NULL,
    shows TEXT NOT NULL,
    said_at {binary} NOT NULL
);
CREATE UNIQUE INDEX attendance_consent_once ON attendance_consent (table_id, interest_id);

CREATE TABLE attendance_comment (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    table_id INTEGER NOT NULL,
    interest_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    lang TEXT NOT NULL,
    state TEXT NOT NULL,
    is_named {boolean} NOT NULL,
    written_at {binary} NOT NULL
);
CREATE INDEX attendance_comment_table ON attendance_comment (table_id, state);

CREATE TABLE attendance_spent (
    digest {binary} NOT NULL PRIMARY KEY,
    table_id INTEGER NOT NULL
);

CREATE TABLE attendance_tally (
    id {serial},
    table_id INTEGER NOT NULL,
    question {binary} NOT NULL,
    value {binary} NOT NULL,
    count INTEGER NOT NULL
);
CREATE UNIQUE INDEX attendance_tally_once ON attendance_tally (table_id, question, value);

CREATE TABLE attendance_certificate (
    id {serial},
    code_digest {binary} NOT NULL UNIQUE,
    name_digest TEXT NOT NULL,
    table_id INTEGER NOT NULL,
    issued_at {binary} NOT NULL,
    revoked_at {binary},
    reason TEXT NOT NULL
);
