"""Statutes and damaged policy pages become clauses; nothing is lost on the way."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.corpus import Clause, Document
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed, find_date, find_number
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import looks_like_statute, parse_statute
from knowledge_base.text import to_numeral

pytestmark = pytest.mark.unit

LAW = """# 中华人民共和国某某法

2018年10月26日 第十三届全国人民代表大会常务委员会第六次会议通过
2019年1月1日 施行

<!-- INFO END -->

## 第一章 总　则
\u200b
第一条 为了保护当事人，制定本法。

第二条 本法所称当事人：

（一）公民；

（二）法人。

## 第二章 附则

第三条 本法自2019年1月1日起施行。
"""

PAGE = """-设为首页- -加入收藏-
索引号: 1/2 | 效力状态: 有效 |
发布机构: 某某市司法局 成文日期: 2019年3月2日
发布日期: 2020-05-06 来源: 残联
关于印发《某某市2019年惠民实施方案》的通知
某司发〔20197号
各县(市)区司法局:
现将方案印发给你们,请认真贯彻执行。
某某市2019年惠民
实施方案
为方便群众,制定本方案。
一、服务安排
(一)咨询
1.对象
广大群众。
2.时间
每周三值班一次。
)申请受理。行动不便的,可以上门。
二、保障
三管理。建立台账,由张小三具体负责,定期检查。
四)考核。一是按月报送。二是年底总结。
组 长:李四 司法局局长
联系电话:6888997
版权所有:某某市司法局 邮政编码:100000
"""


def only(parsed: Parsed) -> Document:
    (document,) = parsed.documents
    return document


def marks(document: Document) -> list[str]:
    return [clause.mark for clause in document.clauses]


def clause(document: Document, mark: str) -> Clause:
    return next(c for c in document.clauses if c.mark == mark)


class TestAStatute:
    def test_is_cut_into_its_articles_with_their_chapters(self) -> None:
        law = only(parse_statute(LAW, name="某某法(2018-10-26)"))
        assert marks(law) == ["第一条", "第二条", "第三条"]
        assert clause(law, "第二条").text == "本法所称当事人：\n（一）公民；\n（二）法人。"
        assert clause(law, "第三条").headings == ("第二章 附则",)

    def test_takes_version_and_effect_from_name_and_text(self) -> None:
        law = only(parse_statute(LAW, name="某某法(2018-10-26)"))
        assert (law.issued, law.effective_from) == (date(2018, 10, 26), date(2019, 1, 1))
        assert law.id == "某某法@2018-10-26"

    def test_does_not_believe_a_day_of_effect_before_its_own_issue(self) -> None:
        parsed = parse_statute(LAW, name="某某法(2021-04-29)")
        assert only(parsed).effective_from == date(2021, 4, 29)
        assert parsed.notes

    def test_reports_an_article_that_comes_twice(self) -> None:
        parsed = parse_statute(LAW + "\n第三条 又来一次。\n", name="某某法")
        assert [problem.text for problem in parsed.problems] == ["第三条重复出现"]

    def test_is_told_from_a_policy_page(self) -> None:
        assert looks_like_statute(LAW)
        assert not looks_like_statute(PAGE)

    def test_without_articles_is_refused(self) -> None:
        with pytest.raises(FileRefused):
            parse_statute("# 空法\n", name="空法")


class TestAPolicyPage:
    @pytest.fixture
    def parsed(self) -> Parsed:
        return parse_policy(PAGE, name="page", locate=lambda text: "640100" if "某某市" in text else None)

    def test_gives_its_own_title_number_issuer_and_place(self, parsed: Parsed) -> None:
        plan = only(parsed)
        assert plan.title == "某某市2019年惠民实施方案"
        assert plan.number == "某司发〔2019〕7号"
        assert (plan.issuer, plan.region) == ("某某市司法局", "640100")

    def test_keeps_the_day_of_writing_apart_from_the_day_of_posting(self, parsed: Parsed) -> None:
        plan = only(parsed)
        assert (plan.issued, plan.published) == (date(2019, 3, 2), date(2020, 5, 6))
        assert plan.plan_end == date(2019, 12, 31)

    def test_repairs_broken_marks_in_order(self, parsed: Parsed) -> None:
        assert "(二)" in marks(only(parsed))
        assert clause(only(parsed), "(二)").text.startswith("申请受理")
        assert clause(only(parsed), "(三)").text.startswith("管理")

    def test_splits_points_counted_in_one_paragraph(self, parsed: Parsed) -> None:
        assert clause(only(parsed), "(四)").text.startswith("考核")

    def test_names_a_clause_by_its_whole_path(self, parsed: Parsed) -> None:
        assert clause(only(parsed), "(一)2").text == "每周三值班一次。"
        assert clause(only(parsed), "(一)2").headings == ("服务安排", "咨询", "时间")

    def test_never_shows_officials_and_their_phones(self, parsed: Parsed) -> None:
        shown = "".join(c.text for c in only(parsed).clauses)
        for hidden in ("张小三", "李四", "6888997"):
            assert hidden not in shown
            assert any(hidden in blocked for blocked in only(parsed).blocked)

    def test_leaves_the_page_behind_and_says_which_lines(self, parsed: Parsed) -> None:
        shown = "".join(c.text for c in only(parsed).clauses)
        assert "设为首页" not in shown
        assert "版权所有" not in shown
        assert {1, 24} <= {note.line for note in parsed.notes if "页面文字" in note.text}
        assert not parsed.problems

    def test_of_an_unknown_place_is_refused_unless_told(self) -> None:
        with pytest.raises(FileRefused, match="--region"):
            parse_policy(PAGE, name="page", locate=lambda _text: None)
        assert only(parse_policy(PAGE, name="page", locate=lambda _text: None, region="320400")).region == "320400"


class TestTheFiveLocalDocuments:
    @pytest.mark.parametrize(
        ("number", "title", "document_number", "region", "issued", "published", "plan_end"),
        [
            ("000", "关于完善法律援助制度的实施意见", None, "231000", (2017, 8, 28), (2017, 9, 12), None),
            (
                "001",
                "高平市2024年“免费法律咨询和特殊群体法律援助惠民工程”实施方案",
                "高司字〔2024〕6号",
                "140581",
                (2024, 4, 30),
                (2024, 4, 30),
                (2024, 12, 31),
            ),
            (
                "002",
                "关于进一步加强法律援助工作的意见",
                "常政办发〔2004〕123号",
                "320400",
                (2004, 12, 20),
                (2016, 11, 22),
                None,
            ),
            ("003", "2018年法律援助为民办实事实施方案", None, "640100", (2018, 3, 1), (2018, 3, 1), (2018, 12, 31)),
            (
                "004",
                "关于加快推进公共法律服务体系建设的指导意见",
                None,
                "230000",
                (2015, 6, 24),
                (2015, 7, 1),
                (2020, 12, 31),
            ),
        ],
    )
    def test_are_read_whole(  # noqa: PLR0913, PLR0917 - one row of facts a document
        self,
        number: str,
        title: str,
        document_number: str | None,
        region: str,
        issued: tuple[int, int, int],
        published: tuple[int, int, int],
        plan_end: tuple[int, int, int] | None,
        *,
        seeds: Callable[[str], Path],
        locate: Locate,
    ) -> None:
        file = seeds(number)
        parsed = parse_policy(file.read_text("utf-8"), name=file.stem, locate=locate)
        document = only(parsed)
        assert (document.title, document.number, document.region) == (title, document_number, region)
        assert (document.issued, document.published) == (date(*issued), date(*published))
        assert document.plan_end == (date(*plan_end) if plan_end else None)
        assert not parsed.problems
        assert len(set(marks(document))) == len(document.clauses)

    @pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
    def test_lose_no_line(self, number: str, *, seeds: Callable[[str], Path], locate: Locate) -> None:
        text = seeds(number).read_text("utf-8")
        document = only(parse_policy(text, name=number, locate=locate))
        kept = "".join(c.text for c in document.clauses) + "".join(h for c in document.clauses for h in c.headings)
        lines = [line.strip(" \u3000\xa0") for line in text.splitlines()]
        long = [line for line in lines if len(line) > 70 and "冯涛" not in line and "ICP" not in line]
        assert len(long) > 5
        for line in long:
            assert line[-25:] in kept, line

    def test_of_mudanjiang_has_all_eighteen_numbers(self, seeds: Callable[[str], Path], locate: Locate) -> None:
        document = only(parse_policy(seeds("000").read_text("utf-8"), name="m", locate=locate))
        numbers = [to_numeral(n) for n in range(1, 19)]
        assert [m for m in marks(document) if m.startswith("(")] == [f"({n})" for n in numbers]
        assert "不审查经济困难条件" in clause(document, "(十)").text

    def test_of_yinchuan_hides_its_contact(self, seeds: Callable[[str], Path], locate: Locate) -> None:
        document = only(parse_policy(seeds("003").read_text("utf-8"), name="y", locate=locate))
        shown = "".join(c.text for c in document.clauses)
        for hidden in ("6888997", "ycflyz", "马", "冯涛", "孙旭东"):
            assert hidden not in shown
        assert "1500件" in clause(document, "二").text
        assert "8种情形" in clause(document, "三(一)2").text

    def test_of_changzhou_does_not_offer_the_phone_of_another_office(
        self, seeds: Callable[[str], Path], locate: Locate
    ) -> None:
        document = only(parse_policy(seeds("002").read_text("utf-8"), name="c", locate=locate))
        assert "89966011" not in "".join(c.text for c in document.clauses)


def test_every_statute_keeps_every_article(laws: Path) -> None:
    files = sorted(laws.glob("*.md"))
    assert len(files) == 74
    for file in files:
        text = file.read_text("utf-8")
        parsed = parse_statute(text, name=file.stem)
        articles = [m for m in marks(only(parsed)) if m != "序言"]
        printed = [line for line in text.splitlines() if line.startswith("第") and "条 " in line[:14]]
        assert len(articles) == len(printed), file.name
        assert not parsed.problems, file.name


class TestACollection:
    LINES = (
        '{"id": "a1", "title": "某法", "clause": "第一条", "text": "甲"}\n'
        '{"id": 2, "title": "某法", "clause": "第二条", "text": "乙"}\n'
        "not json\n"
        '{"id": "a1", "title": "某法", "clause": "第三条", "text": "丙"}\n'
        '{"id": "a4", "title": "他法", "clause": "第一条", "text": ""}\n'
    )

    def test_keeps_its_own_ids(self) -> None:
        parsed = parse_articles(self.LINES, collection="c")
        assert [c.id for c in only(parsed).clauses] == ["a1", "2"]

    def test_reports_lines_it_cannot_use(self) -> None:
        assert [p.line for p in parse_articles(self.LINES, collection="c").problems] == [3, 4, 5]

    def test_without_a_usable_line_is_refused(self) -> None:
        with pytest.raises(FileRefused):
            parse_articles("nothing\n", collection="c")


class TestDatesAndNumbers:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("2024年4月30日", date(2024, 4, 30)),
            ("2017年8月28", date(2017, 8, 28)),
            ("二○○四年十二月二十日", date(2004, 12, 20)),
            ("01.07.2015  18:43", date(2015, 7, 1)),
            ("2017-9-12", date(2017, 9, 12)),
            ("２０２４年３月１５日", date(2024, 3, 15)),
            ("2024年13月1日", None),
            ("没有日期", None),
        ],
    )
    def test_dates_are_read_in_every_form(self, text: str, day: date | None) -> None:
        assert find_date(text) == day

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("常政办发〔2004123", "常政办发〔2004〕123号"),
            ("中办发201537号", "中办发〔2015〕37号"),
            ("黑办发〔201560号", "黑办发〔2015〕60号"),
            ("高司字〔2024〕6号", "高司字〔2024〕6号"),
            ("常司发[2004]96号", "常司发〔2004〕96号"),
            ("晋司规[2025]第4号", "晋司规〔2025〕4号"),
            ("（财综〔2021〕3号）", "财综〔2021〕3号"),
            ("（财综（2021）3号）", "财综〔2021〕3号"),
            ("高司字〔２０２４〕６号", "高司字〔2024〕6号"),
            ("详见财综〔2021〕3号的规定", None),
            ("2024年", None),
        ],
    )
    def test_numbers_get_their_brackets_back(self, text: str, number: str | None) -> None:
        assert find_number(text) == number


class TestANoticeWithoutSections:
    NOTICE = (
        "高平市法律援助中心关于调整接待时间的通知\n各乡镇工作站：\n"
        "自2026年3月1日起，中心接待时间调整为周一至周五上午9时至12时。\n联系人：王小明，电话0356-1234567。\n"
        "高平市司法局\n2026年2月20日\n"
    )

    def test_is_one_clause_with_its_title_date_and_issuer(self) -> None:
        (document,) = parse_policy(self.NOTICE, name="notice.txt", locate=lambda _: "140581").documents
        assert document.title == "高平市法律援助中心关于调整接待时间的通知"
        assert (document.issuer, document.issued) == ("高平市司法局", date(2026, 2, 20))
        (clause,) = document.clauses
        assert clause.mark == "全文"
        assert "周一至周五上午9时至12时" in clause.text
        assert "王小明" not in clause.text
        assert "1234567" not in clause.text

    @pytest.mark.parametrize("text", ["首页 登录 注册\n下一页\n", "没有标点\n只有半句\n", "只有一句话，没有标题。\n"])
    def test_is_refused_where_nothing_is_said_or_nothing_names_it(self, text: str) -> None:
        with pytest.raises(FileRefused, match="没有找到"):
            parse_policy(text, name="page.txt", locate=lambda _: "140581")
