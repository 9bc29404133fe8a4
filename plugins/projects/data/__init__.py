"""Public lists for the demonstration set; see README.md."""
