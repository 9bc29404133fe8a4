"""What documents answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.paper import making, sealing
from portal.context import Context
from portal.errors import ConfigError
from portal.hookspecs import HealthCheck, hookimpl
from portal.i18n import _


@hookimpl
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say whether PDFs can be made, and how the seal is."""
    name = _("documents as PDF")
    if not making.available():
        remedy = "pip install 'tessera-portal[pdf]'"
        return [HealthCheck(name, "off", _("not installed"), remedy)]
    return [HealthCheck(name, "ok"), _seal(ctx)]


def _seal(ctx: Context) -> HealthCheck:
    name = _("the portal's seal")
    try:
        how, until = sealing.state(ctx)
    except (ConfigError, ValueError) as error:
        remedy = _("Mend the file, or empty the setting in Site Setup.")
        return HealthCheck(name, "bad", str(error), remedy)
    if until is None:
        return HealthCheck(name, "ok", _("is made with the first document"))
    day = until.date().isoformat()
    if until < ctx.clock.now():
        remedy = _("Put another key and certificate there; documents sealed before stay valid.")
        return HealthCheck(name, "bad", _("its certificate ended on %(day)s", day=day), remedy)
    said = _("its own certificate, good until %(day)s", day=day)
    return HealthCheck(name, "ok", said if how == "made" else _("good until %(day)s", day=day))
