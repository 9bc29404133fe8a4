"""The rules of a draw of places, for hosts who want more than the defaults."""
