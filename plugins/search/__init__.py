"""Search: finds documents that other plugins describe."""
