"""Consortia: who leads, who belongs, who does what."""
