"""Packed public data and the demonstration set of the partner search; see README.md."""
