"""Tools for those who write plugins: `portal plugin new` and `portal plugin check`."""
