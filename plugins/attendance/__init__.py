"""Who came to a round table, in which groups they talked, what was found, and what proves it."""
