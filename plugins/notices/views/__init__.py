"""The pages: what people were told and how, their calendar, mails that came back."""

from plugins.notices.views import bounces, calendar, centre
from plugins.notices.views.base import blueprint

__all__ = ["blueprint", "bounces", "calendar", "centre"]
