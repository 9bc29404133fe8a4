"""Pages of Site Setup, a module for each noun; importing them adds their routes."""

from plugins.setup.views import (
    addons,
    home,
    settings,
)
from plugins.setup.views.base import blueprint

__all__ = ["addons", "blueprint", "home", "settings"]
