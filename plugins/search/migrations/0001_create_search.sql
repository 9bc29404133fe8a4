-- The search engine: documents, word index, facet sets, state of each catalogue.
-- {binary} is text whose order is that of its bytes, {blob} takes bytes.

CREATE TABLE IF NOT EXISTS search_document (
    kind {binary} NOT NULL,
    number INTEGER NOT NULL,
    object_id INTEGER,
    seq BIGINT NOT NULL,
    name_sort {binary} NOT NULL,
    score INTEGER,
    created_at {binary} NOT NULL,
    facets TEXT NOT NULL,
    words TEXT NOT NULL,
    indexed_words TEXT,
    card TEXT,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, number)
);
CREATE UNIQUE INDEX IF NOT EXISTS search_document_object ON search_document (kind, object_id);
CREATE INDEX IF NOT EXISTS search_document_seq ON search_document (kind, seq);
CREATE INDEX IF NOT EXISTS search_document_name ON search_document (kind, name_sort, number);
CREATE INDEX IF NOT EXISTS search_document_newest ON search_document (kind, created_at DESC, number);

CREATE TABLE IF NOT EXISTS search_word (
    kind {binary} NOT NULL,
    word {binary} NOT NULL,
    documents INTEGER NOT NULL,
    in_name {blob},
    in_names {blob},
    in_text {blob},
    PRIMARY KEY (kind, word)
);
CREATE INDEX IF NOT EXISTS search_word_documents ON search_word (kind, word, documents);

CREATE TABLE IF NOT EXISTS search_facet (
    kind {binary} NOT NULL,
    facet {binary} NOT NULL,
    value {binary} NOT NULL,
    members {blob} NOT NULL,
    PRIMARY KEY (kind, facet, value)
);

CREATE TABLE IF NOT EXISTS search_state (
    kind {binary} NOT NULL PRIMARY KEY,
    numbered INTEGER NOT NULL,
    base_seq BIGINT NOT NULL,
    base_generation BIGINT NOT NULL
);
