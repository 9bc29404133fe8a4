"""The pages: rating, being rated, participants' links, what reviewers decide."""

from plugins.ratings.views import giving as _giving
from plugins.ratings.views import links as _links
from plugins.ratings.views import moderating as _moderating
from plugins.ratings.views import received as _received
from plugins.ratings.views.base import blueprint, link

__all__ = ["_giving", "_links", "_moderating", "_received", "blueprint", "link"]
