-- Funded projects and who took part in them, as public lists say.

CREATE TABLE projects_project (
    id {serial},
    key {binary} NOT NULL,
    acronym TEXT NOT NULL,
    title TEXT NOT NULL,
    action TEXT NOT NULL,
    call_year INTEGER,
    source TEXT NOT NULL,
    batch_id INTEGER REFERENCES import_batch (id) ON DELETE SET NULL
);
CREATE TABLE projects_participation (
    id {serial},
    project_id INTEGER NOT NULL REFERENCES projects_project (id) ON DELETE CASCADE,
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    batch_id INTEGER REFERENCES import_batch (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX projects_project_key ON projects_project (key);
CREATE INDEX projects_project_batch_id ON projects_project (batch_id);
CREATE UNIQUE INDEX projects_participation_once
    ON projects_participation (project_id, organisation_id, role);
CREATE INDEX projects_participation_organisation_id ON projects_participation (organisation_id);
CREATE INDEX projects_participation_batch_id ON projects_participation (batch_id);
