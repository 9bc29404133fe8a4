"""Partners: profiles and the search for them."""
