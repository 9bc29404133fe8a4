"""Expressions of interest that came by mail, from a file of the host."""
