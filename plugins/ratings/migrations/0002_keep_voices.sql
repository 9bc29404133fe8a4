-- Voices as they were put together; whose ratings changed since. Numbers are organisations.

CREATE TABLE ratings_voice (
    rated INTEGER NOT NULL,
    rater INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    newest {binary} NOT NULL,
    facts TEXT NOT NULL,
    answers TEXT NOT NULL,
    as_of TEXT NOT NULL,
    sums TEXT NOT NULL,
    PRIMARY KEY (rated, rater, evidence)
);

CREATE TABLE ratings_touched (
    id {serial},
    rated INTEGER NOT NULL
);
INSERT INTO ratings_touched (rated)
    SELECT DISTINCT rated_id FROM ratings_rating WHERE released_on <> '';
