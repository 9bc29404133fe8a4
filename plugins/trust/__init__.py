"""Trust: the audit log is checked, people get and erase what is kept of them."""
