"""Who worked with whom, and who can introduce you."""
