"""Tables the core carries: countries on the tile grid and regions; see README.md."""
