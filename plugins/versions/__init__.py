"""Versions: who changed what, compared field by field, and brought back."""
