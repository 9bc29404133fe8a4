"""Pages of agreements: each module adds its own to one of the two blueprints."""

from plugins.agreements.views import link, oversight, register, show, sign, steps, text
from plugins.agreements.views.base import blueprint, linked

__all__ = [
    "blueprint", "link", "linked", "oversight", "register", "show", "sign", "steps", "text",
]  # fmt: skip
