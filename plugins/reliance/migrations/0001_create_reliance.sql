-- What organisations promised in agreements to recognise, and when they did; why a pair of partners may
-- rely on each other; the steps that they plan together. An agreement is named by its number and address:
-- it may be gone when a promise is not.

CREATE TABLE reliance_promise (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    agreement_id INTEGER NOT NULL,
    agreement TEXT NOT NULL,
    title TEXT NOT NULL,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    what TEXT NOT NULL,
    due_on TEXT NOT NULL,
    delivered_on TEXT NOT NULL,
    proof TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reminded_at {binary},
    created_at {binary} NOT NULL,
    UNIQUE (agreement_id, organisation_id)
);
CREATE INDEX reliance_promise_organisation_id ON reliance_promise (organisation_id, due_on);
CREATE INDEX reliance_promise_account_id ON reliance_promise (account_id);

CREATE TABLE reliance_ground (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    partner_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    reliance TEXT NOT NULL,
    text TEXT NOT NULL,
    proof TEXT NOT NULL,
    happened_on TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    verified_at {binary},
    verified_by INTEGER REFERENCES account (id) ON DELETE SET NULL
);
CREATE INDEX reliance_ground_pair ON reliance_ground (organisation_id, partner_id);
CREATE INDEX reliance_ground_partner_id ON reliance_ground (partner_id);
CREATE INDEX reliance_ground_account_id ON reliance_ground (account_id);
CREATE INDEX reliance_ground_verified_by ON reliance_ground (verified_by);

CREATE TABLE reliance_step (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    partner_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    owner_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    due_on TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    done_at {binary}
);
CREATE INDEX reliance_step_pair ON reliance_step (organisation_id, partner_id);
CREATE INDEX reliance_step_partner_id ON reliance_step (partner_id);
CREATE INDEX reliance_step_owner_id ON reliance_step (owner_id);
CREATE INDEX reliance_step_account_id ON reliance_step (account_id)
