"""Mobilities as data: a file of what the list shows, and routes for programs."""
