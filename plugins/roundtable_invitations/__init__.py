"""Personal invitations to round tables: why, where the address came from, how to be left alone."""
