"""Pages of the round tables: each module adds its own to the two blueprints."""

from plugins.roundtables.views import allocation, host, my, people, public
from plugins.roundtables.views.base import blueprint, own

__all__ = ["allocation", "blueprint", "host", "my", "own", "people", "public"]
