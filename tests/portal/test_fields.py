"""Fields that forms of several plugins have."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import SelectField
from wtforms.validators import Optional

from portal.fields import NO_DAY, DateField, languages, options, version_of
from portal.i18n import Form, in_locale


class DayForm(Form):
    """A day."""

    day = DateField(validators=[Optional()])


def typed(text: str) -> DayForm:
    """Return the form as it was sent, beside the day that is stored."""
    form = DayForm(MultiDict({"day": text}), data={"day": date(2026, 1, 1)})
    form.validate()
    return form


def test_a_day_is_read() -> None:
    assert typed("2027-05-18").day.data == date(2027, 5, 18)


@pytest.mark.parametrize("text", ["", "  "])
def test_blanks_take_the_stored_day_away(text: str) -> None:
    form = typed(text)

    assert form.day.data is None and not form.errors


@pytest.mark.parametrize("text", ["soon", "2027-02-30", "18.5.2027"])
def test_what_is_no_day_is_refused_and_kept(text: str) -> None:
    form = typed(text)

    assert form.errors == {"day": [str(NO_DAY)]}
    assert form.day._value() == text


@pytest.mark.parametrize(
    ("text", "version"),
    [("3", 3), (None, 0), ("", 0), ("-1", 0), ("x", 0), ("٣", 0), ("9" * 40, 999_999_999), (4, 4)],
)
def test_a_version_is_read_from_a_form(text: object, version: int) -> None:
    assert version_of(text) == version


def test_languages_are_offered_once_by_name() -> None:
    with in_locale("de"):
        assert languages(["nl", "es", "lv", "es"]) == [
            ("lv", "Lettisch"), ("nl", "Niederländisch"), ("es", "Spanisch")
        ]  # fmt: skip


def test_a_list_offers_its_options() -> None:
    class ListForm(Form):
        """A list."""

        size = SelectField(choices=options({"s": "small", "l": "large"}.items()), default="l")

    page = str(ListForm().size())
    assert '<option value="s">small</option>' in page
    assert '<option selected value="l">large</option>' in page
    assert not ListForm(MultiDict({"size": "m"})).validate()
