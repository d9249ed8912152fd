"""A person asks for their own data, and nothing is given out before somebody has made sure of them."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from api.__main__ import main
from api.app import open_database, start_database
from api.config import Settings
from api.db.engine import Database
from api.domain.staff import Role
from api.services import auditing, casework, personal, vault
from api.services.records import ThirdParty, TicketKind
from api.services.staff import StaffMember
from tests.http.world import EVERYWHERE, NOON, PERSONAL, World, opened, problem, said, submitted

pytestmark = pytest.mark.http

MANAGER = StaffMember(id="m1", name="manager", display_name="经理", role=Role.MANAGER)
WRONG = "收入写错了，是九百。"


class TestRequest:
    async def test_is_a_task_with_the_persons_words_and_gives_nothing_out(self, database: Database) -> None:
        reference = await submitted(database)
        address, tail = f"/api/v1/applications/{reference}/data-requests", {"X-Phone-Tail": "1234"}
        async with World.over(database) as world:
            answers = [
                await world.client.post(address, headers=tail, json={"kind": "correct", "words": WRONG})
                for _ in range(2)
            ]
            other = await world.client.post(address, headers=tail, json={"kind": "copy"})
        assert [answer.status_code for answer in (*answers, other)] == [201, 201, 201]
        assert answers[0].json() == answers[1].json()
        assert answers[0].json()["kind"] == "correct"
        assert answers[0].json()["due"].startswith("2026-12-06T00:00:00+08:00")
        assert not any(one in answer.text for answer in (*answers, other) for one in (*PERSONAL, WRONG))
        async with database.unit_of_work() as uow:
            record, asked = await personal.asked(uow, member=MANAGER, reference=reference, now=NOON)
            tickets = await uow.tickets.open_ones()
        assert record.application.reference == reference
        assert [(one.reason, words) for one, words in asked] == [
            ("data_request:correct", WRONG),
            ("data_request:copy", ""),
        ]
        assert {(one.kind, one.region, one.conversation_id) for one in tickets} == {(TicketKind.TASK, "231000", None)}

    async def test_needs_what_the_state_is_told_for(self, database: Database) -> None:
        third = ThirdParty(name="李四", relationship="女儿")
        reference = await submitted(database, third_party=third, pass_phrase="红灯记")
        address, body = f"/api/v1/applications/{reference}/data-requests", {"kind": "copy"}
        async with World.over(database) as world:
            post = world.client.post
            problem(await post(address, json=body), 422, "phone_tail_required")
            problem(await post(address, json=body, headers={"X-Phone-Tail": "9999"}), 404, "application_not_found")
            problem(await post(address, json=body, headers={"X-Phone-Tail": "1234"}), 422, "pass_phrase_required")
            shown = {"X-Phone-Tail": "1234", "X-Pass-Phrase": quote("红灯记")}
            problem(await post(address, json={"kind": "sell"}, headers=shown), 422, "field_invalid")
            assert (await post(address, json=body, headers=shown)).status_code == 201

    async def test_cannot_be_used_to_guess(self, database: Database) -> None:
        reference = await submitted(database)
        async with World.over(database) as world:
            seen = [
                (
                    await world.client.post(
                        f"/api/v1/applications/{reference}/data-requests",
                        json={"kind": "copy"},
                        headers={"X-Phone-Tail": f"{guess:04}"},
                    )
                ).status_code
                for guess in range(22)
            ]
        assert seen == [404] * 20 + [429] * 2

    async def test_is_promised_and_comes_up_when_its_last_day_is_near(self, database: Database) -> None:
        reference = await submitted(database)
        async with World.over(database) as world:
            await world.client.post(
                f"/api/v1/applications/{reference}/data-requests",
                headers={"X-Phone-Tail": "1234"},
                json={"kind": "copy"},
            )
        for days, urgent in ((0, False), (12, False), (14, True), (20, True)):
            async with database.reading() as uow:
                found = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON + timedelta(days=days))).items
            assert [item.same_day for item in found if item.kind is TicketKind.TASK] == [urgent], days


class TestCopyFromAShell:
    def test_is_one_file_for_its_owner_with_what_stood_behind_the_tokens(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("LEGAL_AID_VAR", str(tmp_path / "var"))
        reference = asyncio.run(self._stored())
        file = tmp_path / "copy.json"
        assert main(["person", reference.lower(), str(file), "--purpose", "当面看了证件"]) == 0
        assert (file.stat().st_mode & 0o777) == 0o600
        copy = json.loads(file.read_text())
        assert copy["contact"] == {"name": "张三丰", "phone": "13904531234"}
        assert copy["words"] == "我电话13900000000，老板不给钱"
        assert copy["opponents"] == ["宏达公司"]
        assert copy["facts"]["applicant.migrant_worker"] is True
        assert [one["text"] for one in copy["messages"]] == ["老板不给钱"]
        assert "application.submit" in [one["action"] for one in copy["handled"]]
        assert "pivot" not in copy["verdict"]
        assert main(["audit"]) == 0
        assert asyncio.run(self._purposes()) == ["当面看了证件"]
        again = tmp_path / "again.json"
        for arguments in (
            ["person", reference, str(again), "--purpose", " "],
            ["person", "LA-2026-9NM6-7", str(again), "--purpose", "x"],
        ):
            assert main(arguments) == 2
            assert not again.exists()
        told = capsys.readouterr()
        assert "张三丰" not in told.out + told.err

    @staticmethod
    async def _stored() -> str:
        settings = Settings()
        database = open_database(settings)
        await start_database(database, settings=settings)
        thread = await opened(database)
        await said(database, thread)
        async with database.unit_of_work() as uow:
            token = await vault.put(uow, conversation_id=thread, kind="phone", value="13900000000", now=NOON)
            await uow.commit()
        words = f"我电话{token}，老板不给钱"
        reference = await submitted(database, conversation_id=thread, words=words, opponents=("宏达公司",))
        await database.close()
        return reference

    @staticmethod
    async def _purposes() -> list[object]:
        database = open_database(Settings())
        await database.start()
        async with database.reading() as uow:
            found = [one.entry.data["purpose"] for one in await uow.audit.acted(personal.COPIED)]
            assert (await auditing.verify(uow)).holds
        await database.close()
        return found
