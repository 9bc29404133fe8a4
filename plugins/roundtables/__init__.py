"""Round tables: everyone may ask, places go to the broadest range, and anyone can check."""
