"""Ratings of mobilities, and the score that anybody can compute again."""
