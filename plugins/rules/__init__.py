"""Content rules: when something happens, mail, take a step, tell another system."""
