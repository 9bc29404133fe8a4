"""What those who were there say after a stay, and what that adds up to."""
