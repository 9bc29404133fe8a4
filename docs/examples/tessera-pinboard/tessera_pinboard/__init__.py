"""A notice board of the network, as a plugin in a package of its own."""
