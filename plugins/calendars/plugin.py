"""What the calendars plugin answers when the portal asks: nothing; others build on its interface."""
