"""What plugins that build on introductions use."""

from plugins.introductions.ties import together

__all__ = ["together"]
