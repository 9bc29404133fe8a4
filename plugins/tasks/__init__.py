"""Tasks: what waits for whom, the buttons of workflows, and who has which role on an object."""
