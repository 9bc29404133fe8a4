"""Pages of the consortia plugin: each module adds its own to the one blueprint."""

from plugins.consortia.views import deeper, leading, members, own, planning, public
from plugins.consortia.views.base import blueprint

__all__ = ["blueprint", "deeper", "leading", "members", "own", "planning", "public"]
