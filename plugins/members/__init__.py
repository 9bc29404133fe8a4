"""People of an organisation: invited, taking over, asking to join, leaving, signing."""
