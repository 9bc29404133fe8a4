"""What other plugins may ask of ratings: how organisations stand."""

from plugins.ratings.standing import Standing as Shown
from plugins.ratings.standing import standings as scores

__all__ = ["Shown", "scores"]
