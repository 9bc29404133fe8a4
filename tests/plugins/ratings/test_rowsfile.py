"""The file of rows: what is written can be read; what can't be read is named by its line."""

from __future__ import annotations

import io

import pytest

from plugins.ratings.rowsfile import COLUMNS, Row, Unreadable, read, write
from plugins.ratings.sandbox import honest_world
from tests.plugins.ratings.conftest import row

HEAD = ",".join(COLUMNS)
GOOD = "r1,a,b,sending,overall,4,2026-03-01,2026-05-01,live"


def problems(*lines: str, head: str = HEAD) -> list[tuple[int, str]]:
    with pytest.raises(Unreadable) as caught:
        list(read(io.StringIO("\n".join([head, *lines]))))
    return caught.value.problems


def test_what_is_written_is_read_again() -> None:
    rows = honest_world(1, 10, 4).rows
    file = io.StringIO(newline="")
    assert write(rows, file) == len(rows)
    file.seek(0)
    assert list(read(file)) == sorted(rows)


def test_columns_may_stand_in_any_order_and_evidence_may_be_missing() -> None:
    head = ",".join([*reversed(COLUMNS[:-1]), "note"])
    line = "2026-05-01,2026-03-01,4,overall,sending,b,a,r1,hello"
    (found,) = read(io.StringIO(f"\n{line}\n\n".join([head, ""])))
    assert found == row("a", "b")._replace(
        rating_id="r1", mobility_ended_on=found.mobility_ended_on, released_on=found.released_on
    )
    assert (found.evidence, str(found.mobility_ended_on)) == ("live", "2026-03-01")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (GOOD.replace(",4,", ",6,"), "Stars are 1, 2, 3, 4 or 5, not “6”."),
        (GOOD.replace(",4,", ",4.5,"), "Stars are"),
        (GOOD.replace(",4,", ",,"), "Stars are"),
        (GOOD.replace(",b,", ",a,"), "can't rate itself"),
        (GOOD.replace(",b,", ",,"), "rated_organisation is empty"),
        (GOOD.replace(",b,", f",{'b' * 300},"), "rated_organisation is empty or too long"),
        (GOOD.replace("r1", ""), "rating_id is empty"),
        (GOOD.replace("2026-03-01", "March"), "mobility_ended_on is a day such as"),
        (GOOD.replace("2026-05-01", "2026-13-01"), "released_on is a day such as"),
        (GOOD.replace("live", "hearsay"), "Evidence is live or backfilled"),
        ("r1,a,b", "It has 3 cells"),
        ('r1,"a', "quotation mark"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_the_reason(line: str, words: str) -> None:
    ((number, text),) = problems(GOOD.replace("r1", "r0"), line)
    assert number == 3
    assert words in text


def test_the_same_answer_twice_is_an_error_and_another_question_is_not() -> None:
    list(read(io.StringIO("\n".join([HEAD, GOOD, GOOD.replace("overall", "tasks")]))))
    assert "answers this twice" in problems(GOOD, GOOD)[0][1]


def test_several_problems_are_named_at_once_and_not_all_of_many() -> None:
    bad = GOOD.replace(",4,", ",9,")
    assert [line for line, _text in problems(bad, GOOD, bad)] == [2, 4]
    assert len(problems(*[bad] * 50)) == 20


@pytest.mark.parametrize("head", ["", "a,b", HEAD.replace("stars", "points"), f"{HEAD},stars"])
def test_the_first_line_must_name_the_columns_once(head: str) -> None:
    assert problems(GOOD, head=head)[0][0] == 1


def test_a_file_in_another_encoding_is_refused(tmp_path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(f"{HEAD}\nr1,Sch\xf6n,b".encode("latin-1"))
    with path.open(encoding="utf-8-sig", newline="") as file, pytest.raises(Unreadable):
        list(read(file))


def test_no_row_comes_after_the_first_problem() -> None:
    seen: list[Row] = []
    with pytest.raises(Unreadable):
        for found in read(io.StringIO("\n".join([HEAD, "r1", GOOD]))):
            seen.append(found)
    assert seen == []
