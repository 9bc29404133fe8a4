CREATE TABLE pinboard_notice (
    id {serial},
    public_id {binary} NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    expires_at {binary} NOT NULL
);
CREATE INDEX pinboard_notice_expires ON pinboard_notice (expires_at);
CREATE INDEX pinboard_notice_account ON pinboard_notice (account_id);
