"""Reliance: why partners may rely on each other, what helps next, and whether promises are kept."""
