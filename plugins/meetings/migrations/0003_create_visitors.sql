-- People without an account who are invited to a meeting by mail.

CREATE TABLE meetings_visitor (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    meeting_id INTEGER NOT NULL REFERENCES meetings_meeting (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at {binary},
    ends_at {binary} NOT NULL,
    UNIQUE (meeting_id, email)
);
CREATE INDEX meetings_visitor_email ON meetings_visitor (email);
CREATE INDEX meetings_visitor_ends_at ON meetings_visitor (ends_at);
