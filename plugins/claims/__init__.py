"""Claims: is this you, remove us, a fact is wrong; reviewers decide."""
