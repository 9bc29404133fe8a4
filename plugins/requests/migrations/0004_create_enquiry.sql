-- What one organisation asks another, as a thread of messages; and who leaves such without an answer.

CREATE TABLE requests_enquiry (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    asker_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    receiver_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    about_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    projects TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    waits_since {binary} NOT NULL,
    last_at {binary} NOT NULL,
    answered_at {binary},
    closes_at {binary} NOT NULL
);
CREATE INDEX requests_enquiry_asker_id_created_at ON requests_enquiry (asker_id, created_at);
CREATE INDEX requests_enquiry_receiver_id_created_at ON requests_enquiry (receiver_id, created_at);
CREATE INDEX requests_enquiry_about_id ON requests_enquiry (about_id);
CREATE INDEX requests_enquiry_state_closes_at ON requests_enquiry (state, closes_at);

CREATE TABLE requests_message (
    id {serial},
    enquiry_id INTEGER NOT NULL REFERENCES requests_enquiry (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX requests_message_enquiry_id ON requests_message (enquiry_id);
CREATE INDEX requests_message_organisation_id ON requests_message (organisation_id);
CREATE INDEX requests_message_account_id ON requests_message (account_id);

CREATE TABLE requests_silence (
    organisation_id INTEGER NOT NULL PRIMARY KEY REFERENCES organisation (id) ON DELETE CASCADE,
    warned_at {binary} NOT NULL
);
