"""What leaves the vault for trying a changed rulebook names nobody, and its leaving is on record."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from api.__main__ import case_of
from api.db.engine import Database
from api.domain.correction import Correction, Ground
from api.services import corrections
from api.services.export import Exported, PurposeMissing, assessments
from knowledge_base.assess import Assessor, FactRefused
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous
from knowledge_base.rules.cases import judge, read_cases
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import Facts, Outcome, Verdict
from tests.http.world import EVERYWHERE, NOON, STAFF, submitted

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


async def noted(database: Database, reference: str, *, why: str = "张三丰说他是打工的") -> None:
    async with database.unit_of_work() as uow:
        await corrections.correct(
            uow,
            reference=reference,
            viewer=EVERYWHERE,
            by=STAFF,
            outcome=Outcome.NEEDS_PERSON,
            ground=Ground.LOCAL_RULE,
            article="《法律援助法》第三十一条第九项",
            why=why,
            cites={"法律援助法"}.__contains__,
            now=NOON,
        )
        await uow.commit()


async def cases(database: Database, assessor: Assessor, *, purpose: str = "给律师看") -> Exported:
    regions, titles = Regions.load(), Taxonomy.load().titles

    def as_case(correction: Correction, facts: Facts, region: str | None, on: date) -> str:
        return case_of(
            correction, anonymous(facts, region=region, on=on, assessor=assessor, regions=regions), titles=titles
        )

    async with database.unit_of_work() as uow:
        found = await corrections.cases(uow, as_case=as_case, purpose=purpose, now=NOON)
        await uow.commit()
    return found


class TestCorrectionsAsCases:
    async def test_are_read_and_judged_like_any_other_case(
        self, database: Database, assessor: Assessor, tmp_path: Path
    ) -> None:
        facts = {
            "matter": "labour.wages",
            "applicant.age": 43,
            "household.monthly_income_per_capita": Decimal("1234.5"),
        }
        await noted(database, await submitted(database, key="a", facts=facts, region="231002"))
        await noted(database, await submitted(database, key="b", facts={"matter": "debt.private_loan"}, region=None))
        await submitted(database, key="c", region="231002")
        file = tmp_path / "corrected.yml"
        file.write_text("".join((await cases(database, assessor)).lines), encoding="utf-8")
        read = {case.facts["matter"]: case for case in read_cases(file)}
        assert read.keys() == {"labour.wages", "debt.private_loan"}
        wages = read["labour.wages"]
        assert (wages.region, wages.on, wages.expect) == ("231000", date(2026, 11, 1), {"outcome": "needs_person"})
        assert wages.facts["applicant.age"] == 40

        def run(facts: Facts, region: str | None, on: date) -> Verdict:
            return assessor.assess(facts, region=region, on=on)

        wrong = {name: list(judge(case, run, FactRefused, assessor.engine.rulebook)) for name, case in read.items()}
        assert wrong["labour.wages"] == []
        assert wrong["debt.private_loan"] == ["outcome: 'unlikely' instead of 'needs_person'"]

    async def test_name_nobody(self, database: Database, assessor: Assessor) -> None:
        reference = await submitted(database, region="231002")
        await noted(database, reference)
        (case,) = (await cases(database, assessor)).lines
        for personal in (reference, "张三丰", "13904531234", "老板", "1200.5", "231002", "打工的"):
            assert personal not in case
        assert "当地另有规定，《法律援助法》第三十一条第九项" in case

    async def test_hold_the_last_correction_of_each_and_leave_out_what_has_no_facts(
        self, database: Database, assessor: Assessor
    ) -> None:
        reference = await submitted(database, key="a")
        await noted(database, reference, why="一")
        await noted(database, reference, why="二")
        await noted(database, await submitted(database, key="b", facts={}))
        found = await cases(database, assessor)
        assert (len(found.lines), found.left_out) == (1, 1)
        async with database.reading() as uow:
            entry = (await uow.audit.of("applications"))[-1].entry
        assert (entry.action, entry.data) == (
            "corrections.exported",
            {"purpose": "给律师看", "count": 1, "left_out": 1},
        )

    async def test_need_a_purpose(self, database: Database, assessor: Assessor) -> None:
        with pytest.raises(PurposeMissing):
            await cases(database, assessor, purpose="")
