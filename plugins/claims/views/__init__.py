"""Pages of requests about entries, by what they are for."""

from plugins.claims.views import asking, deciding, finding
from plugins.claims.views.base import CASE_NETWORK, blueprint, contact
from plugins.claims.views.finding import first_steps, section

__all__ = [
    "CASE_NETWORK",
    "asking",
    "blueprint",
    "contact",
    "deciding",
    "finding",
    "first_steps",
    "section",
]
