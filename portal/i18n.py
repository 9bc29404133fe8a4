"""Languages: a thin layer on Babel. Catalogues per plugin are merged over the core's.

A locale is a tag such as `de` or `lv`. Texts are looked up in prepared dictionaries; what a
language lacks falls back to the English source.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from babel import Locale
from babel.dates import format_date as babel_date
from babel.dates import format_datetime as babel_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from markupsafe import Markup, escape

SOURCE = "en"
SHIPPED = ("en", "de", "es", "it", "nl", "lv")

_locale: ContextVar[str] = ContextVar("locale", default=SOURCE)


@dataclass
class _Merged:
    """One language's texts; `ready` are those without values as templates show them."""

    catalogue: stdlib_gettext.NullTranslations
    ready: dict[str, Markup] = field(default_factory=dict)


class Catalogues:
    """The merged texts of the core and the loaded plugins, one catalogue a language."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = list(folders)
        self._merged: dict[str, _Merged] = {}
        self._lock = threading.Lock()

    def add(self, folder: Path) -> None:
        """Lay the catalogues of a plugin over those that are there."""
        with self._lock:
            if folder not in self.folders:
                self.folders.append(folder)
                self._merged.clear()

    def of(self, locale: str) -> stdlib_gettext.NullTranslations:
        """Return the merged catalogue of a language, reading it on first use."""
        return self._of(locale).catalogue

    def ready(self, locale: str, message: str) -> Markup:
        """Return a text without values for a page; "%%" in it is read as "%"."""
        merged = self._of(locale)
        text = merged.ready.get(message)
        if text is None:
            # Texts come from templates and catalogues alone, so there are as many as those have.
            text = Markup(merged.catalogue.gettext(message)) % {}  # noqa: S704
            merged.ready[message] = text
        return text

    def _of(self, locale: str) -> _Merged:
        found = self._merged.get(locale)
        if found is None:
            with self._lock:
                found = self._merged[locale] = _Merged(self._merge(locale))
        return found

    def _merge(self, locale: str) -> stdlib_gettext.NullTranslations:
        merged: stdlib_gettext.GNUTranslations | None = None
        for folder in self.folders:
            path = folder / locale / "LC_MESSAGES" / "messages.po"
            if not path.exists():
                continue
            catalogue = stdlib_gettext.GNUTranslations(io.BytesIO(compiled(path)))
            if merged is None:
                merged = catalogue
            else:
                merged._catalog.update(  # type: ignore[attr-defined]
                    {key: text for key, text in catalogue._catalog.items() if key}  # type: ignore[attr-defined]
                )
        return merged or stdlib_gettext.NullTranslations()


def compiled(path: Path) -> bytes:
    """Return the binary form of a catalogue, kept beside it while that is newer."""
    binary = path.with_suffix(".mo")
    if binary.exists() and binary.stat().st_mtime >= path.stat().st_mtime:
        return binary.read_bytes()
    with path.open("rb") as file:
        catalogue = read_po(file)
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    try:
        binary.write_bytes(buffer.getvalue())
    except OSError:
        return buffer.getvalue()  # a read-only installation compiles at each start
    return buffer.getvalue()


_house = Path(__file__).parent.parent / "translations"
if not _house.is_dir():
    _house = Path(__file__).parent / "house" / "translations"
catalogues = Catalogues([_house])


def locale() -> str:
    """Return the language of the current request."""
    return _locale.get()


def set_locale(code: str) -> None:
    """Set the language for the rest of the current request or task."""
    _locale.set(code)


@contextmanager
def in_locale(code: str) -> Iterator[None]:
    """Speak another language inside; for mails and previews."""
    token = _locale.set(code)
    try:
        yield
    finally:
        _locale.reset(token)


def gettext(message: str, /, **values: Any) -> str:
    """Translate a sentence and fill in its named values."""
    text = catalogues.of(_locale.get()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: Any) -> str:
    """Translate a sentence with a count; `%(num)s` is the count."""
    text = catalogues.of(_locale.get()).ngettext(singular, plural, number)
    return text % {"num": number, **values}


def pgettext(context: str, message: str, /, **values: Any) -> str:
    """Translate a word whose meaning depends on the place."""
    text = catalogues.of(_locale.get()).pgettext(context, message)
    return text % values if values else text


class Lazy:
    """A text that is translated when it is shown, for what is declared at import."""

    __slots__ = ("context", "message", "values")

    def __init__(self, message: str, values: Mapping[str, Any], context: str = "") -> None:
        self.message = message
        self.values = values
        self.context = context

    def __str__(self) -> str:
        if self.context:
            return pgettext(self.context, self.message, **self.values)
        return gettext(self.message, **self.values)

    def __html__(self) -> str:
        return str(escape(str(self)))

    def __mod__(self, values: Any) -> str:
        return str(str(self) % values)

    def __repr__(self) -> str:
        return f"Lazy({self.message!r})"


def lazy_gettext(message: str, /, **values: Any) -> Any:
    """Mark a text for translation now and translate it when shown."""
    return Lazy(message, values)


def lazy_pgettext(context: str, message: str, /, **values: Any) -> Any:
    """Mark a word whose meaning depends on the place, and translate it when shown."""
    return Lazy(message, values, context)


_ = gettext


def number(value: float, digits: int | None = None) -> str:
    """Write a number as the language does; `digits` after the mark, else as needed."""
    return _number(value, digits, _locale.get())


@lru_cache(maxsize=8192)
def _number(value: float, digits: int | None, code: str) -> str:
    pattern = None if digits is None else "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(value, format=pattern, locale=code)


def percent(value: int) -> str:
    """Write a whole number of per cent as the language does."""
    return format_percent(value / 100, locale=_locale.get())


def money(cents: int, currency: str = "EUR") -> str:
    """Write an amount given in cents; whole amounts without cents."""
    return _money(cents, currency, _locale.get())


@lru_cache(maxsize=1024)
def _money(cents: int, currency: str, code: str) -> str:
    if cents % 100:
        return format_currency(cents / 100, currency, locale=code)
    return format_currency(
        cents // 100, currency, locale=code, currency_digits=False, format=_whole_pattern(code)
    )


@lru_cache(maxsize=64)
def _whole_pattern(code: str) -> str:
    pattern: str = Locale.parse(code).currency_formats["standard"].pattern
    return pattern.replace(".00", "")


DATES_OF = {"en": "en_GB"}
"""Whose dates a language writes: the portal's readers are in Europe."""


def day(value: date | datetime, length: str = "long") -> str:
    """Write a day as the language does."""
    return _day(value, length, _locale.get())


@lru_cache(maxsize=4096)
def _day(value: date | datetime, length: str, code: str) -> str:
    return babel_date(value, format=length, locale=DATES_OF.get(code, code))


def moment(value: datetime, zone: str = "UTC") -> str:
    """Write a moment to the minute, with its time zone."""
    code = DATES_OF.get(_locale.get(), _locale.get())
    return babel_datetime(value, format=_to_the_minute(code), tzinfo=_zone(zone), locale=code)


@lru_cache(maxsize=64)
def _to_the_minute(code: str) -> str:
    of = _cldr(code)
    time = f"{of.time_formats['short'].pattern} z"
    pattern: str = of.datetime_formats["long"].replace("{0}", time)
    return pattern.replace("{1}", of.date_formats["long"].pattern)


@lru_cache(maxsize=64)
def _zone(name: str) -> Any:
    return ZoneInfo(name)


@lru_cache(maxsize=64)
def _cldr(code: str) -> Locale:
    return Locale.parse(code.replace("-", "_"), sep="_")


def country_name(country: str, code: str = "") -> str:
    """Return a country's name in a language (the current one by default), the code if unknown."""
    return _country_name(country, code or _locale.get())


@lru_cache(maxsize=8192)
def _country_name(country: str, code: str) -> str:
    return str(_cldr(code).territories.get(country, country))


@lru_cache(maxsize=8192)
def language_name(language: str, code: str) -> str:
    """Return a language's name in the language `code`, first letter as in a list."""
    name = _cldr(code).languages.get(language.replace("-", "_"), language)
    return str(name)[:1].upper() + str(name)[1:]


@lru_cache(maxsize=64)
def own_name(language: str) -> str:
    """Return what a language calls itself."""
    return language_name(language, language)


def best_locale(wanted: Sequence[str], offered: Sequence[str] = SHIPPED) -> str | None:
    """Return the first wanted language that is offered, a region folded into its language."""
    for tag in wanted:
        code = tag.replace("_", "-").split("-")[0].lower()
        if code in offered:
            return code
    return None


class Form(wtforms.Form):
    """Base of every form that is not bound to Flask-WTF: its messages speak our languages."""

    class Meta:
        def get_translations(self, form: Any) -> stdlib_gettext.NullTranslations:
            """Return our catalogue, which has WTForms' messages too: it lacks several languages."""
            return catalogues.of(_locale.get())
