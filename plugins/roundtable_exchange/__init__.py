"""Round tables in and out: routes for programs, drafts from calendar files."""
