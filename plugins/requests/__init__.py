"""Partner requests: organisations say what they look for, others answer."""
