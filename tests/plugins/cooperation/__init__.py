"""Tests of what is known of work from before."""
