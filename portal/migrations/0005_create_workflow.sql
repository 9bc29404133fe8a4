-- Histories of objects, what waits for reviewers, and roles shared on single objects.
-- Histories are only ever added to: the step beside this file puts triggers on them. What people
-- wrote stands apart, so that it can be deleted when its time is over.

CREATE TABLE workflow_history (
    id {serial},
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    transition TEXT NOT NULL,
    source_state TEXT NOT NULL,
    target_state TEXT NOT NULL,
    actor_id INTEGER,
    role TEXT NOT NULL,
    at {binary} NOT NULL,
    version INTEGER NOT NULL
);
CREATE UNIQUE INDEX workflow_history_object ON workflow_history (object_type, object_id, seq);

CREATE TABLE workflow_comment (
    entry_id INTEGER NOT NULL PRIMARY KEY REFERENCES workflow_history (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);

CREATE TABLE review_task (
    id {serial},
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    since {binary} NOT NULL,
    due_at {binary},
    taken_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    reminded_at {binary}
);
CREATE UNIQUE INDEX review_task_object ON review_task (object_type, object_id);
CREATE INDEX review_task_due_at ON review_task (due_at);
CREATE INDEX review_task_taken_by_id ON review_task (taken_by_id);

CREATE TABLE local_role (
    id {serial},
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
    organisation_id INTEGER REFERENCES organisation (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    granted_by INTEGER,
    granted_at {binary} NOT NULL,
    expires_at {binary},
    CHECK ((account_id IS NULL) <> (organisation_id IS NULL))
);
CREATE UNIQUE INDEX local_role_account ON local_role (object_type, object_id, role, account_id);
CREATE UNIQUE INDEX local_role_organisation ON local_role (object_type, object_id, role, organisation_id);
CREATE INDEX local_role_account_id ON local_role (account_id);
CREATE INDEX local_role_organisation_id ON local_role (organisation_id);

CREATE TABLE local_role_stop (
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    PRIMARY KEY (object_type, object_id)
);
