"""The steps by which the table came to be what it is."""
