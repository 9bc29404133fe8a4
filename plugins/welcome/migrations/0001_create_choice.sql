-- What a person came for, empty until they said so, and when they put the steps away. There is a row
-- since the first sign-in. {binary} is text whose order is that of its bytes.
CREATE TABLE welcome_choice (
    account_id INTEGER NOT NULL PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    aim TEXT NOT NULL,
    begun_at {binary} NOT NULL,
    dismissed_at {binary}
);
