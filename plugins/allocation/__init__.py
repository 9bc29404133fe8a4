"""Give places broadly and fairly, by a draw that anyone can check: pure functions, and a command."""
