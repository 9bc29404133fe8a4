"""Entries of organisations: how they are named and numbered, where facts come from, their twins."""
