"""Pages of rules and webhooks; importing them adds their routes."""

from plugins.rules.views import hooks, log, pages
from plugins.rules.views.base import blueprint

__all__ = ["blueprint", "hooks", "log", "pages"]
