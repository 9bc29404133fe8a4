-- Versions of lists of steps. A consortium is named by its number: its tables belong to another plugin.

CREATE TABLE consortium_steps_list (
    id {serial},
    consortium_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    changes TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    created_at {binary} NOT NULL,
    UNIQUE (consortium_id, number)
);
CREATE INDEX consortium_steps_list_account_id ON consortium_steps_list (account_id);
