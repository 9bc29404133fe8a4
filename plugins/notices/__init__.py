"""What people are told: in the portal, by mail at once or once a day, in their calendar."""
