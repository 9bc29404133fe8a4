-- Ratings of organisations by those who were there, sealed until all have rated or the time is over.

CREATE TABLE ratings_ending (
    id {serial},
    placement INTEGER NOT NULL UNIQUE,
    placement_key TEXT NOT NULL,
    mobility INTEGER NOT NULL,
    sending_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    supporting_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    workplace TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('ended', 'interrupted', 'did_not_happen')),
    starts_on {binary} NOT NULL,
    ended_on {binary} NOT NULL,
    evidence TEXT NOT NULL CHECK (evidence IN ('live', 'backfilled')),
    criteria INTEGER NOT NULL,
    asked_at {binary} NOT NULL,
    opens_at {binary} NOT NULL,
    released_at {binary}
);
CREATE INDEX ratings_ending_released_at_opens_at ON ratings_ending (released_at, opens_at);
CREATE INDEX ratings_ending_sending_id ON ratings_ending (sending_id);
CREATE INDEX ratings_ending_host_id ON ratings_ending (host_id);
CREATE INDEX ratings_ending_supporting_id ON ratings_ending (supporting_id);

CREATE TABLE ratings_invitation (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    ending_id INTEGER NOT NULL REFERENCES ratings_ending (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('sending', 'host', 'supporting', 'learner')),
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    participant INTEGER NOT NULL,
    is_minor {boolean} NOT NULL,
    answered_at {binary},
    reminded_at {binary},
    UNIQUE (ending_id, role, participant)
);
CREATE INDEX ratings_invitation_organisation_id ON ratings_invitation (organisation_id);

CREATE TABLE ratings_rating (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    invitation_id INTEGER NOT NULL REFERENCES ratings_invitation (id) ON DELETE CASCADE,
    ending_id INTEGER NOT NULL REFERENCES ratings_ending (id) ON DELETE CASCADE,
    rater_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    rated_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    rated_role TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    state TEXT NOT NULL CHECK (state IN ('sealed', 'published', 'withdrawn', 'removed')),
    given_at {binary} NOT NULL,
    released_on {binary} NOT NULL,
    removed_for TEXT NOT NULL,
    UNIQUE (invitation_id, rated_id),
    CHECK (rater_id <> rated_id)
);
CREATE INDEX ratings_rating_ending_id ON ratings_rating (ending_id);
CREATE INDEX ratings_rating_rated_id_state ON ratings_rating (rated_id, state);
CREATE INDEX ratings_rating_rater_id ON ratings_rating (rater_id);
CREATE INDEX ratings_rating_account_id ON ratings_rating (account_id);

CREATE TABLE ratings_cell (
    id {serial},
    token TEXT NOT NULL UNIQUE,
    released_on {binary} NOT NULL
);

CREATE TABLE ratings_answer (
    id {serial},
    rating_id INTEGER NOT NULL REFERENCES ratings_rating (id) ON DELETE CASCADE,
    cell_id INTEGER REFERENCES ratings_cell (id),
    criterion TEXT NOT NULL,
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    UNIQUE (rating_id, criterion)
);
CREATE INDEX ratings_answer_cell_id ON ratings_answer (cell_id);

CREATE TABLE ratings_text (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    rating_id INTEGER NOT NULL REFERENCES ratings_rating (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'reply')),
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    lang TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    written_at {binary} NOT NULL,
    UNIQUE (rating_id, kind)
);
CREATE INDEX ratings_text_organisation_id ON ratings_text (organisation_id);
CREATE INDEX ratings_text_account_id ON ratings_text (account_id);
CREATE INDEX ratings_text_state ON ratings_text (state);

CREATE TABLE ratings_dispute (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    rating_id INTEGER NOT NULL UNIQUE REFERENCES ratings_rating (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX ratings_dispute_organisation_id ON ratings_dispute (organisation_id);
CREATE INDEX ratings_dispute_account_id ON ratings_dispute (account_id);

CREATE TABLE ratings_score (
    organisation_id INTEGER NOT NULL PRIMARY KEY REFERENCES organisation (id) ON DELETE CASCADE,
    score DOUBLE PRECISION NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    rank_value DOUBLE PRECISION NOT NULL,
    raters INTEGER NOT NULL,
    people INTEGER NOT NULL,
    shown TEXT NOT NULL
);
