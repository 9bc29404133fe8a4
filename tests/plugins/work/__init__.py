"""Tests of work plans."""
