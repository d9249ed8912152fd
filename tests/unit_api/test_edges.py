"""Sealing, secrets, logs, strict JSON, the wake-up hub and the queue's order: small things that must be right."""

import asyncio
import base64
import io
import json
import logging
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.config import Environment, SecretUnfit, Settings, load_master_key
from api.db.sealing import Keyring, SealBroken, WrongMasterKey, new_key, unwrap, wrap
from api.domain.clocks import CHINA, Clock, ClockKind, last_day
from api.domain.priority import Rank, promised_from, rank, sort_key
from api.http.problems import safe_field
from api.http.strict import parse
from api.observability import configure_logging, mask, new_trace, trace_id
from api.services.records import Contact, ThirdParty, Viewer, covers
from api.services.wake import Wake
from api.worker import wait
from knowledge_base.types import Urgency

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def moments() -> st.SearchStrategy[datetime]:
    """Draw hours around now, midnight in China among them."""
    return st.integers(-80, 80).map(lambda hours: NOW + timedelta(hours=hours))


class TestSealing:
    def keyring(self) -> Keyring:
        return Keyring(seal_keys={1: bytes(range(32))}, digest_key=b"d" * 32)

    @given(text=st.text())
    def test_opens_in_its_place_only(self, text: str) -> None:
        keyring = self.keyring()
        sealed = keyring.seal(text, table="t", column="c", row="1")
        assert keyring.open(sealed, table="t", column="c", row="1") == text
        for place in (("t", "c", "2"), ("t", "d", "1"), ("u", "c", "1")):
            with pytest.raises(SealBroken):
                keyring.open(sealed, table=place[0], column=place[1], row=place[2])

    def test_notices_every_changed_byte(self) -> None:
        keyring = self.keyring()
        sealed = keyring.seal("秘密", table="t", column="c", row="1")
        for place in range(len(sealed)):
            broken = bytearray(sealed)
            broken[place] ^= 1
            with pytest.raises(SealBroken):
                keyring.open(bytes(broken), table="t", column="c", row="1")

    def test_never_seals_alike_twice(self) -> None:
        keyring = self.keyring()
        assert keyring.seal("x", table="t", column="c", row="1") != keyring.seal("x", table="t", column="c", row="1")

    def test_still_opens_what_an_older_key_sealed(self) -> None:
        old = self.keyring().seal("x", table="t", column="c", row="1")
        both = Keyring(seal_keys={1: bytes(range(32)), 2: new_key()}, digest_key=b"d" * 32)
        assert both.open(old, table="t", column="c", row="1") == "x"
        with pytest.raises(SealBroken):
            self.keyring().open(both.seal("x", table="t", column="c", row="1"), table="t", column="c", row="1")

    def test_wraps_a_data_key_under_one_master_key_only(self) -> None:
        master, key = new_key(), new_key()
        wrapped = wrap(master, key, purpose="seal", number=1)
        assert key not in wrapped
        assert unwrap(master, wrapped, purpose="seal", number=1) == key
        for other, purpose in ((new_key(), "seal"), (master, "digest")):
            with pytest.raises(WrongMasterKey):
                unwrap(other, wrapped, purpose=purpose, number=1)

    def test_digests_by_purpose(self) -> None:
        keyring = self.keyring()
        assert keyring.digest("phone", "1") == keyring.digest("phone", "1")
        assert keyring.digest("phone", "1") != keyring.digest("tail", "1")


class TestSettings:
    def test_makes_a_key_once_in_development_for_its_owner_only(self, tmp_path: Path) -> None:
        settings = Settings(var=tmp_path, _env_file=None)
        key = load_master_key(settings)
        assert len(key) == 32
        assert load_master_key(settings) == key
        kept = tmp_path / "secrets" / "master.key"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert [path.name for path in kept.parent.iterdir()] == ["master.key"]

    def test_refuses_production_without_a_key(self) -> None:
        with pytest.raises(ValidationError, match="LEGAL_AID_MASTER_KEY"):
            Settings(environment=Environment.PRODUCTION, _env_file=None)

    @pytest.mark.parametrize(
        "key", ["", "change-me", base64.b64encode(b"0" * 32).decode(), base64.b64encode(b"x").decode()]
    )
    def test_refuses_a_key_that_anybody_could_guess(self, key: str) -> None:
        settings = Settings(environment=Environment.PRODUCTION, master_key=key, _env_file=None)  # type: ignore[arg-type]
        with pytest.raises(SecretUnfit) as refused:
            load_master_key(settings)
        assert not key or key not in str(refused.value)

    def test_keeps_the_key_out_of_its_own_text(self) -> None:
        key = base64.b64encode(bytes(range(32))).decode()
        assert key not in repr(Settings(master_key=key, _env_file=None))  # type: ignore[arg-type]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    configure_logging(stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = kept
    root.setLevel(level)


class TestLogs:
    def test_mask_numbers_of_persons_and_drop_personal_keys(self, log: io.StringIO) -> None:
        structlog.get_logger("x").info(
            "打给 tel-13904531234",
            **{"pii.name": "张三丰", "inner": {"pii.phone": "x", "card": "6222 0210 0111 6245 705"}},
        )
        logging.getLogger("library").warning("id %s", "23100219800101123X")
        text = log.getvalue()
        for personal in ("13904531234", "张三丰", "6245", "19800101"):
            assert personal not in text
        first, second = (json.loads(line) for line in text.splitlines())
        assert first["event"] == "打给 tel-[masked]"
        assert second["logger"] == "library"

    def test_tell_where_a_bug_is_and_nothing_it_says(self, log: io.StringIO) -> None:
        try:
            try:
                int("张三丰的工资")
            except ValueError as cause:
                raise RuntimeError("张三丰") from cause
        except RuntimeError:
            structlog.get_logger("x").exception("failed")
        assert "张三丰" not in log.getvalue()
        error = json.loads(log.getvalue())["error"]
        assert [link["type"] for link in error] == ["RuntimeError", "ValueError"]
        assert error[0]["at"]

    def test_carry_the_trace(self, log: io.StringIO) -> None:
        given = new_trace("0123456789abcdef")
        structlog.get_logger("x").info("one")
        assert json.loads(log.getvalue())["trace"] == given == trace_id.get()

    @pytest.mark.parametrize("forged", [None, "", "x" * 200, "13904531234\n", "张三"])
    def test_draw_a_trace_where_the_given_one_is_none(self, forged: str | None) -> None:
        assert new_trace(forged) != forged

    @pytest.mark.parametrize("harmless", ["第42条", "2026-11-20", "LA-2026-7K4Q-3", "12348"])
    def test_leave_articles_dates_and_references_readable(self, harmless: str) -> None:
        assert mask(harmless) == harmless


class TestRecords:
    def test_are_silent_about_persons(self) -> None:
        contact = Contact(name="张三丰", phone="13904531234")
        third = ThirdParty(name="李四", relationship="女儿")
        assert "张" not in repr(contact)
        assert "1390" not in repr(contact)
        assert "李四" not in repr(third)

    @pytest.mark.parametrize(
        ("scope", "region", "inside"),
        [
            ("230000", "231000", True),
            ("230000", "231002", True),
            ("231000", "231002", True),
            ("231000", "230000", False),
            ("230000", "640100", False),
            ("140581", "140581", True),
            ("140500", "140581", True),
            ("110000", "110101", True),
            ("CN", "640100", True),
        ],
    )
    def test_place_regions_within_regions(self, scope: str, region: str, *, inside: bool) -> None:
        assert covers(scope, region) is inside

    def test_show_everyone_what_has_no_region_yet(self) -> None:
        assert Viewer(staff="s", role="r", regions=("640100",)).sees(None)
        assert not Viewer(staff="s", role="r", regions=("640100",)).sees("231000")
        assert Viewer(staff="s", role="r").sees("231000")


class TestStrictJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"NaN",
            b'{"a":NaN}',
            b'{"a":-Infinity}',
            b'{"a":1e999}',
            b'{"a":' + b"9" * 5000 + b"}",
            b'{"a":9223372036854775808}',
            b'{"a":"\\u0000"}',
            b'{"a":"\\ud800"}',
            b'{"\\ud800":1}',
            b'{"a":1,"a":2}',
            b"\xff\xfe",
            b'"\xed\xa0\x80"',
            b"[" * 100_000,
            b"[" * 30 + b"]" * 30,
        ],
    )
    def test_refuses_what_another_reader_would_read_otherwise(self, body: bytes) -> None:
        with pytest.raises(json.JSONDecodeError) as refused:
            parse(body)
        assert refused.value.doc == ""

    def test_keeps_money_exact(self) -> None:
        assert parse(b'{"a":1200.10,"b":7,"c":true}') == {"a": Decimal("1200.10"), "b": 7, "c": True}

    @pytest.mark.parametrize(
        ("name", "told"),
        [("applicant.age", "applicant.age"), ("13904531234", "body"), ("a13904531234", "body"), ("张三", "body")],
    )
    def test_names_no_field_after_a_person(self, name: str, told: str) -> None:
        assert safe_field(name) == told


class TestWake:
    async def test_wakes_everybody_who_watches_and_nobody_else(self) -> None:
        wake = Wake()
        with wake.subscribe("a") as first, wake.subscribe("a") as second, wake.subscribe("b") as other:
            wake.notify("a")
            assert first.is_set()
            assert second.is_set()
            assert not other.is_set()

    async def test_loses_no_notice_that_comes_before_the_wait(self) -> None:
        wake = Wake()
        with wake.subscribe("a") as event:
            wake.notify("a")
            await asyncio.wait_for(event.wait(), 1)

    async def test_forgets_those_who_left(self) -> None:
        wake = Wake()
        with wake.subscribe("a"):
            pass
        wake.notify("a")
        assert wake._watchers == {}  # noqa: SLF001 - what is forgotten can be seen nowhere else


class TestQueueOrder:
    def clock(self, kind: ClockKind, hours: float) -> Clock:
        return Clock(kind=kind, due=NOW + timedelta(hours=hours), article="x")

    def test_is_danger_then_clock_then_same_day_then_oldest(self) -> None:
        old, new = NOW - timedelta(days=3), NOW
        keys = [
            sort_key(urgency=Urgency.S0, clocks=(), same_day=False, opened_at=new, now=NOW),
            sort_key(
                urgency=Urgency.S2, clocks=(self.clock(ClockKind.REVIEW, 2),), same_day=False, opened_at=new, now=NOW
            ),
            sort_key(
                urgency=Urgency.S2, clocks=(self.clock(ClockKind.REVIEW, 20),), same_day=False, opened_at=old, now=NOW
            ),
            sort_key(
                urgency=Urgency.S2, clocks=(self.clock(ClockKind.REVIEW, 99),), same_day=True, opened_at=new, now=NOW
            ),
            sort_key(urgency=Urgency.S2, clocks=(), same_day=False, opened_at=old, now=NOW),
            sort_key(
                urgency=Urgency.S2, clocks=(self.clock(ClockKind.REVIEW, 99),), same_day=False, opened_at=new, now=NOW
            ),
        ]
        assert keys == sorted(keys)

    def test_counts_a_person_needed_today_as_same_day(self) -> None:
        assert rank(urgency=Urgency.S1, clocks=(), same_day=False, now=NOW) is Rank.SAME_DAY

    @given(moments(), moments() | st.none(), moments())
    def test_counts_a_promise_as_same_day_from_the_day_before_its_last_and_a_booked_one_on_its_day(
        self, due: datetime, next_at: datetime | None, now: datetime
    ) -> None:
        begins = promised_from(due=due, next_at=next_at)
        assert begins is not None
        today = now.astimezone(CHINA).date()
        last = last_day(due) - timedelta(days=1) if next_at is None else next_at.astimezone(CHINA).date()
        assert (begins <= now) is (last <= today)

    def test_counts_nothing_as_promised_that_has_no_last_day(self) -> None:
        assert promised_from(due=None, next_at=NOW) is None


class TestRetries:
    def test_wait_longer_each_time_but_never_more_than_an_hour(self) -> None:
        waits = [wait(attempts) for attempts in range(1, 40)]
        assert waits[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
        assert waits == sorted(waits)
        assert waits[-1] == timedelta(hours=1)
