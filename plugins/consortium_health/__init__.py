"""How a consortium is: each sign a plain sentence with its next step, and what hangs on one member."""
