"""First steps: people say what they came for and see what leads them there."""
