"""What leaves the vault for trying a changed rulebook names nobody, and its leaving is on record."""

import json
from decimal import Decimal

import pytest

from api.db.engine import Database
from api.services.export import Exported, PurposeMissing, assessments
from knowledge_base.assess import Assessor
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous
from knowledge_base.types import Facts
from tests.http.world import NOON, submitted

pytestmark = pytest.mark.http


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


async def exported(database: Database, assessor: Assessor, *, purpose: str = "试新规则") -> Exported:
    regions = Regions.load()

    def nameless(facts: Facts, region: str | None, on: object) -> str:
        return anonymous(facts, region=region, on=on, assessor=assessor, regions=regions)  # type: ignore[arg-type]

    async with database.unit_of_work() as uow:
        found = await assessments(uow, anonymous=nameless, purpose=purpose, now=NOON)
        await uow.commit()
    return found


class TestExport:
    async def test_holds_the_facts_of_every_application_and_nobody(
        self, database: Database, assessor: Assessor
    ) -> None:
        facts = {
            "matter": "labour.wages",
            "household.monthly_income_per_capita": Decimal("1234.5"),
            "applicant.age": 43,
        }
        references = [
            await submitted(database, key="a", facts=facts, region="231002"),
            await submitted(database, key="b", region="110105"),
        ]
        lines = (await exported(database, assessor)).lines
        told = {line["region"]: line for line in map(json.loads, lines)}
        assert told.keys() == {"231000", "110000"}
        assert told["231000"]["facts"] == {
            "matter": "labour.wages",
            "household.monthly_income_per_capita": "1200",
            "applicant.age": 40,
        }
        assert {line["on"] for line in told.values()} == {"2026-11-01"}
        for personal in (*references, "张三丰", "13904531234", "老板拖了", "1234.5", "1200.5", "231002", "110105"):
            assert personal not in "".join(lines)

    async def test_is_in_the_audit_chain_with_its_purpose(self, database: Database, assessor: Assessor) -> None:
        await submitted(database)
        await exported(database, assessor, purpose="试2027年的标准")
        async with database.reading() as uow:
            entry = (await uow.audit.of("applications"))[-1].entry
        assert (entry.action, entry.data) == (
            "assessments.exported",
            {"purpose": "试2027年的标准", "count": 1, "left_out": 0},
        )

    async def test_counts_what_the_rulebook_has_no_words_for_any_more(self, database: Database) -> None:
        await submitted(database, key="a", region="231002")
        await submitted(database, key="b", region="110105")
        async with database.unit_of_work() as uow:
            found = await assessments(
                uow, anonymous=lambda _, region, __: region if region == "110105" else None, purpose="试", now=NOON
            )
        assert (found.lines, found.left_out) == (("110105",), 1)

    async def test_needs_a_purpose(self, database: Database, assessor: Assessor) -> None:
        with pytest.raises(PurposeMissing):
            await exported(database, assessor, purpose=" ")

    async def test_goes_on_past_one_page(
        self, database: Database, assessor: Assessor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Two hundred applications would only make the test slow; the page is what is tried.
        monkeypatch.setattr("api.services.export._PAGE", 2)
        for number in range(5):
            await submitted(database, key=str(number))
        assert len((await exported(database, assessor)).lines) == 5
