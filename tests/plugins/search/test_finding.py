"""What the search engine promises to whoever asks and whoever writes."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.search.documents import scattered, span
from plugins.search.interface import (
    Document,
    Expansion,
    Index,
    Query,
    Result,
    clear_caches,
    index,
    merge,
    merge_if_due,
    put,
    query_words,
    rebuild,
    remove,
)
from plugins.search.questions import MOST_PREFIXED, MOST_WORDS, parse
from portal import db

KIND = "partner"
HOSTILE = [
    *"\"*-+()[]{}<>|&~^:;?!/\\%_'`#@$,.=",
    '"unclosed',
    '""""',
    '-"',
    "-",
    "--",
    "*",
    "-*",
    "* * *",
    '"*"',
    "AND OR NOT NEAR(a b)",
    "name:x OR 1=1; DROP TABLE search_document; --",
    "' OR ''='",
    "% _ %",
    "a\0b",
    "\0",
    "\ud800",
    "school\udfff*",
    "🙂",
    "👩‍🔧 school",
    "\u202e\u200b\ufeff",
    "ﷺ",
    "a\u0301" * 5_000,
    "\u0301" * 10_000,
    "x" * 10_000,
    "a " * 5_000,
    "a* " * 5_000,
    '"a b" ' * 2_000,
    "-a " * 5_000,
    "щ" * 10_000,
    "İıßΣς",
]


def document(object_id: int, name: str, text: str = "", **more: Any) -> Document:
    return Document(KIND, object_id, name, {"id": object_id}, texts=[text], **more)


def catalogue_seq() -> int:
    return int(db.query("SELECT catalogue_seq FROM heartbeat")[0][0])


def ask(text: str = "", seen_by: Index | None = None, **more: Any) -> Result:
    asked = seen_by or index(KIND)
    asked.refresh(catalogue_seq())
    return asked.search(Query(text=text, **more))


def found(text: str = "", **more: Any) -> list[int]:
    return list(ask(text, **more).object_ids)


@pytest.fixture
def schools(any_database: None) -> None:
    put(
        [
            document(1, "Welding School", "hands-on training", score=80),
            document(2, "Training House", "welding and nursing school", score=20),
            document(3, "Nursing College", "school of welding", names=["Training College"]),
            document(4, "Σχολή Αθήνα", "εργαστήριο"),
            document(5, "Училище София", "welding school"),
            document(6, "Athina Workshop", "Schweißen, Pflege"),
        ]
    )


def test_words_in_the_name_come_before_other_names_before_text(schools: None) -> None:
    put([document(7, "Training Nursing", "x"), document(8, "House", names=["Nursing Training"])])
    result = ask("training nursing")
    assert result.object_ids == [7, 3, 8, 2] or result.object_ids == [7, 8, 3, 2]
    assert [why.tier for why in result.why] == ["name", "names", "names", "text"]
    assert result.why[0].words == ("training", "nursing")


def test_a_name_is_found_in_its_own_script_and_in_latin(schools: None) -> None:
    assert found("Αθηνα") == found("athina") == found("ΑΘΉΝΑ")
    assert sorted(found("athina")) == [4, 6]
    assert found("sofia uchilishte") == found("софия") == [5]


def test_a_phrase_needs_its_words_side_by_side(schools: None) -> None:
    assert sorted(found("welding school")) == [1, 2, 3, 5]
    assert sorted(found('"welding school"')) == [1, 5]
    assert found('"school of welding"') == [3]
    assert found('"scholi athina"') == found('"Σχολή Αθήνα"') == [4]


def test_a_phrase_does_not_run_from_one_field_into_the_next(schools: None) -> None:
    assert found('"school hands"') == []


def test_minus_leaves_out(schools: None) -> None:
    assert sorted(found("welding -nursing")) == [1, 5]
    assert sorted(found("welding -nurs*")) == [1, 5]
    assert sorted(found('school -"school of"')) == [1, 2, 5]
    assert sorted(found("-welding")) == [4, 6]


def test_a_star_or_an_unfinished_last_word_matches_beginnings(schools: None) -> None:
    assert sorted(found("nurs*")) == [2, 3]
    assert found("nurs") == []
    assert sorted(found("nurs", prefix_last=True)) == [2, 3]
    assert found("nurs ", prefix_last=True) == []
    assert found("εργα*") == found("ergas* athi*") == [4]


def test_what_only_a_concept_matches_comes_last_and_says_so(schools: None) -> None:
    welding = Expansion(("welding",), ("Schweißen", "συγκόλληση ατσαλιού"))
    result = ask("welding", expansions=[welding])
    assert result.object_ids[-1] == 6
    assert result.total == 5
    assert result.why[-1].tier == "concept"
    assert result.why[-1].phrases == ("Schweißen",)


def test_each_word_may_be_met_by_itself_or_by_a_concept(schools: None) -> None:
    welding = Expansion(("welding",), ("schweißen",))
    care = Expansion(("nursing", "care"), ("Pflege",))
    assert found("welding nursing care", expansions=[welding, care]) == [6]
    assert found("welding nursing care london", expansions=[welding, care]) == []


def test_values_of_one_facet_are_alternatives_and_do_not_restrict_its_counts(
    any_database: None,
) -> None:
    put(
        document(n, "x", facets={"country": [country], "field": field})
        for n, (country, field) in enumerate(
            [("DE", ["041", "04"]), ("DE", ["071"]), ("IT", ["041", "04"]), ("LV", ["04"])]
        )
    )
    result = ask(
        facets={"country": ["DE", "LV"], "field": ["04"]}, facet_names=["country", "field"]
    )
    assert sorted(result.object_ids) == [0, 3]
    assert result.facets == {
        "country": {"DE": 1, "IT": 1, "LV": 1},
        "field": {"04": 2, "041": 1, "071": 1},
    }
    chosen = ask(facets={"country": ["DE"], "field": ["04"]}, text="y", facet_names=["country"])
    assert chosen.facets == {"country": {"DE": 0}}


def test_a_value_nobody_has_finds_nothing(schools: None) -> None:
    assert found(facets={"country": ["XX"]}) == []
    assert found(facets={"no such facet": ["\0"]}) == []


def test_a_minimum_leaves_out_what_nobody_judged(schools: None) -> None:
    assert found(minimum_score=20, sort="quality") == [1, 2]
    assert found(minimum_score=21) == [1]
    assert found(minimum_score=0, sort="quality") == [1, 2]


def test_the_unjudged_stand_in_the_middle_by_relevance_and_last_by_quality(
    any_database: None,
) -> None:
    put(document(n, "x", score=score) for n, score in enumerate([90, 50, 10, None]))
    assert found(sort="quality") == [0, 1, 2, 3]
    assert found(neutral_score=70) == [0, 3, 1, 2]
    assert found(neutral_score=5) == [0, 1, 2, 3]
    assert found()[0] == 0
    assert found()[-1] == 2


@pytest.mark.parametrize("scores", [[9, 8, 7, 6, 5], [9, 8], [9], []])
@pytest.mark.parametrize("unjudged", [0, 1, 2, 7])
def test_mixed_by_quality_every_third_place_goes_to_the_unjudged(
    database: None, scores: list[int], unjudged: int
) -> None:
    put(document(n, "x", score=score) for n, score in enumerate([*scores, *[None] * unjudged]))
    whole = found(sort="quality", mixed=True, rotation=4)
    judged = [number for number in whole if number < len(scores)]
    assert judged == list(range(len(scores)))
    assert sorted(whole) == list(range(len(scores) + unjudged))
    threes = min(len(scores) // 2, unjudged)
    assert all(whole[3 * at + 2] >= len(scores) for at in range(threes))
    for offset in range(len(whole) + 1):
        more = found(sort="quality", mixed=True, rotation=4, offset=offset, limit=2)
        assert more == whole[offset : offset + 2]


def test_equals_change_places_daily_and_never_stand_by_name(any_database: None) -> None:
    put(document(n, f"School {n:03}") for n in range(100))
    orders = {tuple(found(rotation=day, limit=100)) for day in range(30)}
    assert len({order[0] for order in orders}) > 20
    for order in orders:
        steps = [after - before for before, after in pairwise(order)]
        assert 30 < sum(step > 0 for step in steps) < 70
        assert Counter(steps).most_common(1)[0][1] < 10
    assert found(rotation=3) == found(rotation=3)


def test_numbers_are_scattered_and_never_given_twice(any_database: None) -> None:
    for numbered in (1024, 2048, 8192):
        assert sorted(map(scattered, range(numbered))) == list(range(numbered))
        assert span(numbered) == numbered
    assert max(map(scattered, range(3000))) < span(3000) == 4096
    put(document(n, "x") for n in range(5))
    before = set(ask(limit=10).ids)
    remove(KIND, [1, 2])
    merge(KIND)
    put([document(1, "x")])
    again = set(ask(limit=10).ids)
    assert len(again) == 4
    assert len(again - before) == 1
    assert max(again - before) == scattered(5)


def test_sorting_by_name_goes_by_the_bytes_of_folded_names(any_database: None) -> None:
    names = ["Zoo", "école b", "Ecole a", "Łódź", "Σχολή", "lodz 2", "ärger"]
    put(document(n, name) for n, name in enumerate(names))
    assert [names[n] for n in found(sort="name")] == [
        "ärger", "Ecole a", "école b", "Łódź", "lodz 2", "Zoo", "Σχολή",
    ]  # fmt: skip


@pytest.mark.parametrize("sort", ["name", "newest"])
def test_many_matches_are_picked_from_the_stored_order(
    any_database: None, monkeypatch: pytest.MonkeyPatch, sort: Any
) -> None:
    chance = random.Random(1)
    put(
        document(
            n, f"{chance.choice('abc')} school", chance.choice(["rare", "", "", ""]),
            created_at=datetime(2026, 1, chance.randint(1, 9), tzinfo=UTC),
        )
        for n in range(900)
    )  # fmt: skip
    few = found("rare", sort=sort, limit=900)
    monkeypatch.setattr("plugins.search.finding._FEW", 5)
    clear_caches()
    pages = [found("rare", sort=sort, limit=7, offset=at) for at in range(0, 900, 7)]
    assert [object_id for page in pages for object_id in page] == few
    assert len(few) > 150


def test_matches_at_the_far_end_of_the_stored_order_are_found(
    any_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.search.finding._FEW", 5)
    put(document(n, "z rare" if n % 30 == 0 else "a school") for n in range(900))
    assert len(found("rare", sort="name", limit=7)) == 7
    assert len(found("rare", sort="name", limit=7, offset=25)) == 5


def test_unknown_words_are_named_and_corrected(schools: None) -> None:
    result = ask("weldign school Ατηνα")
    assert result.total == 0
    assert result.unknown_words == ["weldign", "ατηνα"]
    asked = index(KIND)
    assert asked.suggest(["weldign", "ατηνα", "zzzzzzz", "12", "shcool"]) == [
        "welding", "αθηνα", "", "", "school",
    ]  # fmt: skip
    merge(KIND)
    asked.refresh(catalogue_seq())
    assert asked.suggest(["nursig"]) == ["nursing"]


def test_a_correction_is_offered_only_if_it_finds_something(schools: None) -> None:
    put([document(9, "Welding", facets={"country": ["DE"]})])
    ask()
    asked = index(KIND)
    assert asked.did_you_mean(Query("Weldign school"), ["weldign"]) == "welding school"
    assert asked.did_you_mean(Query("weldign sofia nursing"), ["weldign"]) is None
    assert asked.did_you_mean(Query("weldign"), ["weldign"]) == "welding"
    only_italy = Query("weldign", facets={"country": ["IT"]})
    assert asked.did_you_mean(only_italy, ["weldign"]) is None
    assert asked.did_you_mean(Query("welding"), []) is None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_an_error(schools: None, text: str) -> None:
    for more in ({}, {"prefix_last": True}, {"sort": "name", "facets": {"country": [text]}}):
        result = ask(text, **more)
        assert 0 <= result.total <= 6
        assert len(result.ids) == len(result.cards) == len(result.why) <= result.total
        index(KIND).did_you_mean(Query(text), result.unknown_words)


def test_hostile_documents_are_stored_and_found(any_database: None) -> None:
    put(
        Document(
            KIND,
            n,
            text,
            {"name": text},
            names=[text],
            texts=[text, "anchor"],
            facets={"x": [text]},
        )
        for n, text in enumerate(HOSTILE)
    )
    for _ in range(2):
        result = ask("anchor", limit=100, facet_names=["x"])
        assert result.total == len(HOSTILE)
        assert sum(result.facets["x"].values()) == len(HOSTILE)
        merge(KIND)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.sampled_from('schol weding"-*\0 \udc80σЩ'), max_size=40))
def test_no_mixture_of_signs_is_an_error(schools: None, text: str) -> None:
    assert ask(text, prefix_last=True).total <= 6


def test_long_queries_and_wide_prefixes_are_bounded_and_it_is_said(any_database: None) -> None:
    put(document(n, f"w{n}") for n in range(MOST_PREFIXED + 50))
    merge(KIND)
    assert not ask("w1").is_cut
    wide = ask("w*")
    assert wide.is_cut
    assert wide.total == MOST_PREFIXED
    long = parse(" ".join(f"a{n}" for n in range(50)))
    assert len(long.terms) == MOST_WORDS
    assert long.is_cut


def test_query_words_are_those_a_document_must_have() -> None:
    assert query_words('Électro -welding "care home" nurs*') == ["electro", "care", "home", "nurs"]


def test_a_search_asks_for_cold_words_and_cards_only(schools: None) -> None:
    merge(KIND)
    asked = index(KIND)
    ask()
    asked.clear_caches()
    with db.count_statements() as cold:
        asked.search(
            Query('welding train* "nursing school"', expansions=[Expansion(("x",), ("y",))])
        )
    with db.count_statements() as warm:
        asked.search(Query("welding train*", facets={"country": ["DE"]}))
        asked.search(Query("welding", sort="quality"))
    assert len(cold) <= 3
    assert len(warm) <= 2


def test_refreshing_costs_nothing_without_writes_and_one_statement_after(schools: None) -> None:
    asked = index(KIND)
    ask()
    with db.count_statements() as idle:
        asked.refresh(asked_at := catalogue_seq())
    put([document(20, "New")])
    with db.count_statements() as busy:
        asked.refresh(asked_at + 1)
    assert len(idle) == 1  # the test's own look at the number
    assert len(busy) == 1
    assert asked.search(Query("new")).total == 1


def test_what_is_not_committed_is_never_seen(schools: None) -> None:
    ask()
    with pytest.raises(RuntimeError, match="no"), db.transaction():
        put([document(30, "Phantom")])
        assert found("phantom") == []
        raise RuntimeError("no")
    newcomer = Index(KIND)
    with pytest.raises(RuntimeError, match="no"), db.transaction():
        put([document(30, "Phantom")])
        merge(KIND)
        assert newcomer.search(Query("phantom")).total == 1  # its own transaction's, and only there
        raise RuntimeError("no")
    assert ask("phantom", newcomer).total == 0
    put([document(31, "Other")])
    assert found("phantom") == []
    assert found("other") == [31]


def test_a_worker_that_missed_merges_reads_the_new_sets(schools: None) -> None:
    late, early = Index(KIND), Index(KIND)
    assert ask("welding", late).total == 4
    put([document(40, "Welding nursery", facets={"country": ["DE"]})])
    ask("welding", early)
    merge(KIND)
    put([document(41, "Welding barn")])
    rebuild(KIND)
    cold = late.search(Query("nursery", facet_names=["country"]))  # the old sets are gone
    assert (cold.total, cold.facets) == (1, {"country": {"DE": 1}})
    assert ask("welding", late).total == ask("welding", early).total == 6


def test_merging_waits_for_enough_changes(schools: None) -> None:
    assert merge_if_due(KIND, threshold=7) == 0
    assert merge_if_due(KIND, threshold=6) == 6
    assert merge_if_due(KIND, threshold=1) == 0
    assert merge_if_due("nothing of this kind", threshold=0) == 0
    assert merge("nothing of this kind") == 0


def test_what_is_removed_leaves_nothing_readable_behind(schools: None) -> None:
    merge(KIND)
    remove(KIND, [4])
    assert found("athina") == [6]
    left = db.query(
        "SELECT name_sort, text, words, card FROM search_document WHERE object_id IS NULL"
    )
    assert left == [("", "", "", None)]
    merge(KIND)
    assert db.query("SELECT count(*) FROM search_word WHERE word = ?", ("αθηνα",)) == [(0,)]
    assert len(db.query("SELECT number FROM search_document")) == 5


def test_kinds_do_not_see_each_other(schools: None) -> None:
    put([Document("request", 1, "Welding School", {"id": 1})])
    remove("request", [2, 3])
    assert sorted(found("welding school")) == [1, 2, 3, 5]
    other = Index("request")
    other.refresh(catalogue_seq())
    assert other.search(Query("welding")).object_ids == [1]


def test_everything_found_can_be_listed_for_other_uses(schools: None) -> None:
    ask()
    listed = list(index(KIND).numbers(Query("welding")))
    assert sorted(object_id for _, object_id in listed) == [1, 2, 3, 5]


@pytest.fixture
def calm() -> Iterator[list[BaseException]]:
    """Collects what threads raise, and fails if there is anything."""
    raised: list[BaseException] = []
    yield raised
    assert raised == []


def test_threads_search_while_others_write_and_merge(
    any_database: None, calm: list[BaseException]
) -> None:
    put(document(n, f"school {n}") for n in range(50))
    shared = Index(KIND)
    done = threading.Event()

    def search() -> None:
        try:
            least = 50
            while not done.is_set():
                shared.refresh(catalogue_seq())
                total = shared.search(Query("school", facet_names=["country"])).total
                assert total >= least
                least = total
        except BaseException as error:
            calm.append(error)
        finally:
            db.database.close()

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(50, 120):
        put([document(n, f"school {n}", facets={"country": ["DE"]})])
        if n % 10 == 0:
            merge(KIND)
    done.set()
    for thread in threads:
        thread.join()
    assert ask("school", shared).total == 120
