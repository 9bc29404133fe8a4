"""What a new site needs: each step is ticked off by facts, not by hand."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, url_for

from plugins.operation.interface import backups
from portal import db, settings
from portal.config import Config
from portal.context import Context
from portal.i18n import _

_FACTS = (
    "SELECT (SELECT COUNT(*) FROM account WHERE role = 'SiteAdmin' AND disabled_at IS NULL "
    "AND verified_at IS NOT NULL), (SELECT COUNT(*) FROM account WHERE role = 'Reviewer' "
    "AND disabled_at IS NULL), EXISTS (SELECT 1 FROM organisation), "
    "EXISTS (SELECT 1 FROM organisation WHERE is_operator)"
)


@dataclass(frozen=True)
class Step:
    """Something to do: why, where, and whether the facts say that it is done."""

    title: str
    why: str
    url: str
    link: str
    done: bool


def steps(ctx: Context) -> list[Step]:
    """Return the steps in the order in which they help."""
    config: Config = current_app.config["PORTAL"]
    site, default = settings.of(ctx), Config.site_name
    admins, reviewers, has_organisations, has_operator = db.query(_FACTS)[0]
    return [
        Step(
            _("Say whose site this is"),
            _("Its name and one sentence stand on every page, in mails and in search engines."),
            url_for("setup.settings_page", scope=settings.PORTAL),
            _("Name the site"),
            bool(site["site_name"] != default or site["tagline"]),
        ),
        Step(
            _("Let mail go out"),
            _("Without a mail server, mails are files in the folder mail; nobody gets them."),
            url_for("setup.health"),
            _("See how mail goes out"),
            bool(config.mail_url),
        ),
        Step(
            _("Bring in organisations"),
            _("Import a list, or let people add their own."),
            url_for("setup.organisations"),
            _("Look at the organisations"),
            bool(has_organisations),
        ),
        Step(
            _("Choose a reviewer"),
            _("Claims and corrections are decided by somebody who has no link to them."),
            url_for("setup.people"),
            _("Choose a person"),
            bool(reviewers),
        ),
        Step(
            _("Do not be alone"),
            _("A second administrator gets in when the first one can't."),
            url_for("setup.people"),
            _("Choose a second administrator"),
            admins > 1,
        ),
        Step(
            _("Mark your own organisation"),
            _("Site Setup then shows which organisations run the portal."),
            url_for("setup.organisations"),
            _("Find it"),
            bool(has_operator),
        ),
        Step(
            _("Make a backup"),
            _("A copy of the database with its key, checked at once."),
            url_for("setup.health"),
            _("Back up now"),
            bool(backups(config)),
        ),
    ]
