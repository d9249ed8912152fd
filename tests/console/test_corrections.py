"""A pre-screen that came out wrong: what staff say of it, who may, what is kept where."""

import pytest

from api.domain.correction import Correction, CorrectionRefused, Ground, corrected
from api.domain.staff import Role
from knowledge_base.assess import Assessor
from knowledge_base.types import Outcome
from tests.console.office import TheOffice

pytestmark = pytest.mark.http

ASSESSOR = Assessor.load()
WHY = "王大山在工地按天结账，没有合同，按《工资支付办法》也算打工。"
GOOD = {"outcome": "needs_person", "ground": "fact_misheard", "article": "《法律援助法》第四十二条第三项", "why": WHY}


async def posted(office: TheOffice, reference: str, role: Role = Role.DUTY_LAWYER, **changed: str) -> int:
    path = f"/staff/applications/{reference}"
    browser = await office.signed_in(role)
    return (await browser.post(f"{path}/correction", page=path, **{**GOOD, **changed})).status_code


def on_article(article: str) -> Correction:
    return corrected(
        was=Outcome.LIKELY,
        outcome=Outcome.UNLIKELY,
        ground=Ground.RULE_WRONG,
        article=article,
        why="错了",
        cites=ASSESSOR.cites,
    )


class TestCorrection:
    async def test_stands_on_the_page_with_its_reason_and_in_the_history(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.DUTY_LAWYER)
        path = f"/staff/applications/{reference}"
        assert "结论不对，改判" in (await browser.get(path)).text
        answer = await browser.post(f"{path}/correction", page=path, **GOOD)
        assert answer.headers["location"] == f"{path}?done=corrected#verdict-title"
        html = (await browser.get(answer.headers["location"])).text
        assert "应为“需人工判断”：事实问错了或者听错了，依据《法律援助法》第四十二条第三项。" in html
        assert WHY in html
        assert "改判了预筛结论" in html
        assert "改判已经记下" in html

    async def test_keeps_the_words_out_of_the_audit_chain(self, office: TheOffice) -> None:
        reference = await office.application()
        assert await posted(office, reference) == 303
        (entry,) = await office.audit("application.verdict_corrected")
        assert entry == {
            "by": "iddutylawyer",
            "subject": reference,
            "was": "likely",
            "outcome": "needs_person",
            "ground": "fact_misheard",
            "article": "《法律援助法》第四十二条第三项",
            "why": "<pii:correction:1>",
        }

    async def test_can_be_made_anew_and_the_last_one_stands(self, office: TheOffice) -> None:
        reference = await office.application()
        await posted(office, reference)
        await posted(office, reference, outcome="unlikely", ground="law_changed", article="", why="标准变了。")
        html = (await (await office.signed_in(Role.AUDITOR)).get(f"/staff/applications/{reference}")).text
        assert "应为“可能不符合”：法律已经变了。" in html
        assert "标准变了。" in html
        assert WHY not in html
        assert len(await office.audit("application.verdict_corrected")) == 2

    @pytest.mark.parametrize(
        ("changed", "code", "status"),
        [
            ({"outcome": "likely"}, "correction_same", 422),
            ({"why": "  "}, "correction_why_empty", 422),
            ({"why": "长" * 501}, "correction_too_long", 422),
            ({"article": "听王大山说的"}, "article_malformed", 422),
            ({"article": "《法律援助法》第四十二条 王大山"}, "article_malformed", 422),
            ({"article": "《王大山住东安区的案子》第四十二条"}, "article_unknown", 422),
            ({"outcome": "granted"}, "form_malformed", 400),
            ({"ground": ""}, "form_malformed", 400),
        ],
    )
    async def test_is_refused_where_it_says_nothing_or_too_much(
        self, office: TheOffice, changed: dict[str, str], code: str, status: int
    ) -> None:
        reference = await office.application()
        path = f"/staff/applications/{reference}"
        answer = await (await office.signed_in(Role.OPERATOR)).post(
            f"{path}/correction", page=path, **{**GOOD, **changed}
        )
        assert answer.status_code == status
        assert code in answer.text
        assert await office.audit("application.verdict_corrected") == []

    async def test_is_not_for_those_who_only_read(self, office: TheOffice) -> None:
        reference = await office.application()
        assert await posted(office, reference, Role.AUDITOR) == 403
        html = (await (await office.signed_in(Role.AUDITOR)).get(f"/staff/applications/{reference}")).text
        assert "结论不对，改判" not in html

    async def test_of_an_unknown_reference_finds_nothing(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.MANAGER)
        answer = await browser.post("/staff/applications/LA-2026-2222-2/correction", **GOOD)
        assert answer.status_code == 404


class TestArticle:
    @pytest.mark.parametrize(
        "article",
        [
            "《法律援助法》第三十二条",
            "《中华人民共和国法律援助法》第三十二条第四项",
            "《法律援助法》第四十二条第一项、第三项",
            "",
        ],
    )
    def test_is_a_law_and_its_number(self, article: str) -> None:
        noted = on_article(article)
        assert noted.article == (article or None)

    @pytest.mark.parametrize(
        ("article", "code"),
        [
            *((each, "article_malformed") for each in ("第三十二条", "《法》第1条", "《法律援助法》", "13812345678")),
            ("《法律援助法》第三条张三", "article_malformed"),
            ("《张三13812345678》第三条", "article_unknown"),
            ("《工资支付办法》第三条", "article_unknown"),
        ],
    )
    def test_is_nothing_else(self, article: str, code: str) -> None:
        with pytest.raises(CorrectionRefused) as refused:
            on_article(article)
        assert refused.value.code == code
