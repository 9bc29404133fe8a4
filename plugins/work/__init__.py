"""The work of a consortium: packages, tasks, milestones, deliverables, shares of the budget, reports."""
