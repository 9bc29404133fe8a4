"""What the evidence plugin answers when the portal asks: nothing; others build on its interface."""
