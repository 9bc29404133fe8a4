"""Drafts: what was typed and not sent yet."""
