"""Closing a consortium: what is still open, the archive, and how long it is kept."""
