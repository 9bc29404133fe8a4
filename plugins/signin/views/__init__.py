"""The pages: accounts and passwords, second steps, devices."""

from plugins.signin.views import account as _account
from plugins.signin.views import devices, outside, own_steps, recovery, second_step
from plugins.signin.views.base import account, step

__all__ = [
    "_account",
    "account",
    "devices",
    "outside",
    "own_steps",
    "recovery",
    "second_step",
    "step",
]
