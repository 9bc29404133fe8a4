"""Programs act for people: personal tokens for the API, and the routes that need one."""
