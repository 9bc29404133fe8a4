"""Meetings: members of a consortium meet, decide and do what they agreed on."""
