"""The list of steps that a consortium keeps for the stays among its members."""
