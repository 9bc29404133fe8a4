"""Tests of mobilities."""
