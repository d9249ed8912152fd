"""The command that holds the audit chain against itself finds whatever was done to it, on both databases."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from api.__main__ import main
from api.db.engine import Database
from api.db.migrate import upgrade
from api.domain.audit import GENESIS, Actor, ActorKind, AuditEntry
from api.services import auditing
from api.services.auditing import End, EndMalformed, Verified, verify
from tests.databases import MASTER_KEY
from tests.http.world import NOON

pytestmark = pytest.mark.http


async def written(database: Database, count: int, *, action: str = "x") -> End:
    """Write so many entries; return the end of the chain."""
    async with database.unit_of_work() as uow:
        for number in range(count):
            actor = Actor(kind=ActorKind.STAFF, id="a")
            uow.audit.record(AuditEntry(at=NOON, actor=actor, action=action, subject="y", data={"number": number}))
        await uow.commit()
    return (await verified(database)).end


async def verified(database: Database, *, noted: End | None = None) -> Verified:
    async with database.reading() as uow:
        return await verify(uow, noted=noted)


async def tampered(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


class TestChain:
    async def test_holds_when_nobody_touched_it(self, database: Database) -> None:
        assert await verified(database) == Verified(end=End())
        end = await written(database, 5)
        assert end.seq == 5
        later = await written(database, 2)
        found = await verified(database, noted=end)
        assert found.holds
        assert found.end == later

    @pytest.mark.parametrize(
        ("statements", "broken"),
        [
            (("UPDATE audit SET action = 'other' WHERE seq = 3",), 3),
            (("UPDATE audit SET actor_id = 'b' WHERE seq = 1",), 1),
            (("UPDATE audit SET data = '{\"number\": 9}' WHERE seq = 5",), 5),
            (("DELETE FROM audit WHERE seq = 3",), 4),
            (("DELETE FROM audit WHERE seq = 1",), 2),
            (
                (
                    "UPDATE audit SET seq = 99 WHERE seq = 2",
                    "UPDATE audit SET seq = 2 WHERE seq = 3",
                    "UPDATE audit SET seq = 3 WHERE seq = 99",
                ),
                2,
            ),
        ],
        ids=["changed", "another's hand", "changed at the end", "removed", "beginning removed", "reordered"],
    )
    async def test_names_the_first_entry_that_does_not_fit(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, statements: tuple[str, ...], broken: int
    ) -> None:
        monkeypatch.setattr(auditing, "_PAGE", 2)  # every seam between two pages is in the chain
        await written(database, 5)
        await tampered(database, *statements)
        found = await verified(database)
        assert not found.holds
        assert found.broken == broken

    async def test_shows_against_a_noted_end_that_its_last_entries_were_cut_off(self, database: Database) -> None:
        end = await written(database, 5)
        await tampered(database, "DELETE FROM audit WHERE seq > 3")
        assert (await verified(database)).holds, "which is why an end is noted outside"
        assert not (await verified(database, noted=end)).holds

    async def test_shows_against_a_noted_end_that_all_of_it_was_written_anew(self, database: Database) -> None:
        end = await written(database, 5)
        await tampered(database, "DELETE FROM audit")
        await written(database, 6, action="made up")
        assert not (await verified(database, noted=end)).holds


class TestEnd:
    def test_is_read_as_it_is_written(self) -> None:
        end = End(seq=12, hash="a" * 64)
        assert End.read(f" {end}\n") == end
        assert End.read(f"0:{GENESIS}") == End()

    @pytest.mark.parametrize(
        "text", ["", "12", "12:", ":" + "a" * 64, "x:" + "a" * 64, "12:" + "A" * 64, "²:" + "a" * 64]
    )
    def test_is_nothing_else(self, text: str) -> None:
        with pytest.raises(EndMalformed):
            End.read(text)


class TestCommand:
    def test_says_where_the_chain_ends_and_where_it_breaks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("LEGAL_AID_VAR", str(tmp_path))
        monkeypatch.setenv("LEGAL_AID_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())
        url = f"sqlite:///{tmp_path / 'legal_aid.db'}"

        async def on_database(act: Callable[[Database], Awaitable[object]]) -> None:
            await upgrade(url)
            database = Database(url, master_key=MASTER_KEY)
            await database.start()
            await act(database)
            await database.close()

        asyncio.run(on_database(lambda database: written(database, 3)))
        assert main(["audit"]) == 0
        end = capsys.readouterr().out.removeprefix("holds ").strip()
        assert End.read(end).seq == 3
        assert main(["audit", "--noted", end]) == 0
        asyncio.run(on_database(lambda database: tampered(database, "DELETE FROM audit WHERE seq = 3")))
        assert main(["audit"]) == 0
        assert main(["audit", "--noted", end]) == 1
        assert "noted end" in capsys.readouterr().err
        asyncio.run(on_database(lambda database: tampered(database, "UPDATE audit SET action = 'z' WHERE seq = 2")))
        assert main(["audit"]) == 1
        assert "entry 2" in capsys.readouterr().err
        assert main(["audit", "--noted", "nonsense"]) == 2
