-- Who is reminded of an action: somebody who was there, or the people of the host where nobody is named.
-- The outcomes themselves name no persons; `action` is the short name of a row in them.

CREATE TABLE attendance_owner (
    id {serial},
    table_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    interest_id INTEGER,
    since {binary} NOT NULL,
    before_at {binary},
    after_at {binary},
    UNIQUE (table_id, action)
);
CREATE INDEX attendance_owner_interest ON attendance_owner (interest_id);
