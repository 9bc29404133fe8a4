"""Mobilities: who went where, when, and how it ended."""
