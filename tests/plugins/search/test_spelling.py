"""Words in other scripts, and how people type them in Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.search.spelling import spellings
from portal.text import words


@pytest.mark.parametrize(
    ("word", "reading"),
    [("щука", "shchuka"), ("київ", "kyiv"), ("ниш", "nis"), ("хмельницкий", "khmelnitskii")],
)
def test_cyrillic_is_also_read_as_in_russia_ukraine_and_serbia(word: str, reading: str) -> None:
    assert reading in spellings(word)


def test_a_latin_word_and_a_short_word_have_one_spelling() -> None:
    assert spellings("school") == ("school",)
    assert spellings("και") == ("και", "kai")
    assert spellings("η") == ("η",)


@given(st.text(max_size=60))
def test_each_spelling_can_be_stored_and_found_again(text: str) -> None:
    for word in words(text):
        for spelling in spellings(word):
            assert words(spelling) == [spelling]
