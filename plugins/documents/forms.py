"""Shapes of what people hand in; what is right stands in `rules`."""

from __future__ import annotations

from typing import Any

from wtforms import FileField, HiddenField, RadioField, StringField

from plugins.documents import labels, rules
from portal.fields import options
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


def _file(label: Any) -> FileField:
    return FileField(
        label,
        description=lazy("PDF, Word, Excel, PowerPoint, OpenDocument, text, CSV, PNG or JPEG."),
        render_kw={"accept": rules.ACCEPTED},
    )


def _readers(is_lead: bool) -> list[tuple[str, str]]:
    keys = [key for key in rules.AUDIENCES if is_lead or key != rules.PUBLIC]
    return [(key, labels.audience_help(key)) for key in keys]


class AddForm(Form):
    """A new document."""

    file = _file(lazy("File"))
    title = StringField(lazy("Title"), description=lazy("Empty: the name of the file."))
    audience = RadioField(lazy("Who may read it"), default=rules.MEMBERS, validate_choice=False)
    note = StringField(
        lazy("What it is"), description=lazy("One line, such as: agreed in the first meeting.")
    )

    def __init__(self, formdata: Any = None, *, is_lead: bool) -> None:
        super().__init__(formdata)
        self.audience.choices = options(_readers(is_lead))
        self.file.flags.required = True


class PutForm(Form):
    """A new version; `shown` is the one that it follows."""

    shown = HiddenField()
    file = _file(lazy("The new file"))
    note = StringField(
        lazy("What is new"), description=lazy("One line, such as: the dates of 2027 are in.")
    )

    def __init__(self, formdata: Any = None, *, shown: int) -> None:
        super().__init__(formdata, data={"shown": str(shown)})
        self.file.flags.required = True


class DescribeForm(Form):
    """What a document is called and who reads it."""

    version = HiddenField()
    title = StringField(lazy("Title"))
    audience = RadioField(lazy("Who may read it"), validate_choice=False)

    def __init__(self, formdata: Any = None, *, row: Any, is_lead: bool) -> None:
        data = {"version": str(row.number), "title": row.title, "audience": row.audience}
        super().__init__(formdata, data=data)
        self.audience.choices = options(_readers(is_lead))
        self.title.flags.required = True
