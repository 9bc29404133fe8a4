"""What documents answer when the portal asks."""

from __future__ import annotations

from collections.abc import Sequence

from plugins.paper import making, sealing, stamping
from portal import settings
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
    return [HealthCheck(name, "ok"), _seal(ctx), *_stamps(ctx)]


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


def _stamps(ctx: Context) -> Sequence[HealthCheck]:
    name, own = _("confirmed times of documents"), settings.of(ctx, "paper")
    if not own["tsa_url"]:
        return [HealthCheck(name, "off", _("no time-stamping authority is named"))]
    past = stamping.last()
    if past and past.fault:
        detail = _("sealed without a confirmed time: %(fault)s", fault=past.fault)
        remedy = _("Look at address, user name and password of the authority.")
        return [HealthCheck(name, "bad", detail, remedy)]
    if not own["tsa_file"]:
        return [HealthCheck(name, "ok", _("by an authority whose certificate is not confirmed"))]
    try:
        sealing.count_certificates(own["tsa_file"])
    except ConfigError as error:
        remedy = _("Mend the file, or empty the setting in Site Setup.")
        return [HealthCheck(name, "bad", str(error), remedy)]
    return [HealthCheck(name, "ok")]
