"""Tests of what is hashed and signed."""
