"""Two entries of one organisation become one, and two again."""
