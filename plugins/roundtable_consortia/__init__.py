"""Round tables in the name of a consortium."""
