"""The frame of the API: one description of what active plugins offer to programs."""
