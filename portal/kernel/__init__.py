"""Plugins: found, checked, loaded, asked and switched."""
