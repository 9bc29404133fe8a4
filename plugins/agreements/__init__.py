"""Agreements: partners negotiate clause by clause, sign exactly what was shown, and keep their word."""
