"""Calendars: moments of a time zone, and appointments in mails."""
