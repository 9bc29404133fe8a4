"""The shape of what is typed; what may be typed stands in `rules.py` and `addresses.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from plugins.rules import labels, queries, rules, subjects
from plugins.rules.models import Rule
from plugins.rules.service import Typed
from portal import objects
from portal.context import Context
from portal.i18n import Form, _
from portal.i18n import lazy_gettext as lazy

ROWS = rules.MOST_CONDITIONS
SPARE = 2
PARTS = ("what", "field", "test", "value")
ACT_PARTS = ("kind", "to", "subject", "text", "step", "reason", "webhook")
PARTS_OF = {
    rules.SEND_MAIL: ("to", "subject", "text"),
    rules.NOTIFY: ("to", "subject", "text"),
    rules.TRANSITION: ("step", "reason"),
    rules.CALL: ("webhook",),
}


class Needed:
    """Marks a field as one that can't stay empty; the service checks it."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Accept everything."""


class RuleForm(Form):
    """A rule: the event and who gets which mail; the rest lies one click deeper.

    Each act has its kind and parts in fields of its own; those of the second are `kind2`, `to2` ...
    An act without a kind is not there.
    """

    event = SelectField(lazy("When this happens"), [Needed()], validate_choice=False)
    address = StringField(lazy("Address"), description=lazy("Only for a mail to one address."))
    title = StringField(
        lazy("Name of the rule"), description=lazy("Empty: what the event is called.")
    )
    matching = RadioField(lazy("Act only if"), validate_choice=False, default=rules.ALL)

    def __init__(self, ctx: Context, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        titles = labels.event_titles(ctx)
        self.event.choices = _choices(
            [("", _("Choose an event")), *titles.items()], self.event.data
        )
        sent = args[0] if args else None
        for at in range(rules.MOST_ACTIONS):
            if sent and rules.place("kind", at) not in sent:  # an act that was taken out
                self.part("kind", at).data = rules.SEND_MAIL if at == 0 else ""
        self._offer()
        self.matching.choices = _choices(
            [
                (rules.ALL, _("all conditions hold")),
                (rules.ANY, _("at least one condition holds")),
            ]
        )
        whats = [("", _("no condition")), *((name, labels.what(name)) for name in rules.WHATS)]
        for at in range(ROWS):
            self[f"c{at}_what"].choices = _choices(whats)
            self[f"c{at}_test"].choices = _choices(
                [(name, labels.test(name)) for name in rules.TESTS]
            )

    def _need(self) -> None:
        """Mark as needed what the other answers ask for."""
        for what, name, test, value in self.rows:
            name.flags.required = what.data in rules.WITH_FIELD
            value.flags.required = bool(what.data) and test.data != rules.IS_SET
        receivers = [self.part("to", at).data for at, _kind, _fields in self.acts]
        self.address.flags.required = rules.ADDRESS in receivers
        firm = {
            f"{kind.name}.{step.name}"
            for kind in objects.types().values()
            for step in subjects.steps(kind.name)
            if step.comment_required
        }
        for at, _kind, _fields in self.acts:
            self.part("reason", at).flags.required = self.part("step", at).data in firm

    def _offer(self) -> None:
        """Offer receivers, steps and webhooks in the fields of acts."""
        steps = [("", _("no step")), *_steps()]
        hooks = [("", _("no webhook")), *((row.public_id, row.title) for row in queries.webhooks())]
        for at in range(rules.MOST_ACTIONS):
            to, step, hook = (self.part(name, at) for name in ("to", "step", "webhook"))
            is_mail = self.part("kind", at).data == rules.SEND_MAIL
            names = rules.RECEIVERS if is_mail else rules.READERS
            who = [("", _("nobody")), *((name, labels.receiver(name)) for name in names)]
            to.choices = _choices(who, to.data)
            to.label.text = _("Write a mail to") if is_mail else _("Tell")
            step.choices, hook.choices = _choices(steps, step.data), _choices(hooks, hook.data)
        self._need()

    def part(self, name: str, at: int) -> Any:
        """Return a field of an act."""
        return self[rules.place(name, at)]

    @property
    def acts(self) -> list[tuple[int, str, list[Any]]]:
        """The acts that are there: number, kind and the fields of that kind."""
        kinds = [(at, str(self.part("kind", at).data or "")) for at in range(rules.MOST_ACTIONS)]
        return [
            (at, kind, [self.part(name, at) for name in PARTS_OF[kind]])
            for at, kind in kinds
            if kind in PARTS_OF
        ]

    def rearrange(self, wish: str) -> None:
        """Add, move or take out an act, as a button says; whatever else it says does nothing."""
        verb, _space, what = wish.partition(" ")
        there = [at for at, _kind, _fields in self.acts]
        if verb == "add" and what in rules.KINDS and len(there) < rules.MOST_ACTIONS:
            self._put([*self._taken(there), {"kind": what}])
        elif what.isascii() and what.isdigit() and int(what) in there:
            place, rows = there.index(int(what)), self._taken(there)
            row = rows.pop(place)
            if verb in {"up", "down"}:
                rows.insert(max(0, place + (1 if verb == "down" else -1)), row)
            if verb in {"up", "down", "remove"}:
                self._put(rows)
        self._offer()

    def _taken(self, places: Sequence[int]) -> list[dict[str, Any]]:
        return [{name: self.part(name, at).data for name in ACT_PARTS} for at in places]

    def _put(self, rows: Sequence[dict[str, Any]]) -> None:
        for at in range(rules.MOST_ACTIONS):
            row = rows[at] if at < len(rows) else {}
            for name in ACT_PARTS:
                self.part(name, at).data = row.get(name, "")

    @property
    def has_address(self) -> bool:
        """Whether an act is a mail, which may go to one address."""
        return any(kind == rules.SEND_MAIL for _at, kind, _fields in self.acts)

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of the conditions, some empty ones among them."""
        used = [at for at in range(ROWS) if self[f"c{at}_what"].data]
        shown = min(ROWS, max(used, default=-1) + 1 + SPARE)
        return [[self[f"c{at}_{part}"] for part in PARTS] for at in range(shown)]

    @property
    def is_deep(self) -> bool:
        """Whether a condition, the name or how they hold together is used or wrong."""
        rows = [field for row in self.rows for field in row]
        used = [row[0] for row in self.rows]
        return any(item.data for item in used) or any(
            item.errors for item in [*rows, self.title, self.matching]
        )

    def typed(self) -> Typed:
        """Return what was typed, as the service takes it."""
        actions = [
            {"kind": kind, "at": at, **dict(zip(PARTS_OF[kind], texts, strict=True))}
            for at, kind, fields in self.acts
            if any(texts := [field.data or "" for field in fields])
        ]
        conditions = [
            {"at": at, **{part: self[f"c{at}_{part}"].data or "" for part in PARTS}}
            for at in range(ROWS)
            if self[f"c{at}_what"].data
        ]
        return Typed(
            self.title.data or "",
            self.event.data or "",
            actions,
            self.address.data or "",
            self.matching.data or rules.ALL,
            conditions,
        )


for _at in range(rules.MOST_ACTIONS):
    for _name, _made in {
        "kind": HiddenField(default=rules.SEND_MAIL if _at == 0 else ""),
        "to": SelectField(lazy("Write a mail to"), validate_choice=False),
        "subject": StringField(lazy("Subject"), [Needed()]),
        "text": TextAreaField(lazy("Text"), [Needed()]),
        "step": SelectField(lazy("Take a step of its workflow"), validate_choice=False),
        "reason": TextAreaField(lazy("Reason of the step, which people get to read")),
        "webhook": SelectField(lazy("Tell a webhook"), validate_choice=False),
    }.items():
        setattr(RuleForm, rules.place(_name, _at), _made)
for _at in range(ROWS):
    setattr(RuleForm, f"c{_at}_what", SelectField(lazy("Look at"), validate_choice=False))
    setattr(RuleForm, f"c{_at}_field", StringField(lazy("Name of the field")))
    setattr(RuleForm, f"c{_at}_test", SelectField(lazy("Compare"), validate_choice=False))
    setattr(RuleForm, f"c{_at}_value", StringField(lazy("With")))


class WebhookForm(Form):
    """A webhook: what it is called and where it is."""

    title = StringField(lazy("Name"), [Needed()])
    url = StringField(
        lazy("Address"),
        [Needed()],
        description=lazy("A public address that begins with https://; port 443, 8443 or 80."),
        render_kw={"inputmode": "url"},
    )


def _choices(pairs: Sequence[tuple[str, str]], chosen: str | None = "") -> list[SelectChoice]:
    """Return choices; one that is not known any more stays, so that nothing is changed unseen."""
    more = [] if not chosen or chosen in dict(pairs) else [(chosen, chosen)]
    return [SelectChoice(value, label) for value, label in [*pairs, *more]]


def _steps() -> list[tuple[str, str]]:
    return [
        (f"{kind.name}.{step.name}", f"{kind.title}: {step.title}")
        for kind in objects.types().values()
        for step in subjects.steps(kind.name)
        if not step.four_eyes
    ]


def values_of(ctx: Context, rule: Rule) -> dict[str, Any]:
    """Return a rule as the form holds it."""
    values: dict[str, Any] = {
        "event": rule.event,
        "title": rule.title,
        "matching": rule.matching,
        "address": rule.mail_to,
    }
    for at, action in enumerate(rule.actions):
        row = {**action}
        if row["kind"] == rules.TRANSITION:
            row["step"] = f"{subjects.type_of(ctx, rule.event)}.{action['step']}"
        values |= {rules.place(name, at): row[name] for name in ("kind", *PARTS_OF[row["kind"]])}
    for at, condition in enumerate(rule.conditions):
        values |= {f"c{at}_{part}": condition[part] for part in PARTS}
        values[f"c{at}_value"] = ", ".join(condition["value"])
    return values
