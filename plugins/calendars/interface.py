"""What plugins use that meet at some time: time zones, and appointments for calendars."""

from plugins.calendars.appointments import (
    CANCEL,
    REQUEST,
    Appointment,
    attach,
    letter,
    person,
    uid_of,
)
from plugins.calendars.moments import Moment, clock_at, day_at, joining_link, moment, zones

__all__ = [
    "CANCEL", "REQUEST", "Appointment", "Moment", "attach", "clock_at", "day_at", "joining_link", "letter",
    "moment", "person", "uid_of", "zones",
]  # fmt: skip
