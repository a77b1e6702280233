"""Tags: lower case, each once, and off again."""

from __future__ import annotations

import pytest

from recoup.connector.errors import UsageError
from recoup.sync.store.engine import Store
from recoup.sync.store.tags import check_tag, list_tags, tag_company, untag_company


def test_a_company_has_each_tag_once(store: Store) -> None:
    with store.control_database.write() as control:
        tag_company(control, 1, ["UK", "monthly"])
        tag_company(control, 1, ["uk", "vip"])
        tag_company(control, 2, ["uk"])
    with store.read_control() as control:
        assert list_tags(control) == {1: ("monthly", "uk", "vip"), 2: ("uk",)}


def test_tags_come_off_of_one_company_alone(store: Store) -> None:
    with store.control_database.write() as control:
        for company_id in (1, 2):
            tag_company(control, company_id, ["uk"])
        untag_company(control, 1, ["uk", "never-given"])
    with store.read_control() as control:
        assert list_tags(control) == {2: ("uk",)}


@pytest.mark.parametrize("word", ["", "two words", "-x", "ü", "a" * 41, "a,b"])
def test_what_is_no_tag_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="is no tag"):
        check_tag(word)
