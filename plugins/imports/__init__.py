"""Imports: files of organisations in, batches undone."""
