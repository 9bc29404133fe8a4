"""Pages of Site Setup, a module for each noun; importing them adds their routes."""

from plugins.setup.views import (
    access,
    addons,
    audit,
    health,
    home,
    jobs,
    languages,
    mails,
    organisations,
    people,
    settings,
    workflows,
)
from plugins.setup.views.base import blueprint

__all__ = [
    "access",
    "addons",
    "audit",
    "blueprint",
    "health",
    "home",
    "jobs",
    "languages",
    "mails",
    "organisations",
    "people",
    "settings",
    "workflows",
]
