"""What is guessed where the country of a row is no code."""

from __future__ import annotations

import pytest

from plugins.imports.countries import country_code
from portal.errors import Invalid

NEAREST = {"Germany": "DE", "Ελλάδα": "GR", "Germny": "DE", "DEU": "DE", "Türkei": "TR"}


@pytest.mark.parametrize("typed", NEAREST)
def test_unknown_country_is_refused_with_the_nearest(typed: str) -> None:
    with pytest.raises(Invalid, match=f"nearest is {NEAREST[typed]}"):
        country_code(typed)


def test_a_code_is_read_as_the_portal_reads_it() -> None:
    assert country_code(" el ") == "GR"


def test_country_far_from_all_others_is_refused_with_an_example() -> None:
    with pytest.raises(Invalid, match="such as DE or LV"):
        country_code("?!")
