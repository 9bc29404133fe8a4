-- An organisation without a row is published. Claimed ones get theirs, so that steps can be taken.

CREATE TABLE partners_publication (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL UNIQUE REFERENCES organisation (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    agreed_at {binary},
    created_at {binary} NOT NULL
);

CREATE TABLE partners_change (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    promises TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    agreed_at {binary},
    created_at {binary} NOT NULL
);

CREATE UNIQUE INDEX partners_change_open ON partners_change (organisation_id)
WHERE state IN ('draft', 'pending');

CREATE INDEX partners_change_organisation_id ON partners_change (organisation_id);

INSERT INTO partners_publication (public_id, organisation_id, state, version, created_at)
SELECT public_id, id, 'published', 1, created_at FROM organisation
WHERE state <> 'unclaimed' ORDER BY id;

INSERT INTO workflow_history
    (object_type, object_id, seq, transition, source_state, target_state, actor_id, role, at, version)
SELECT 'partners_profile', id, 1, '', '', 'published', NULL, '', created_at, 1
FROM partners_publication ORDER BY id;
