"""The shape of what is typed; what may be typed stands in `rules.py` and `addresses.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectField, StringField, TextAreaField
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


class Needed:
    """Marks a field as one that can't stay empty; the service checks it."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Accept everything."""


class RuleForm(Form):
    """A rule: the event and who gets which mail; the rest lies one click deeper."""

    event = SelectField(lazy("When this happens"), [Needed()], validate_choice=False)
    to = SelectField(lazy("Write a mail to"), validate_choice=False)
    address = StringField(lazy("Address"), description=lazy("Only for a mail to one address."))
    subject = StringField(lazy("Subject of the mail"))
    text = TextAreaField(lazy("Text of the mail"))
    title = StringField(
        lazy("Name of the rule"), description=lazy("Empty: what the event is called.")
    )
    matching = RadioField(lazy("Act only if"), validate_choice=False, default=rules.ALL)
    step = SelectField(lazy("Take a step of its workflow"), validate_choice=False)
    reason = TextAreaField(lazy("Reason of the step, which people get to read"))
    webhook = SelectField(lazy("Tell a webhook"), validate_choice=False)

    def __init__(self, ctx: Context, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        titles = labels.event_titles(ctx)
        self.event.choices = _choices(
            [("", _("Choose an event")), *titles.items()], self.event.data
        )
        receivers = [(name, labels.receiver(name)) for name in rules.RECEIVERS]
        self.to.choices = _choices([("", _("nobody")), *receivers], self.to.data)
        self.matching.choices = _choices(
            [
                (rules.ALL, _("all conditions hold")),
                (rules.ANY, _("at least one condition holds")),
            ]
        )
        self.step.choices = _choices([("", _("no step")), *_steps()], self.step.data)
        hooks = [(row.public_id, row.title) for row in queries.webhooks()]
        self.webhook.choices = _choices([("", _("no webhook")), *hooks], self.webhook.data)
        whats = [("", _("no condition")), *((name, labels.what(name)) for name in rules.WHATS)]
        for at in range(ROWS):
            self[f"c{at}_what"].choices = _choices(whats)
            self[f"c{at}_test"].choices = _choices(
                [(name, labels.test(name)) for name in rules.TESTS]
            )

    @property
    def rows(self) -> list[list[Any]]:
        """The fields of the conditions, some empty ones among them."""
        used = [at for at in range(ROWS) if self[f"c{at}_what"].data]
        shown = min(ROWS, max(used, default=-1) + 1 + SPARE)
        return [[self[f"c{at}_{part}"] for part in PARTS] for at in range(shown)]

    @property
    def is_deep(self) -> bool:
        """Whether something beyond event and mail is used or wrong."""
        deep = [self[name] for name in ("step", "reason", "webhook")]
        rows = [field for row in self.rows for field in row]
        used = [row[0] for row in self.rows]
        wrong = [*deep, *rows, self.title, self.matching]
        return any(item.data for item in [*deep, *used]) or any(item.errors for item in wrong)

    def typed(self) -> Typed:
        """Return what was typed, as the service takes it."""
        actions: list[dict[str, Any]] = []
        if self.to.data:
            mail = {
                "to": self.to.data,
                "subject": self.subject.data or "",
                "text": self.text.data or "",
            }
            actions.append({"kind": rules.SEND_MAIL, **mail})
        if self.step.data:
            actions.append(
                {"kind": rules.TRANSITION, "step": self.step.data, "reason": self.reason.data or ""}
            )
        if self.webhook.data:
            actions.append({"kind": rules.CALL, "webhook": self.webhook.data})
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
    ]


def values_of(ctx: Context, rule: Rule) -> dict[str, Any]:
    """Return a rule as the form holds it."""
    values: dict[str, Any] = {
        "event": rule.event,
        "title": rule.title,
        "matching": rule.matching,
        "address": rule.mail_to,
    }
    for action in rule.actions:
        if action["kind"] == rules.SEND_MAIL:
            values |= {name: action[name] for name in ("to", "subject", "text")}
        elif action["kind"] == rules.TRANSITION:
            values |= {
                "step": f"{subjects.type_of(ctx, rule.event)}.{action['step']}",
                "reason": action["reason"],
            }
        else:
            values["webhook"] = action["webhook"]
    for at, condition in enumerate(rule.conditions):
        values |= {f"c{at}_{part}": condition[part] for part in PARTS}
        values[f"c{at}_value"] = ", ".join(condition["value"])
    return values
