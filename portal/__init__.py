"""Tessera's core: what every plugin needs and no plugin owns."""

__version__ = "0.1.0"
