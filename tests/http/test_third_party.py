"""Who speaks for a citizen proves it with a pass phrase, and nobody keeps the phrase."""

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from sqlalchemy import text

from api.db.engine import Database
from api.http.limits import LIMITS, Limiter
from api.services import applications, parties
from api.services.applications import ApplicationNotFound, PassPhraseRequired
from api.services.drafts import DraftRefused
from api.services.records import ThirdParty
from tests.http.world import NOON, World, problem, submitted

pytestmark = pytest.mark.http

DAUGHTER = ThirdParty(name="李四", relationship="女儿")


async def stands(database: Database, reference: str, *, said: str | None, tail: str = "1234") -> str:
    async with database.reading() as uow:
        found = await applications.status(uow, reference=reference, phone_tail=tail, pass_phrase=said, now=NOON)
    return found.state


class TestPassPhrase:
    async def test_is_asked_for_before_anything_is_told(self, database: Database) -> None:
        reference = await submitted(database, third_party=DAUGHTER, pass_phrase="红灯记 3 号")
        for said in (None, ""):
            with pytest.raises(PassPhraseRequired):
                await stands(database, reference, said=said)
        for said in ("红灯记", "红灯记4号", reference):
            with pytest.raises(ApplicationNotFound):
                await stands(database, reference, said=said)
        with pytest.raises(ApplicationNotFound):
            await stands(database, reference, said="红灯记3号", tail="9999")
        for said in ("红灯记3号", "红灯记，３号。"):
            assert await stands(database, reference, said=said) == "submitted"

    async def test_is_nothing_where_nobody_speaks_for_the_citizen(self, database: Database) -> None:
        reference = await submitted(database)
        assert await stands(database, reference, said=None) == "submitted"
        assert await stands(database, reference, said="随便") == "submitted"

    async def test_is_needed_with_a_third_party(self, database: Database) -> None:
        for phrase in ("", "。！", "3"):
            with pytest.raises(DraftRefused) as refused:
                await submitted(database, third_party=DAUGHTER, pass_phrase=phrase)
            assert (refused.value.code, refused.value.field) == ("pass_phrase_unusable", "third_party.pass_phrase")

    async def test_fits_one_application_only(self, database: Database) -> None:
        await submitted(database, key="a", third_party=DAUGHTER, pass_phrase="红灯记")
        other = await submitted(database, key="b", third_party=DAUGHTER, pass_phrase="白毛女")
        with pytest.raises(ApplicationNotFound):
            await stands(database, other, said="红灯记")


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderThirdParty(ThirdParty):
    """As an older version sealed it."""

    pass_phrase: str


class TestOlderApplications:
    async def test_are_indexed_at_the_start_and_lose_their_phrase(self, database: Database) -> None:
        older = OlderThirdParty(name="李四", relationship="女儿", pass_phrase="红灯记")
        reference = await submitted(database, key="a", third_party=older, pass_phrase="白毛女")
        plain = await submitted(database, key="b")
        await self.forget(database)
        assert await parties.index_older(database) == 2
        assert await parties.index_older(database) == 0
        with pytest.raises(PassPhraseRequired):
            await stands(database, reference, said=None)
        assert await stands(database, reference, said="红灯记") == "submitted"
        assert await stands(database, plain, said=None) == "submitted"
        async with database.reading() as uow:
            kept = await uow.applications.secrets(reference)
        assert kept is not None
        assert kept.third_party == DAUGHTER
        await self.forget(database)
        await parties.index_older(database)
        assert await stands(database, reference, said=None) == "submitted", "nothing is left that tells the phrase"

    @staticmethod
    async def forget(database: Database) -> None:
        async with database.engine.begin() as connection:
            await connection.execute(text("DELETE FROM parties"))


class TestStatusRoute:
    async def test_tells_the_state_for_digits_and_phrase(self, database: Database) -> None:
        reference = await submitted(database, third_party=DAUGHTER, pass_phrase="红灯记")
        async with World.over(database) as world:
            address, tail = f"/api/v1/applications/{reference}", {"X-Phone-Tail": "1234"}
            asked = problem(await world.client.get(address, headers=tail), 422, "pass_phrase_required")
            assert asked["field"] == "X-Pass-Phrase"
            wrong = await world.client.get(address, headers={**tail, "X-Pass-Phrase": quote("白毛女")})
            nobody = await world.client.get("/api/v1/applications/LA-2026-9NM6-7", headers=tail)
            assert problem(wrong, 404, "application_not_found") == problem(nobody, 404, "application_not_found")
            right = await world.client.get(address, headers={**tail, "X-Pass-Phrase": quote("红灯记")})
            assert right.json()["state"] == "submitted"
            for damaged in ("%FF%FE", "%", "x" * 5000):
                answer = await world.client.get(address, headers={**tail, "X-Pass-Phrase": damaged})
                problem(answer, 404, "application_not_found")

    async def test_counts_every_phrase_that_is_tried(self, database: Database) -> None:
        reference = await submitted(database, third_party=DAUGHTER, pass_phrase="红灯记")
        limits = Limiter(limits={**LIMITS, "application.status.reference": "2/hour"})
        async with World.over(database, limits=limits) as world:
            codes = [
                (
                    await world.client.get(
                        f"/api/v1/applications/{reference}",
                        headers={"X-Phone-Tail": "1234", "X-Pass-Phrase": quote(said)},
                    )
                ).status_code
                for said in ("白毛女", "沙家浜", "红灯记")
            ]
        assert codes == [404, 404, 429]
