"""The partner and its members: the noun all plugins share."""
