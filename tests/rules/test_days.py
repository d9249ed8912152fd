"""The days that the book can answer for: from its first rule until a life of rights after it was last read."""

from datetime import date, timedelta

import pytest

from knowledge_base.assess import Assessor, FactRefused

pytestmark = pytest.mark.rules


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


def test_twenty_years_after_the_book_was_read_is_the_last(assessor: Assessor) -> None:
    read_on = assessor.engine.rulebook.read_on
    last = date(read_on.year + 20, read_on.month, min(read_on.day, 28))
    assert assessor.assess({"matter": "labour.wages"}, region=None, on=last).on == last
    with pytest.raises(FactRefused) as refused:
        assessor.assess({"matter": "labour.wages"}, region=None, on=last + timedelta(days=1))
    assert (refused.value.code, refused.value.field) == ("out_of_range", "on")


def test_the_book_was_read_when_its_youngest_entry_was(assessor: Assessor) -> None:
    book = assessor.engine.rulebook
    assert book.read_on == max(rule.verified_on for place in book.places.values() for rule in place.rules)
