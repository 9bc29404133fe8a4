"""What is known of an organisation's work before it came here: cooperation, stays, references."""
