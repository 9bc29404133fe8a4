"""Lists of steps that organisations make their own, and files that prove a step."""
