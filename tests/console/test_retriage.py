"""A matter that was taken for another is put right, and becomes a case that names nobody."""

import json

import pytest

from api.domain.staff import Role
from api.services import retriage
from api.services.export import PurposeMissing
from api.services.vault import tokens
from knowledge_base.assess import Assessor
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


@pytest.fixture(scope="module")
def law() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def listening(office: TheOffice, law: Assessor) -> TheOffice:
    office.law = law
    return office


class TestACorrectedMatter:
    async def test_stands_in_the_queue_and_in_the_history(self, listening: TheOffice) -> None:
        reference = await listening.application()
        browser = await listening.signed_in(Role.DUTY_LAWYER)
        answer = await browser.post(
            f"/staff/applications/{reference}/matter", matter="family.maintenance", sentence="儿子不管我"
        )
        assert answer.status_code == 303
        assert "赡养费" in (await browser.get("/staff")).text
        html = (await browser.get(f"/staff/applications/{reference}")).text
        assert "更正了事项" in html
        (noted,) = await listening.audit(retriage.CORRECTED)
        assert (noted["was"], noted["matter"], noted["by"]) == ("labour.wages", "family.maintenance", "iddutylawyer")
        assert tokens(str(noted["sentence"])) == (noted["sentence"],)

    @pytest.mark.parametrize(
        ("matter", "sentence", "code"),
        [
            ("labour.wages", "", "matter_same"),
            ("labour.moon", "", "matter_unfit"),
            ("family.maintenance", "王大山的儿子不管他", "sentence_personal"),
            ("family.maintenance", "打 13812345678 没人接", "sentence_personal"),
            ("family.maintenance", "不管我" * 80, "sentence_too_long"),
        ],
    )
    async def test_is_refused_where_it_says_nothing_or_too_much(
        self, listening: TheOffice, matter: str, sentence: str, code: str
    ) -> None:
        reference = await listening.application()
        browser = await listening.signed_in(Role.OPERATOR)
        answer = await browser.post(f"/staff/applications/{reference}/matter", matter=matter, sentence=sentence)
        assert answer.status_code == 422
        assert code in answer.text
        assert await listening.audit(retriage.CORRECTED) == []


class TestTheExport:
    async def test_holds_the_latest_word_on_each_and_nobody(self, listening: TheOffice) -> None:
        references = [await listening.application() for _ in range(3)]
        browser = await listening.signed_in(Role.OPERATOR)
        for reference, matter, sentence in (
            (references[0], "family.divorce", "想离婚"),
            (references[0], "family.maintenance", "儿子不管我"),
            (references[1], "family.divorce", ""),
        ):
            await browser.post(f"/staff/applications/{reference}/matter", matter=matter, sentence=sentence)
        async with listening.database.unit_of_work() as uow:
            found = await retriage.cases(uow, purpose="给分诊加案例", now=listening.clock())
            await uow.commit()
        assert found.left_out == 1
        (line,) = found.lines
        assert json.loads(line) == {
            "text": "儿子不管我",
            "matter": "family.maintenance",
            "was": ["family.divorce"],
        }
        (exported,) = await listening.audit("matters.exported")
        assert (exported["purpose"], exported["count"]) == ("给分诊加案例", 1)

    async def test_needs_a_purpose(self, listening: TheOffice) -> None:
        async with listening.database.unit_of_work() as uow:
            with pytest.raises(PurposeMissing):
                await retriage.cases(uow, purpose=" ", now=listening.clock())
