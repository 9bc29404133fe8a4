"""The plugins of the house and of the trade; each folder is one, and can be left out."""
