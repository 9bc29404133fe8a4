"""Pages of saved searches and shortlists."""

from plugins.saved.views import feeds, kept, searches, shortlist
from plugins.saved.views.base import blueprint

__all__ = ["blueprint", "feeds", "kept", "searches", "shortlist"]
