-- What people were told (notices_notice), how they want to be told (notices_choice), who has a secret
-- calendar address (notices_calendar), and which addresses send mails back (notices_bounce). {binary}
-- is text whose order is that of its bytes.

-- `title` and `body` are kept untranslated, as JSON. `due_at` is when the daily mail takes it along,
-- `mailed_at` when a mail about it was written.
CREATE TABLE notices_notice (
    id {serial},
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind {binary} NOT NULL,
    subject {binary} NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at {binary} NOT NULL,
    read_at {binary},
    due_at {binary},
    mailed_at {binary}
);
CREATE INDEX notices_notice_account_id ON notices_notice (account_id, id);
CREATE INDEX notices_notice_unread ON notices_notice (account_id) WHERE read_at IS NULL;
CREATE INDEX notices_notice_due ON notices_notice (due_at) WHERE mailed_at IS NULL;
CREATE UNIQUE INDEX notices_notice_once ON notices_notice (account_id, kind, subject)
    WHERE subject <> '';

CREATE TABLE notices_choice (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind {binary} NOT NULL,
    how TEXT NOT NULL,
    PRIMARY KEY (account_id, kind)
);

CREATE TABLE notices_calendar (
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    nonce TEXT NOT NULL,
    made_at {binary} NOT NULL
);

-- `last_mail` is the number of the mail that came back last: its reports count once.
CREATE TABLE notices_bounce (
    id {serial},
    address {binary} NOT NULL UNIQUE,
    first_at {binary} NOT NULL,
    last_at {binary} NOT NULL,
    last_mail INTEGER NOT NULL,
    temporary INTEGER NOT NULL,
    stopped_at {binary},
    status TEXT NOT NULL,
    said TEXT NOT NULL
);
