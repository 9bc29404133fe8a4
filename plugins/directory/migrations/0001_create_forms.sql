-- What the names of organisations look like, main names and others: `folded` is the words as the
-- search compares them, `form` the same for names that people take for each other. {binary} is text
-- whose order is that of its bytes.
CREATE TABLE directory_form (
    id {serial},
    organisation_id INTEGER NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    folded {binary} NOT NULL,
    form {binary} NOT NULL
);
CREATE INDEX directory_form_organisation_id ON directory_form (organisation_id);
CREATE INDEX directory_form_form ON directory_form (form);
