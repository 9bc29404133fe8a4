"""Beginning agreements: templates filled from what is known, parties, copies and successors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from plugins.agreements import drafting, library, queries, rules, telling
from plugins.agreements.models import (
    DRAFT,
    EXPIRED,
    IN_FORCE,
    NEGOTIATION,
    WRITABLE,
    Agreement,
    Clause,
    Party,
)
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.links import interface as links
from portal import audit, db, permissions, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.i18n import SHIPPED, _, country_name, in_locale
from portal.organisations import queries as organisations
from portal.organisations.models import UNCLAIMED, Organisation
from portal.organisations.service import new_public_id
from portal.people.rules import normal_address, normal_name

YEAR = timedelta(days=365)
LASTS = 3 * YEAR
PROMISED_DAYS = 60


@dataclass(frozen=True)
class Asked:
    """A party that somebody names: an organisation here, or a name and a mail address."""

    role: str
    organisation: Organisation | None = None
    name: str = ""
    email: str = ""
    language: str = ""


def begin(
    ctx: Context,
    organisation: Organisation,
    kind: str,
    title: str,
    *,
    role: str,
    others: Sequence[Asked] = (),
    languages: Sequence[str] = ("en",),
    deadline: date | None = None,
    known: Mapping[str, Any] | None = None,
    wording: Mapping[str, Mapping[str, str]] | None = None,
) -> Agreement:
    """Begin an agreement as a draft of one of the actor's organisations, filled as far as we know.

    `known` has values by field (days in ISO) besides those that follow from parties and the day,
    `wording` texts by clause and language that stand in the place of the template's.
    Raises Invalid with the field, NotFound for strangers, TooMany.
    """
    _check_own(ctx, organisation)
    form = library.newest().get(kind)
    if form is None:
        raise Invalid(_("Choose from the list."), field="kind")
    title = _checked_title(title)
    codes = list(dict.fromkeys(code for code in languages if code))
    if not 1 <= len(codes) <= 2 or not set(codes) <= set(SHIPPED):
        raise Invalid(_("Choose one language, or two to stand side by side."), field="languages")
    deadline_on = rules.checked_deadline(deadline, ctx.clock.now().date())
    with db.transaction():
        made: Agreement = Agreement.create(
            public_id=new_public_id(), kind=kind, template_version=form.version, title=title,
            languages=codes, organisation=organisation.id, account=ctx.actor.account_id,
            deadline_on=deadline_on, created_at=ctx.clock.now(),
        )  # fmt: skip
        workflow.start(ctx, made)
        _join(ctx, made, form, Asked(role, organisation))
        for other in others:
            _join(ctx, made, form, other)
        _fill(ctx, made, form, known or {}, wording or {})
        drafting.store(ctx, made, "begun", party=parties(made.id)[0])
        audit.record(ctx, "agreement.begun", AGREEMENT, made.id, kind=kind)
    return made


def _check_own(ctx: Context, organisation: Organisation) -> None:
    own = {item.id for item in queries.own_organisations(ctx)}
    if organisation.id not in own and not ctx.actor.system:
        raise NotFound
    if queries.count_open(organisation.id) >= settings.of(ctx, "agreements")["most_open"]:
        raise TooMany(
            _("Your organisation has many agreements under way. Finish or cancel some first."),
            retry_after=3_600,
        )


def _checked_title(title: str) -> str:
    title = " ".join(rules.checked_text(title, 160, "title").split())
    if not title:
        raise Invalid(_("Give the agreement a title."), field="title")
    return title


# Parties


def add_party(ctx: Context, agreement: Agreement, asked: Asked) -> Party:
    """Add a party while the text is written or negotiated. Raises Invalid, Conflict, NotFound."""
    with db.transaction():
        now = queries.hold(agreement)
        _check_writable(ctx, now)
        form = library.template(now.kind, now.template_version)
        made = _join(ctx, now, form, asked)
        _prefill_each(ctx, now, form, made)
        drafting.store(ctx, now, "parties")
        audit.record(ctx, "agreement.party_added", AGREEMENT, now.id, party=made.public_id)
        if now.state == NEGOTIATION:
            _ask_newcomer(ctx, now, made)
    return made


def _ask_newcomer(ctx: Context, agreement: Agreement, party: Party) -> None:
    if party.organisation_id is None:
        telling.send_link(ctx, agreement, party, party.email, party.name)
    else:
        words, mark = telling.sent_words(agreement), f"joined {party.public_id}"
        telling.tell(ctx, agreement, telling.ASKED, words, mark, only=[party])


def remove_party(ctx: Context, agreement: Agreement, public_id: str) -> None:
    """Let a party leave that is not the one who began; it sees nothing any more.

    Raises Invalid, Conflict, NotFound.
    """
    with db.transaction():
        now = queries.hold(agreement)
        _check_writable(ctx, now)
        party = next((item for item in parties(now.id) if item.public_id == public_id), None)
        if party is None:
            raise NotFound
        if party.organisation_id == now.organisation_id:
            raise Invalid(_("Who began the agreement stays a party. Cancel it instead."))
        Party.update(removed_at=ctx.clock.now()).where(Party.id == party.id).execute()
        permissions.forget()
        for row in drafting.clauses(now):
            data = {
                name: {key: text for key, text in value.items() if key != public_id}
                if isinstance(value, dict)
                else value
                for name, value in row.data.items()
            }
            if data != row.data:
                Clause.update(data=data, version=row.version + 1).where(
                    Clause.id == row.id
                ).execute()
        links.close(ctx, telling.LINK, now.id, public_id)
        drafting.store(ctx, now, "parties")
        audit.record(ctx, "agreement.party_removed", AGREEMENT, now.id, party=public_id)


def sign_in_turn(ctx: Context, agreement: Agreement, is_wanted: bool) -> None:
    """Let parties sign one after the other, in the order of their list, or as they like.

    Raises Conflict, NotFound.
    """
    with db.transaction():
        now = queries.hold(agreement)
        _check_writable(ctx, now)
        Agreement.update(in_turn=is_wanted).where(Agreement.id == now.id).execute()
        audit.record(ctx, "agreement.order_set", AGREEMENT, now.id, in_turn=str(is_wanted))


def _check_writable(ctx: Context, agreement: Agreement) -> None:
    permissions.check(ctx, "run", agreement)
    if agreement.state not in WRITABLE:
        raise Conflict(_("Parties can't change any more. Open the text again first."))


def _join(ctx: Context, agreement: Agreement, form: library.Template, asked: Asked) -> Party:
    there = parties(agreement.id)
    if len(there) >= rules.MOST_PARTIES:
        raise Invalid(_("An agreement has at most %(most)s parties.", most=rules.MOST_PARTIES))
    if asked.role not in form.roles:
        raise Invalid(_("Choose from the list."), field="role")
    email, other = "", asked.organisation
    if other is not None:
        _check_organisation(agreement, other, there)
        name = other.name
    else:
        name = normal_name(asked.name)
        email = normal_address(asked.email)
        if any(party.email == email for party in there):
            raise Invalid(_("This address belongs to a party already."), field="email")
    made: Party = Party.create(
        public_id=new_public_id(),
        agreement=agreement.id,
        place=max((party.place for party in there), default=0) + 1,
        role=asked.role,
        organisation=other.id if other else None,
        name=name,
        email=email,
        language=asked.language if asked.language in SHIPPED else "",
    )
    return made


def _check_organisation(agreement: Agreement, other: Organisation, there: Sequence[Party]) -> None:
    if any(party.organisation_id == other.id for party in there):
        raise Invalid(_("%(name)s is a party already.", name=other.name), field="partner")
    if other.id == agreement.organisation_id:
        return
    is_seen = not other.hidden_at and organisations.in_sight([other])
    if other.state == UNCLAIMED or not is_seen:
        raise Invalid(
            _(
                "Nobody acts for %(name)s here yet. Write its name and a mail address instead.",
                name=other.name,
            ),
            field="partner",
        )
    if bool(other.is_fictional) != bool(agreement.organisation.is_fictional):
        raise Invalid(
            _("Made-up organisations make agreements among each other alone."), field="partner"
        )


# What is known


def _fill(
    ctx: Context,
    agreement: Agreement,
    form: library.Template,
    more: Mapping[str, Any],
    wording: Mapping[str, Mapping[str, str]],
) -> None:
    """Make the clauses, with what follows from the parties and the day."""
    there, today = parties(agreement.id), ctx.clock.now().date()
    known = _known(there, today) | {name: value for name, value in more.items() if value}
    for clause in form.clauses:
        data: dict[str, Any] = {}
        for item in clause.fields:
            value: Any = _each(agreement, item.id, there) if item.each else known.get(item.id)
            if value:
                data[item.id] = value
        texts, own = drafting.words_of(form, clause.id, agreement.languages), wording.get(clause.id)
        texts["text"] |= {code: text for code, text in (own or {}).items() if code in texts["text"]}
        Clause.create(
            agreement=agreement.id,
            key=clause.id,
            texts=texts,
            data=drafting.hidden(ctx, agreement, clause, data),
            changed_at=ctx.clock.now(),
        )


def _known(there: Sequence[Party], today: date) -> dict[str, Any]:
    def first(roles: Sequence[str], but: Party | None = None) -> Party | None:
        found = [party for party in there if party.role in roles]
        return next((party for party in found if party is not but), found[0] if found else None)

    sending = first(rules.SIDES["sending"])
    host = first(rules.SIDES["host"], sending)
    competent = first(("competent",))
    owners = {
        f"{function}_{side}": party.name
        for function in rules.FUNCTIONS
        for side, party in (("sending", sending), ("host", host))
        if party is not None
    }
    return owners | {
        "competent": competent.name if competent else "",
        "valid_from": today.isoformat(),
        "valid_until": (today + LASTS).isoformat(),
        "review_on": (today + YEAR).isoformat(),
        "recognise_days": PROMISED_DAYS,
    }


def _each(agreement: Agreement, name: str, there: Sequence[Party]) -> dict[str, str]:
    if name == "person":
        return {party.public_id: party.name for party in there if party.role in library.PERSONS}
    if name != "address":
        return {}
    with in_locale(agreement.languages[0]):
        return {party.public_id: text for party in there if (text := _address(party.organisation))}


def _address(organisation: Organisation | None) -> str:
    if organisation is None:
        return ""
    return ", ".join(filter(None, (organisation.city, country_name(organisation.country))))


def _prefill_each(ctx: Context, agreement: Agreement, form: library.Template, party: Party) -> None:
    for row in drafting.clauses(agreement):
        data = dict(row.data)
        for item in form.clause(row.key).fields:
            if item.each and (known := _each(agreement, item.id, [party])):
                data[item.id] = {**data.get(item.id, {}), **known}
        data = drafting.hidden(ctx, agreement, form.clause(row.key), data)
        if data != row.data:
            Clause.update(data=data, version=row.version + 1).where(Clause.id == row.id).execute()


# Copies, amendments, renewals


def follow(ctx: Context, agreement: Agreement, how: str, organisation: Organisation) -> Agreement:
    """Begin another agreement from this one: a copy, an amendment or a renewal, as a draft.

    An amendment or renewal takes this one's place once it is in force. Raises Conflict when one is
    under way already, NotFound, NotAllowed.
    """
    if how == "copy":
        permissions.check(ctx, "view", agreement)
    else:
        permissions.check(ctx, "close", agreement)
    _check_own(ctx, organisation)
    with db.transaction():
        now = queries.hold(agreement)
        if how != "copy":
            _check_successor(now, how)
        made = _copy(ctx, now, how, organisation)
        audit.record(ctx, f"agreement.{how}_begun", AGREEMENT, made.id, of=now.id)
    return made


def _check_successor(agreement: Agreement, how: str) -> None:
    allowed = {"amend": (IN_FORCE,), "renew": (IN_FORCE, EXPIRED)}
    if agreement.state not in allowed.get(how, ()):
        raise Conflict(_("Somebody else changed this meanwhile. Look at it as it is now."))
    under_way = Agreement.select().where(
        Agreement.predecessor == agreement.id,
        Agreement.follows.in_(["amend", "renew"]),
        Agreement.state.in_([DRAFT, NEGOTIATION, "ready", "signing"]),
    )
    if under_way.exists():
        raise Conflict(_("An amendment or renewal of this agreement is under way already."))


def _copy(ctx: Context, old: Agreement, how: str, organisation: Organisation) -> Agreement:
    made: Agreement = Agreement.create(
        public_id=new_public_id(), kind=old.kind, template_version=old.template_version,
        title=old.title, languages=old.languages, organisation=organisation.id,
        account=ctx.actor.account_id, predecessor=old.id, follows=how, created_at=ctx.clock.now(),
        in_turn=old.in_turn,
    )  # fmt: skip
    workflow.start(ctx, made)
    numbers: dict[str, str] = {}
    there = [party for party in parties(old.id) if party.organisation_id or party.email]
    for place, party in enumerate(there, 1):  # without persons who were erased
        numbers[party.public_id] = new_public_id()
        Party.create(
            public_id=numbers[party.public_id], agreement=made.id, place=place, role=party.role,
            organisation=party.organisation_id, email=party.email, language=party.language,
            name=party.organisation.name if party.organisation_id else party.name,
        )  # fmt: skip
    shift = _shift(old, ctx.clock.now().date()) if how == "renew" else timedelta(0)
    for row in drafting.clauses(old):
        form = library.template(old.kind, old.template_version).clause(row.key)
        moved = _moved(form, drafting.opened(old, row), numbers, shift)
        Clause.create(
            agreement=made.id, key=row.key, texts=row.texts, changed_at=ctx.clock.now(),
            data=drafting.hidden(ctx, made, form, moved),
        )  # fmt: skip
    drafting.store(ctx, made, "brought", party=parties(made.id)[0])
    return made


def _shift(old: Agreement, today: date) -> timedelta:
    """Return by how much the days of a renewal lie later: it begins after the old one's end."""
    if not (old.starts_on and old.ends_on):
        return timedelta(0)
    first, last = date.fromisoformat(old.starts_on), date.fromisoformat(old.ends_on)
    return max(last + timedelta(days=1), today) - first


def _moved(
    form: library.ClauseForm, data: Mapping[str, Any], numbers: Mapping[str, str], shift: timedelta
) -> dict[str, Any]:
    moved: dict[str, Any] = {}
    for name, value in data.items():
        item = form.field(name)
        if isinstance(value, dict):
            moved[name] = {numbers[key]: text for key, text in value.items() if key in numbers}
        elif item is not None and item.type == "date":
            moved[name] = (date.fromisoformat(value) + shift).isoformat()
        else:
            moved[name] = value
    return moved
