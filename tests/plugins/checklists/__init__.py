"""Tests of own checklists."""
