-- Wordings that a consortium keeps for agreements of its members: texts of clauses by language.

CREATE TABLE occasions_wording (
    id {serial},
    public_id TEXT NOT NULL UNIQUE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    languages TEXT NOT NULL,
    texts TEXT NOT NULL,
    created_at {binary} NOT NULL
);
CREATE INDEX occasions_wording_number ON occasions_wording (number)
