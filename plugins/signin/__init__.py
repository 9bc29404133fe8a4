"""Signing in: registering, confirming an address, setting a forgotten password."""
