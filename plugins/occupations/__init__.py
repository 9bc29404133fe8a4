"""Occupations: widens the search for partners to other languages."""
