"""Tables of the search engine: documents, word index, facet sets, state of each catalogue."""

from peewee import SqliteDatabase


def up(migrator, db):
    """Create the tables."""
    small = isinstance(db, SqliteDatabase)
    binary = "TEXT" if small else 'TEXT COLLATE "C"'
    blob = "BLOB" if small else "BYTEA"
    db.execute_sql(
        f"CREATE TABLE search_document (kind {binary} NOT NULL, number INTEGER NOT NULL, "
        f"object_id INTEGER, seq BIGINT NOT NULL, name_sort {binary} NOT NULL, score INTEGER, "
        f"created_at {binary} NOT NULL, facets TEXT NOT NULL, words TEXT NOT NULL, "
        "indexed_words TEXT, card TEXT, text TEXT NOT NULL, PRIMARY KEY (kind, number))"
    )
    db.execute_sql(
        f"CREATE TABLE search_word (kind {binary} NOT NULL, word {binary} NOT NULL, "
        f"documents INTEGER NOT NULL, in_name {blob}, in_names {blob}, in_text {blob}, "
        "PRIMARY KEY (kind, word))"
    )
    db.execute_sql(
        f"CREATE TABLE search_facet (kind {binary} NOT NULL, facet {binary} NOT NULL, "
        f"value {binary} NOT NULL, members {blob} NOT NULL, PRIMARY KEY (kind, facet, value))"
    )
    db.execute_sql(
        f"CREATE TABLE search_state (kind {binary} PRIMARY KEY, numbered INTEGER NOT NULL, "
        "base_seq BIGINT NOT NULL, base_generation BIGINT NOT NULL)"
    )
    for statement in (
        "CREATE UNIQUE INDEX search_document_object ON search_document (kind, object_id)",
        "CREATE INDEX search_document_seq ON search_document (kind, seq)",
        "CREATE INDEX search_document_name ON search_document (kind, name_sort, number)",
        "CREATE INDEX search_document_newest ON search_document (kind, created_at DESC, number)",
        "CREATE INDEX search_word_documents ON search_word (kind, word, documents)",
    ):
        db.execute_sql(statement)
