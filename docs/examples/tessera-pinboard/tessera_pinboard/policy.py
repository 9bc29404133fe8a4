"""Who may do what with a notice."""

from __future__ import annotations

from portal.context import Actor
from tessera_pinboard.models import Notice


def may_take_down(actor: Actor, notice: Notice) -> bool:
    """Whoever wrote it, and reviewers."""
    own = notice.account is not None and notice.account.id == actor.account_id
    return own or actor.is_reviewer
