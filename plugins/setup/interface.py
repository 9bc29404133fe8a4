"""What plugins that require Site Setup may use: a page in its frame, and tables as files."""

from plugins.setup.frame import as_csv, page

__all__ = ["as_csv", "page"]
