"""Packed occupations and the words for fields of education; see README.md."""
