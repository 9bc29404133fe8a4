"""Measures the portal against a peer on the same rows: `python -m bench`."""
