-- Work plans. A consortium is named by its number: its tables belong to another plugin. What is
-- removed stays for a while, so that it can be brought back.

CREATE TABLE work_plan (
    id {serial},
    consortium_id INTEGER NOT NULL UNIQUE,
    is_on {boolean} NOT NULL,
    cents BIGINT NOT NULL,
    every TEXT NOT NULL,
    reported_on TEXT NOT NULL,
    version INTEGER NOT NULL
);

CREATE TABLE work_package (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    consortium_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    aim TEXT NOT NULL,
    lead_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    cents BIGINT NOT NULL,
    version INTEGER NOT NULL,
    removed_at {binary}
);
CREATE INDEX work_package_consortium_id ON work_package (consortium_id, number);
CREATE INDEX work_package_lead_id ON work_package (lead_id);

CREATE TABLE work_item (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    package_id INTEGER NOT NULL REFERENCES work_package (id) ON DELETE CASCADE,
    owner_id INTEGER REFERENCES organisation (id) ON DELETE SET NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    done_on TEXT NOT NULL,
    reminded TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at {binary} NOT NULL,
    removed_at {binary}
);
CREATE INDEX work_item_package_id ON work_item (package_id, ends_on);
CREATE INDEX work_item_owner_id ON work_item (owner_id, state);

CREATE TABLE work_need (
    id {serial},
    item_id INTEGER NOT NULL REFERENCES work_item (id) ON DELETE CASCADE,
    needs_id INTEGER NOT NULL REFERENCES work_item (id) ON DELETE CASCADE,
    UNIQUE (item_id, needs_id)
);
CREATE INDEX work_need_needs_id ON work_need (needs_id);

CREATE TABLE work_share (
    id {serial},
    package_id INTEGER NOT NULL REFERENCES work_package (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    cents BIGINT NOT NULL,
    UNIQUE (package_id, organisation_id)
);
CREATE INDEX work_share_organisation_id ON work_share (organisation_id);
