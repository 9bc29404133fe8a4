"""Programme rules, as files."""
