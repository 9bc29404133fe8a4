"""Links for people without an account: mailed, good for a time, sent again on request."""
