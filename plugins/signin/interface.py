"""What other plugins use: letting a passkey sign something."""

from __future__ import annotations

from plugins.signin.passkeys import Made, ask_to_sign, has_any, host, keys, take_made

__all__ = ["Made", "ask_to_sign", "has_any", "host", "keys", "take_made"]
