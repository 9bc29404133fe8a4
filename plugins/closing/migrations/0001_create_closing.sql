-- What a lead noted on the closing of a consortium. The consortium is named by its number.

CREATE TABLE closing_closing (
    id {serial},
    consortium_id INTEGER NOT NULL UNIQUE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    report TEXT NOT NULL,
    reported_on TEXT NOT NULL,
    keep_until TEXT NOT NULL,
    archived_at {binary},
    forgotten_at {binary}
);
CREATE INDEX closing_closing_account_id ON closing_closing (account_id);
CREATE INDEX closing_closing_keep_until ON closing_closing (keep_until);
