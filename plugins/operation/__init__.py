"""Operation: serving with several processes, back-ups, the doctor, demonstration data."""
