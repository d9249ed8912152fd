"""Statutes on bare pages and policies in other shapes than the five we know are read as well."""

from datetime import date

import pytest

from knowledge_base.corpus import Clause, Document
from knowledge_base.ingest.parsed import Parsed
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import parse_statute

pytestmark = pytest.mark.unit

BARE = """当前位置：首页 > 法规
山西省某某条例
（2019年9月27日山西省第十三届人民代表大会常务委员会第十三次会议通过 2024年11月28日修订 自2025年1月1日起施行）
目 录
第一章 总则
第二章 附则
第一章　总　则
第一条为了规范工作，制定本条例。
第二条　有下列情形之一的：
（一）申请政府信息公开；
（二）经技术支持部门通过扫一扫核验的；
第一条规定的情形除外。
第二条之一 补充规定。
第二章 附则
第三条本条例自2025年1月1日起施行。
上一篇：某某 下一篇：某某
版权所有：某某
"""


def only(parsed: Parsed) -> Document:
    (document,) = parsed.documents
    return document


def marks(document: Document) -> list[str]:
    return [clause.mark for clause in document.clauses]


def clause(document: Document, mark: str) -> Clause:
    return next(c for c in document.clauses if c.mark == mark)


class TestAStatuteOnABarePage:
    @pytest.fixture
    def parsed(self) -> Parsed:
        return parse_statute(BARE, name="download", locate=lambda text: "140000" if "山西" in text else None)

    def test_has_its_title_place_and_dates(self, parsed: Parsed) -> None:
        law = only(parsed)
        assert (law.title, law.region) == ("山西省某某条例", "140000")
        assert (law.issued, law.effective_from) == (date(2024, 11, 28), date(2025, 1, 1))

    def test_has_chapters_that_open_the_articles_and_not_the_contents(self, parsed: Parsed) -> None:
        assert {c.mark: c.headings for c in only(parsed).clauses} == {
            "第一条": ("第一章 总 则",),
            "第二条": ("第一章 总 则",),
            "第二条之一": ("第一章 总 则",),
            "第三条": ("第二章 附则",),
        }

    def test_keeps_items_that_speak_like_a_page(self, parsed: Parsed) -> None:
        assert clause(only(parsed), "第二条").text.split("\n") == [
            "有下列情形之一的：",
            "（一）申请政府信息公开；",
            "（二）经技术支持部门通过扫一扫核验的；",
            "第一条规定的情形除外。",
        ]

    def test_ends_where_the_page_goes_on(self, parsed: Parsed) -> None:
        assert clause(only(parsed), "第三条").text == "本条例自2025年1月1日起施行。"
        assert {note.line for note in parsed.notes} >= {1, 16, 17}
        assert not parsed.problems

    def test_of_the_nation_stays_the_nations_whatever_its_title_begins_with(self) -> None:
        text = BARE.replace("山西省第十三届人民代表大会", "第十三届全国人民代表大会")
        assert only(parse_statute(text, name="x", locate=lambda _text: "140000")).region == "CN"

    def test_hides_persons_and_ends_when_it_says_so(self) -> None:
        text = "第一条 由王建国具体负责。\n联系人:李四\n第二条 许可证有效期3年。\n第三条 本办法自2022年3月1日起施行,有效期5年。\n"
        law = only(parse_statute(text, name="某市某某办法(2022-01-10)", region="640100"))
        assert clause(law, "第一条").text == "由〔姓名不公开〕具体负责。"
        assert law.blocked == ("王建国", "联系人:李四")
        assert law.plan_end == date(2027, 2, 28)

    def test_reports_an_article_that_is_missing(self) -> None:
        parsed = parse_statute("第一条 甲。\n第二条 乙。\n第四条 丁。\n", name="某法")
        assert [(p.line, p.text) for p in parsed.problems] == [(3, "条号不连续：这里是第四条")]

    def test_gives_an_article_that_comes_twice_an_id_of_its_own(self) -> None:
        law = only(parse_statute("第一条 甲。\n第二条 乙。\n第二条 丙。\n", name="某法"))
        assert [c.id for c in law.clauses] == [None, None, "某法@无日期#第二条~2"]


class TestAPolicyInOtherShapes:
    BODY = "{head}某市办法\n为了规范工作。\n一、总则\n甲。\n二、附则\n{last}\n"

    def read(self, last: str, *, head: str = "成文日期:2022年1月10日\n") -> Document:
        text = self.BODY.format(head=head, last=last)
        return only(parse_policy(text, name="p", locate=lambda _text: "640100"))

    @pytest.mark.parametrize(
        ("last", "effective", "end"),
        [
            ("本办法自2022年3月1日起施行。", (2022, 3, 1), None),
            ("本办法自印发之日起施行,有效期5年。", (2022, 1, 10), (2027, 1, 9)),
            ("本办法自2022年3月1日起施行,有效期至2027年2月28日。", (2022, 3, 1), (2027, 2, 28)),
            ("本办法自2022年3月1日起实施,有效期为三年。", (2022, 3, 1), (2025, 2, 28)),
            ("自2003年1月1日起施行的办法作废。", (2022, 1, 10), None),
        ],
    )
    def test_says_from_when_to_when_it_counts(
        self, last: str, effective: tuple[int, int, int], end: tuple[int, int, int] | None
    ) -> None:
        document = self.read(last)
        assert document.effective_from == date(*effective)
        assert document.plan_end == (date(*end) if end else None)

    def test_takes_the_fields_by_their_other_names(self) -> None:
        head = "发文机关：某市司法局 文号：某司发〔2022〕3号 发文日期：2022-01-10 发布时间：2022-02-01 有效性：有效\n"
        document = self.read("乙。", head=head)
        assert (document.issuer, document.number) == ("某市司法局", "某司发〔2022〕3号")
        assert (document.issued, document.published) == (date(2022, 1, 10), date(2022, 2, 1))
        assert document.stated_valid

    def test_is_read_with_markdown_signs_and_tables(self) -> None:
        text = "# 某市办法\n\n## 一、目标\n\n**全年**办理。\n\n| 县区 | 件数 |\n|---|---|\n| 一、甲区 | 3 |\n\n## 二. 附则\n\n乙。\n"
        document = only(parse_policy(text, name="p", locate=lambda _text: "640100"))
        assert clause(document, "一").text == "全年办理。\n县区 | 件数\n一、甲区 | 3"
        assert clause(document, "二").text == "乙。"

    def test_reports_a_clause_that_is_missing(self) -> None:
        text = "某市办法\n一、甲\n(一)子。\n(三)寅。\n三、丙\n丙。\n"
        parsed = parse_policy(text, name="p", locate=lambda _text: "640100")
        assert [(p.line, p.text) for p in parsed.problems] == [
            (4, "条款号不连续：这里是(三)"),
            (5, "条款号不连续：这里是三"),
        ]

    def test_knows_deeper_marks(self) -> None:
        text = "某市办法\n一、甲\n（一）乙\n1．丙\n1）丁：\n①戊。\n②己。\n（二）庚。\n"
        document = only(parse_policy(text, name="p", locate=lambda _text: "640100"))
        assert marks(document) == ["一(一)1(1)", "一(一)1(1)①", "一(一)1(1)②", "一(二)"]
