-- Steps before, during and after a stay; what participants did of them; what is wrong.

CREATE TABLE mobilities_task (
    id {serial},
    mobility_id INTEGER NOT NULL REFERENCES mobilities_mobility (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    list_number INTEGER NOT NULL,
    lead TEXT NOT NULL,
    due_on {binary} NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    done_at {binary},
    done_side TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reminded_at {binary},
    UNIQUE (mobility_id, key)
);
CREATE INDEX mobilities_task_state_due_on ON mobilities_task (state, due_on);
CREATE INDEX mobilities_task_account_id ON mobilities_task (account_id);

CREATE TABLE mobilities_mark (
    id {serial},
    task_id INTEGER NOT NULL REFERENCES mobilities_task (id) ON DELETE CASCADE,
    participant_id INTEGER NOT NULL REFERENCES mobilities_participant (id) ON DELETE CASCADE,
    done_at {binary} NOT NULL,
    UNIQUE (task_id, participant_id)
);
CREATE INDEX mobilities_mark_participant_id ON mobilities_mark (participant_id);

CREATE TABLE mobilities_alarm (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    participant_id INTEGER NOT NULL REFERENCES mobilities_participant (id) ON DELETE CASCADE,
    contact_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    by_guardian {boolean} NOT NULL,
    text TEXT NOT NULL,
    created_at {binary} NOT NULL,
    seen_at {binary}
);
CREATE INDEX mobilities_alarm_participant_id ON mobilities_alarm (participant_id);
CREATE INDEX mobilities_alarm_contact_id ON mobilities_alarm (contact_id);
