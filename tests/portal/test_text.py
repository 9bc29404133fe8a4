"""How words are cut, folded and read in Latin letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.text import LONGEST_WORD, fold, sort_key, transliterate, words

any_text = st.text(st.characters(codec=None), max_size=60)  # half characters too


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("Łódź", "lodz"),
        ("Œuvre", "oeuvre"),
        ("Æbeltoft på Ærø", "aebeltoft pa aero"),
        ("Đakovo", "dakovo"),
        ("Þórshöfn", "thorshofn"),
        ("Seyðisfjörður", "seydisfjordur"),
        ("İstanbul", "istanbul"),
        ("Iğdır", "igdir"),
        ("e\u0301cole", "ecole"),
        ("ﬁn", "fin"),
        ("Αθήνα", "αθηνα"),
        ("ΟΔΟΣ", "οδοσ"),
        ("οδός", "οδοσ"),
        ("Ἀθῆναι", "αθηναι"),
        ("Чайка", "чайка"),
        ("чаи\u0306ка", "чайка"),
        ("Ёлка", "елка"),
        ("Київ", "київ"),
        ("Ќустендил", "ќустендил"),
    ],
)
def test_case_accents_and_ligatures_go_and_the_script_stays(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("", []),
        ("  ,;--  ", []),
        ("c++ & C#", ["c", "c"]),
        ("e-learning, B2B!", ["e", "learning", "b2b"]),
        ("l'école d’été", ["l", "ecole", "d", "ete"]),
        ("ISCED_F 0715", ["isced", "f", "0715"]),
        ("Σχολή №5", ["σχολη", "no5"]),
        ("a\0b\ud800c", ["a", "b", "c"]),
        ("🙂 school 🙂", ["school"]),
    ],
)
def test_words_are_letters_and_digits_of_any_script(text: str, cut: list[str]) -> None:
    assert words(text) == cut


def test_an_endless_word_is_cut_off() -> None:
    assert words("x" * 10_000) == ["x" * LONGEST_WORD]


@pytest.mark.parametrize(
    ("text", "latin"),
    [
        ("Αθήνα", "athina"),
        ("Θεσσαλονίκη", "thessaloniki"),
        ("Λευκωσία", "lefkosia"),
        ("Εύβοια", "evvoia"),
        ("Ηράκλειο", "irakleio"),
        ("Μπάρμπα Γκίκα", "barmpa gkika"),
        ("Ουρανός", "ouranos"),
        ("Αγγελική", "angeliki"),
        ("София", "sofia"),
        ("Пловдив", "plovdiv"),
        ("Свищов", "svishtov"),
        ("Скопје", "skopje"),
        ("Łódź", "lodz"),
    ],
)
def test_greek_and_cyrillic_are_read_in_latin(text: str, latin: str) -> None:
    assert transliterate(text) == latin


def test_names_sort_without_regard_to_case_and_accents() -> None:
    names = ["Zürich", "École B", "ecole a", "Łódź", "Lodz 2"]
    assert sorted(names, key=sort_key) == ["ecole a", "École B", "Łódź", "Lodz 2", "Zürich"]


@given(any_text)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(any_text)
def test_words_can_always_be_stored_and_found_again(text: str) -> None:
    for word in words(text):
        assert 0 < len(word) <= LONGEST_WORD
        assert word.isalnum()
        assert words(word) == [word]
    sort_key(text).encode()


@given(any_text)
def test_no_text_defeats_transliteration(text: str) -> None:
    assert isinstance(transliterate(text), str)
