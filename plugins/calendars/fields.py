"""Fields of forms about days."""

from __future__ import annotations

import wtforms

from portal.i18n import lazy_gettext as lazy

NO_DAY = lazy("Write the day as year, month, day: 2027-05-18.")


class DateField(wtforms.DateField):
    """A day; what can't be read as one is refused in the language of the page."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        if valuelist and not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(NO_DAY)) from None
