"""Saved searches and shortlists."""
