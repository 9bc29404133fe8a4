"""Site Setup: where an administrator runs the portal from the browser."""
