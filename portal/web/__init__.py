"""The web shell: frame, access, errors, headers, static files, API base."""
