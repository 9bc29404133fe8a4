"""Search over documents that plugins describe; the same answers on every database.

Writers call `put` and `remove` inside their transaction, jobs and importers `merge_if_due`.
Readers call `index(kind).refresh(seq)` once a request, then `search`.
"""

from plugins.search.documents import Document, put, remove
from plugins.search.finding import Index, cards_of, clear_caches, index, known_objects
from plugins.search.marking import mark, mark_all, snippet
from plugins.search.merging import merge, merge_if_due, rebuild
from plugins.search.questions import Expansion, Query, Result, SearchPage, Why, parse, query_words
from portal.text import fold, sort_key, transliterate, words

__all__ = [
    "Document", "Expansion", "Index", "Query", "Result", "SearchPage", "Why", "cards_of",
    "clear_caches", "fold", "index", "known_objects", "mark", "mark_all", "merge", "merge_if_due",
    "parse", "put", "query_words", "rebuild", "remove", "snippet", "sort_key", "transliterate",
    "words",
]  # fmt: skip
