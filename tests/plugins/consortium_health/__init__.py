"""How consortia are."""
