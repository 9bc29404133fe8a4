"""Pages of the meetings plugin: each module adds its own to the one blueprint."""

from plugins.meetings.views import actions, announcements, decisions, meetings, minutes, visitors
from plugins.meetings.views.base import blueprint

__all__ = ["actions", "announcements", "blueprint", "decisions", "meetings", "minutes", "visitors"]
