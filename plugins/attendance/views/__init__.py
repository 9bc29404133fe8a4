"""Pages at and after a round table: each module adds its own to the two blueprints."""

from plugins.attendance.views import host, own, public
from plugins.attendance.views.base import blueprint, private

__all__ = ["blueprint", "host", "own", "private", "public"]
