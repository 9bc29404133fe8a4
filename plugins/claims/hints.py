"""What a reviewer should know before deciding: nothing of it decides by itself."""

from __future__ import annotations

from plugins.claims import labels, policy
from plugins.claims.models import LOOKALIKE, PERSON, Case
from plugins.directory import interface as directory
from portal.i18n import _


def hints(case: Case) -> list[tuple[str, str]]:
    """Return sentences about whoever asked and about the entry, each with its kind: ok or warn."""
    found: list[tuple[str, str]] = []
    if case.account is not None and case.kind != PERSON:
        found += _of_address(case)
        for sentence in labels.reason_names(" ".join(directory.oddities(case.account.name))):
            found.append(("warn", _("The person's name: %(sentence)s.", sentence=sentence)))
    if case.organisation is not None and case.kind != LOOKALIKE:
        organisation = case.organisation
        names = [organisation.name]
        for other in directory.resembling(names, organisation.country, organisation.id):
            told = _("Its name looks like that of another entry: %(name)s, %(place)s.")
            place = other.city or other.country
            found.append(("warn", told % {"name": other.name, "place": place}))
        if organisation.is_operator:
            found.append(("warn", _("It is one of the operator's own organisations.")))
    return found


def _of_address(case: Case) -> list[tuple[str, str]]:
    """Say what the mail address of whoever asked tells about them."""
    domain = policy.mail_domain(case.account_id)
    own = case.organisation.domain if case.organisation else ""
    if not domain or not own:
        return []
    named = {"domain": domain, "own": own}
    if directory.is_shared(domain):
        return [("warn", _("Many share the domain %(domain)s of the address.", domain=domain))]
    if domain == own or domain.endswith(f".{own}"):
        told = _(
            "The address is at %(domain)s, the domain of the website. It does not decide alone."
        )
        return [("ok", told % named)]
    if directory.form(domain) == directory.form(own):
        told = _("The address is at %(domain)s, which looks like %(own)s and is another domain.")
        return [("warn", told % named)]
    return [("warn", _("The address is at %(domain)s, the website at %(own)s.", **named))]
