"""Mobilities as a file, and for programs."""
