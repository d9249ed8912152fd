"""Words of home are heard where they carry a fact, and nowhere else; each names its source."""

import re

import pytest

from knowledge_base.dialect import Dialect, HomeWord

pytestmark = pytest.mark.unit
DIALECT = Dialect.load()


@pytest.mark.parametrize("one", DIALECT.known, ids=lambda one: one.word)
def test_is_heard_and_leaves_its_look_alike_alone(one: HomeWord) -> None:
    assert one in DIALECT.heard_in(one.hears)
    assert one not in DIALECT.heard_in(one.leaves)


@pytest.mark.parametrize("one", DIALECT.known, ids=lambda one: one.word)
def test_says_where_it_is_said_and_who_says_so(one: HomeWord) -> None:
    assert one.where
    assert re.match(r"[a-z0-9.]+\.[a-z]+/\S", one.source), "a page that can be opened"


def test_words_without_a_fact_are_none_of_them() -> None:
    assert DIALECT.heard_in("俺们甭管咋样，先问问") == ()
