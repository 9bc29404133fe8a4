"""Evidence: the one text that is signed, statements over it, and bundles that prove them anywhere."""
