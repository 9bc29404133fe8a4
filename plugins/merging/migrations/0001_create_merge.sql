-- A merge remembers each row that it changed, so that it can be undone. What refers to a person goes
-- with the person. {binary} is text whose order is that of its bytes.

CREATE TABLE merging_merge (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    kept_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    gone_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    merged_at {binary} NOT NULL,
    undone_by_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    undone_at {binary}
);
CREATE INDEX merging_merge_kept_id ON merging_merge (kept_id);
CREATE INDEX merging_merge_gone_id ON merging_merge (gone_id);
CREATE INDEX merging_merge_account_id ON merging_merge (account_id);
CREATE INDEX merging_merge_undone_by_id ON merging_merge (undone_by_id);
CREATE UNIQUE INDEX merging_merge_standing ON merging_merge (gone_id) WHERE undone_at IS NULL;

CREATE TABLE merging_change (
    id {serial},
    merge_id INTEGER NOT NULL REFERENCES merging_merge (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    keys TEXT NOT NULL,
    field TEXT NOT NULL,
    before TEXT,
    after TEXT,
    account_id INTEGER REFERENCES account (id) ON DELETE CASCADE
);
CREATE INDEX merging_change_merge_id ON merging_change (merge_id);
CREATE INDEX merging_change_account_id ON merging_change (account_id);

CREATE TABLE merging_apart (
    first_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    second_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
    decided_at {binary} NOT NULL,
    PRIMARY KEY (first_id, second_id)
);
CREATE INDEX merging_apart_second_id ON merging_apart (second_id);
CREATE INDEX merging_apart_account_id ON merging_apart (account_id);
