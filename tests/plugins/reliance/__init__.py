"""Tests of trust sheets and the recognition clock."""
