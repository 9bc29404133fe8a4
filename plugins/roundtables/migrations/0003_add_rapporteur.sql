-- A host says in public who writes down what a table finds: a role or an organisation.

ALTER TABLE roundtables_table ADD COLUMN rapporteur TEXT NOT NULL DEFAULT '';
