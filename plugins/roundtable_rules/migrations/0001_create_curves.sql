-- More points of what a try of an allocation costs; one row a try, named by its public id.

CREATE TABLE roundtable_rules_curve (
    id {serial},
    series_id INTEGER NOT NULL,
    try_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    points TEXT NOT NULL,
    job_id INTEGER
);
CREATE INDEX roundtable_rules_curve_series ON roundtable_rules_curve (series_id);
