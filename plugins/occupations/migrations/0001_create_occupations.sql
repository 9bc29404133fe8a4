-- Occupations and what they are called in each language.

CREATE TABLE occupations_concept (
    id TEXT NOT NULL PRIMARY KEY,
    isco_group TEXT NOT NULL,
    fields TEXT NOT NULL
);
CREATE TABLE occupations_concept_label (
    id {serial},
    concept_id TEXT NOT NULL REFERENCES occupations_concept (id) ON DELETE CASCADE,
    lang TEXT NOT NULL,
    label TEXT NOT NULL,
    folded {binary} NOT NULL,
    preferred {boolean} NOT NULL
);
