"""The chain notices every change; a reference notices every slip of the pen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.domain.audit import GENESIS, Actor, ActorKind, AuditEntry, ChainedEntry, chain, first_broken
from api.domain.reference import ALPHABET, Reference, ReferenceMalformed, issue, parse

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def entry(action: str) -> AuditEntry:
    return AuditEntry(
        at=NOW, actor=Actor(kind=ActorKind.STAFF, id="s1"), action=action, subject="x", data={"to": "granted"}
    )


def links(count: int = 5) -> list[ChainedEntry]:
    found: list[ChainedEntry] = []
    for seq in range(1, count + 1):
        found.append(chain(found[-1].hash if found else GENESIS, entry(f"a{seq}"), seq=seq))
    return found


class TestChain:
    def test_holds_when_nobody_touched_it(self) -> None:
        assert first_broken(links()) is None

    def test_shows_a_changed_row(self) -> None:
        found = links()
        found[2] = replace(found[2], entry=replace(found[2].entry, data={"to": "refused"}))
        assert first_broken(found) == 3

    def test_shows_a_changed_row_even_with_its_hash_made_anew(self) -> None:
        found = links()
        found[2] = chain(found[1].hash, entry("forged"), seq=3)
        assert first_broken(found) == 4

    def test_shows_a_removed_row(self) -> None:
        found = links()
        del found[1]
        assert first_broken(found) == 3

    def test_shows_a_removed_first_row(self) -> None:
        assert first_broken(links()[1:]) == 2

    def test_shows_reordered_rows(self) -> None:
        found = links()
        found[1], found[2] = found[2], found[1]
        assert first_broken(found) == 3

    def test_does_not_mind_how_a_moment_is_written(self) -> None:
        elsewhere = replace(entry("a"), at=NOW.astimezone(timezone(timedelta(hours=8))))
        assert chain(GENESIS, elsewhere, seq=1).hash == chain(GENESIS, entry("a"), seq=1).hash


BODIES = st.text(ALPHABET, min_size=4, max_size=4)


def made(body: str) -> Reference | None:
    letters = iter(body)
    try:
        return issue(year=2026, pick=lambda _: next(letters))
    except (StopIteration, RuntimeError):
        return None  # this body has no check character, and another would have been drawn


class TestReference:
    def test_looks_as_the_contract_shows(self) -> None:
        reference = made("7K4Q")
        assert reference is not None
        assert str(reference).startswith("LA-2026-7K4Q-")
        assert len(str(reference)) == len("LA-2026-7K4Q-3")

    @pytest.mark.parametrize("letter", "01BILOSZ")
    def test_has_no_letter_that_looks_or_sounds_like_another(self, letter: str) -> None:
        assert letter not in ALPHABET

    @given(body=BODIES)
    def test_is_read_however_it_was_typed(self, body: str) -> None:
        reference = made(body)
        if reference is None:
            return
        text = str(reference)
        wide = "".join(chr(ord(one) + 0xFEE0) for one in text)
        for typed in (text, text.lower(), text.replace("-", " "), text.replace("-", ""), f"  {text[3:]} ", wide):
            assert parse(typed) == reference

    @given(body=BODIES, place=st.integers(0, 9), other=st.sampled_from(ALPHABET))
    def test_notices_a_wrong_character(self, body: str, place: int, other: str) -> None:
        reference = made(body)
        if reference is None:
            return
        letters = list(str(reference).replace("-", "")[2:])
        place %= len(letters)
        if letters[place] == other:
            return
        letters[place] = other
        with pytest.raises(ReferenceMalformed):
            parse("".join(letters))

    @given(body=BODIES)
    def test_notices_swapped_neighbours(self, body: str) -> None:
        reference = made(body)
        if reference is None:
            return
        letters = str(reference).replace("-", "")[2:]
        for place, (left, right) in enumerate(pairwise(letters)):
            swapped = letters[:place] + right + left + letters[place + 2 :]
            if left != right:
                with pytest.raises(ReferenceMalformed):
                    parse(swapped)

    @pytest.mark.parametrize(
        "text", ["", "LA", "LA-2026-7K4Q", "你好", "LA-2026-7K4Q7K4Q-3", "LA-２０２６", "\0", "-" * 99]
    )
    def test_refuses_what_is_none(self, text: str) -> None:
        with pytest.raises(ReferenceMalformed):
            parse(text)
