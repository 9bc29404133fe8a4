"""Tests of partner requests."""
