"""What other plugins use to read files of organisations and to store many of them at once."""

from plugins.imports.bulk import Entry, add_unclaimed, insert, new_batch
from plugins.imports.countries import country_code
from plugins.imports.csvfile import Row, Table, open_table, read_bytes

__all__ = [
    "Entry", "Row", "Table", "add_unclaimed", "country_code", "insert", "new_batch",
    "open_table", "read_bytes",
]  # fmt: skip
