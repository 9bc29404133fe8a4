-- Whom organisations invite, who signs for them, who asks to join. {binary} is text whose order is
-- that of its bytes. Of one kind, an address has one open invitation of an organisation; a person
-- has one request there that waits.

CREATE TABLE members_invitation (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    email TEXT NOT NULL,
    receiver_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    function TEXT NOT NULL,
    own_name TEXT NOT NULL,
    own_function TEXT NOT NULL,
    purpose TEXT NOT NULL,
    afterwards TEXT NOT NULL,
    by_site {boolean} NOT NULL,
    mark TEXT NOT NULL,
    state TEXT NOT NULL,
    invited_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    opened_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    sent_at {binary} NOT NULL,
    opens_at {binary} NOT NULL,
    expires_at {binary} NOT NULL,
    ended_at {binary}
);
CREATE UNIQUE INDEX members_invitation_open ON members_invitation (organisation_id, kind, email)
    WHERE email <> '' AND state IN ('sent', 'held');
CREATE INDEX members_invitation_email ON members_invitation (email);
CREATE INDEX members_invitation_organisation_id ON members_invitation (organisation_id);
CREATE INDEX members_invitation_receiver_id ON members_invitation (receiver_id);
CREATE INDEX members_invitation_invited_by_id ON members_invitation (invited_by_id);
CREATE INDEX members_invitation_opened_by_id ON members_invitation (opened_by_id);

CREATE TABLE members_signatory (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    function TEXT NOT NULL,
    email TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    confirmed_at {binary} NOT NULL,
    ended_at {binary}
);
CREATE INDEX members_signatory_organisation_id ON members_signatory (organisation_id);
CREATE INDEX members_signatory_account_id ON members_signatory (account_id);

CREATE TABLE members_request (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    message TEXT NOT NULL,
    state TEXT NOT NULL,
    answer TEXT NOT NULL,
    decided_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    due_at {binary} NOT NULL,
    reminders INTEGER NOT NULL,
    ended_at {binary}
);
CREATE UNIQUE INDEX members_request_waiting ON members_request (organisation_id, account_id)
    WHERE state = 'waiting';
CREATE INDEX members_request_account_id ON members_request (account_id);
CREATE INDEX members_request_decided_by_id ON members_request (decided_by_id);
CREATE INDEX members_request_state_due_at ON members_request (state, due_at);
