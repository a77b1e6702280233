"""Parents and merges: whom a document is reported under."""

from __future__ import annotations

from recoup.sync.store.families import Families, Member


def family(*members: tuple[str, str | None, str | None]) -> Families:
    """(id, parent, merged into) each."""
    return Families(
        Member(customer_id=i, name=f"C{i}", parent_id=parent, merged_into=merged)
        for i, parent, merged in members
    )


def test_the_top_is_the_parent_that_has_none() -> None:
    assert family(("1", None, None), ("2", "1", None), ("3", "2", None)).top("3") == "1"


def test_a_parent_that_is_unknown_ends_the_chain() -> None:
    assert family(("2", "1", None)).top("2") == "2"


def test_a_circle_of_parents_has_one_top_for_all_of_them() -> None:
    circle = family(("1", "2", None), ("2", "1", None))
    assert circle.top("1") == circle.top("2") == "1"


def test_a_merge_is_followed_to_the_customer_that_is_left() -> None:
    merged = family(("1", None, "2"), ("2", None, "3"), ("3", None, None))
    assert merged.survivor("1") == "3" and merged.top("1") == "3"


def test_a_circle_of_merges_ends() -> None:
    assert family(("1", None, "2"), ("2", None, "1")).survivor("1") == "2"


def test_a_parent_that_was_merged_away_hands_its_jobs_over() -> None:
    merged = family(("1", None, "9"), ("2", "1", None), ("9", None, None))
    assert merged.top("2") == "9"
    assert merged.within("9") == {"1", "2", "9"}


def test_apart_is_the_customer_and_those_merged_into_it() -> None:
    merged = family(("1", None, None), ("2", "1", None), ("3", None, "1"))
    assert merged.same("1") == {"1", "3"}


def test_a_customer_that_was_never_seen_is_called_by_its_id() -> None:
    assert family().name("7") == "customer 7"
