"""Projects: what public lists of funded projects say of partners."""
