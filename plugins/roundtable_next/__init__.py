"""The next round table with room, for those who got no place."""
