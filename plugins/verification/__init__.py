"""Proof of agreements: the sealed PDF, the bundle, and a page where anybody checks them."""
