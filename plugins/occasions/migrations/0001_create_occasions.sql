-- For which mobility or consortium an agreement is made. Those are other plugins' and may be gone: only
-- the agreement is held on to.

CREATE TABLE occasions_occasion (
    agreement_id INTEGER PRIMARY KEY REFERENCES agreements_agreement (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    number INTEGER NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX occasions_occasion_number ON occasions_occasion (kind, number)
