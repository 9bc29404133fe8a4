"""What plugins with an API use: where it lies, how a route is described, what is checked."""

from plugins.openapi.description import PREFIX, Problem, checked, spec

__all__ = ["PREFIX", "Problem", "checked", "spec"]
