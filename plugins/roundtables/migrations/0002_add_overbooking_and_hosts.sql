-- A table may give places beyond its seats; a series may be run in the name of a group of
-- organisations: what stands for it (empty for none), what it is called, where its page is.

ALTER TABLE roundtables_table ADD COLUMN overbooked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE roundtables_series ADD COLUMN host_key TEXT NOT NULL DEFAULT '';
ALTER TABLE roundtables_series ADD COLUMN host_title TEXT NOT NULL DEFAULT '';
ALTER TABLE roundtables_series ADD COLUMN host_url TEXT NOT NULL DEFAULT '';
CREATE INDEX roundtables_series_host_key ON roundtables_series (host_key);
