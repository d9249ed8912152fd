"""A place's rules in articles stay that place's, keep their number, issuer and day, and age as an office's rules do."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.corpus import Document, apply_repeals, in_time
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.authority import Issued, place_of
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed
from knowledge_base.ingest.pdf import read_pdf
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.reader import read_file
from knowledge_base.ingest.statute import parse_statute
from knowledge_base.ingest.store import FileOutcome, ingest, load_documents
from knowledge_base.ingest_cli import locator
from knowledge_base.regions import Regions
from knowledge_base.types import NATION, Standing
from tests.knowledge import papers

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 22)
ARTICLES = "第一条 为了规范工作，制定本办法。\n第二条 每案补助六百元。\n"
RULE = f"""高平市司法局
高司规〔2016〕4号
值班补助办法
{ARTICLES}第三条 本办法自2016年9月1日起施行。
高平市司法局
2016年8月12日
"""


@pytest.fixture
def real_locate(regions: Regions) -> Locate:
    return locator(regions)


def read(text: str, locate: Locate | None, *, name: str = "download") -> Parsed:
    return parse_statute(text, name=name, locate=locate)


def only(parsed: Parsed) -> Document:
    (document,) = parsed.documents
    return document


class TestWhoseRuleItIs:
    @pytest.mark.parametrize(
        ("title", "region"),
        [
            ("牡丹江市贯彻国务院保障工资条例实施办法", "231000"),
            ("国务院《保障农民工工资支付条例》牡丹江市实施办法", "231000"),
            ("中华人民共和国老年人权益保障法高平市实施办法", "140581"),
            ("高平市司法部门联合工作办法", "140581"),
            ("中华人民共和国劳动合同法实施条例", NATION),
            ("中华人民共和国海南自由贸易港法", NATION),
            ("某某促进法", NATION),
            ("司法部关于值班的规定", NATION),
            ("最高人民法院关于上海金融法院案件管辖的规定", NATION),
            ("保障农民工工资支付条例", NATION),
        ],
    )
    def test_is_told_by_its_title(self, title: str, region: str, real_locate: Locate) -> None:
        assert only(read(f"{title}\n{ARTICLES}", real_locate)).region == region

    @pytest.mark.parametrize(
        "title", ["值班补助办法", "贯彻国务院和最高人民法院要求的办法", "某某县值班补助办法", "建设部门联合办法"]
    )
    def test_that_cannot_be_told_is_refused_unless_told(self, title: str, real_locate: Locate) -> None:
        with pytest.raises(FileRefused, match="--region"):
            read(f"{title}\n{ARTICLES}", real_locate)
        assert only(parse_statute(f"{title}\n{ARTICLES}", name="x", region="320400")).region == "320400"

    @pytest.mark.parametrize(
        ("line", "region"),
        [
            ("2003年7月16日 国务院第15次常务会议通过", NATION),
            ("（2006年5月18日司法部令第103号公布）", NATION),
            ("根据2009年8月27日第十一届全国人民代表大会常务委员会第十次会议修正", NATION),
            ("国家市场监督管理总局令第12号", NATION),
            (
                "2020年3月1日常州市第十六届人民代表大会常务委员会第三次会议通过 2020年5月1日江苏省人民代表大会常务委员会批准",
                "320400",
            ),
            ("高平市人民政府令第12号", "140581"),
            ("国家税务总局牡丹江市税务局", "231000"),
        ],
    )
    def test_is_told_by_who_passed_it(self, line: str, region: str, real_locate: Locate) -> None:
        assert only(read(f"值班补助规定\n{line}\n{ARTICLES}", real_locate)).region == region

    def test_is_told_by_who_signed_it(self, real_locate: Locate) -> None:
        assert only(read(RULE, real_locate)).region == "140581"
        assert only(read(f"值班办法\n{ARTICLES}司法部\n2016年8月12日\n", real_locate)).region == NATION

    def test_is_not_changed_by_the_place_given_for_files_that_name_none(self, real_locate: Locate) -> None:
        plan = "高平市值班方案\n一、范围\n本市的案件。\n二、标准\n每案补助六百元。\n"
        for text, place in ((RULE, "140581"), (plan, "140581"), (f"民法典\n{ARTICLES}", NATION)):
            parsed, _ = read_file(Path("x.txt"), text.encode(), locate=real_locate, region="640100")
            assert only(parsed).region == place
            assert [note.text for note in parsed.notes if "640100" in note.text] == [
                f"文件自己写明是 {place} 的，没有按给出的 640100 收"
            ]

    def test_is_the_nations_on_a_citys_page_too(self, real_locate: Locate) -> None:
        page = f"高平市司法局\n发布机构：高平市司法局\n{{}}\n{ARTICLES}"
        assert only(read(page.format("工伤保险条例"), real_locate)).region == NATION
        law = only(read(f"高平市司法局\n中华人民共和国某某法\n{ARTICLES}", real_locate))
        assert (law.region, law.issuer) == (NATION, None)

    def test_is_not_a_known_texts_because_an_office_calls_its_own_alike(self, real_locate: Locate) -> None:
        said = Issued(title="社会救助暂行办法", signed=["高平市民政局"])
        assert place_of(said, real_locate) == "140581"


class TestWhatStandsAroundTheArticles:
    def test_gives_number_issuer_and_day(self, locate: Locate) -> None:
        parsed = read(RULE, locate)
        rule = only(parsed)
        assert (rule.title, rule.number, rule.issuer) == ("值班补助办法", "高司规〔2016〕4号", "高平市司法局")
        assert (rule.issued, rule.effective_from) == (date(2016, 8, 12), date(2016, 9, 1))
        assert rule.clauses[-1].text == "本办法自2016年9月1日起施行。"
        assert not parsed.problems

    def test_gives_them_from_a_cover_letter_too(self, locate: Locate) -> None:
        text = (
            "关于印发《值班人员补助办法》的通知\n高司规〔2016〕4号\n各乡镇司法所：\n现将办法印发给你们，请执行。\n高平市司法局\n"
            f"高平市财政局\n2016年8月12日\n值班人员\n补助办法\n{ARTICLES}"
        )
        parsed = read(text, locate)
        rule = only(parsed)
        assert (rule.title, rule.number) == ("值班人员补助办法", "高司规〔2016〕4号")
        assert (rule.issuer, rule.issued) == ("高平市司法局、高平市财政局", date(2016, 8, 12))
        assert [c.mark for c in rule.clauses] == ["印发通知", "第一条", "第二条"]
        assert not parsed.problems

    @pytest.mark.parametrize(
        ("note", "number", "issuer", "region"),
        [
            (
                "（2025年3月1日中国人民银行、司法部印发 银司规〔2025〕4号）",
                "银司规〔2025〕4号",
                "中国人民银行、司法部",
                NATION,
            ),
            (
                "（2025年3月1日中国人民银行、司法部印发\n银司规〔2025〕4号）",
                "银司规〔2025〕4号",
                "中国人民银行、司法部",
                NATION,
            ),
            ("（2025年3月1日高平市司法局印发高司规[2025]4号）", "高司规〔2025〕4号", "高平市司法局", "140581"),
            (
                "(高平市司法局 高平市财政局 高司规〔2025〕4号 2025年3月1日)",
                "高司规〔2025〕4号",
                "高平市司法局、高平市财政局",
                "140581",
            ),
            (
                "（高司规〔2025〕4号，二〇二五年三月一日高平市司法局发布）",
                "高司规〔2025〕4号",
                "高平市司法局",
                "140581",
            ),
        ],
    )
    @pytest.mark.parametrize("body", [ARTICLES, "一、范围\n本市的案件。\n二、标准\n每案补助六百元。\n"])
    def test_gives_them_from_a_note_under_the_title(  # noqa: PLR0913, PLR0917 - what a note says
        self, note: str, number: str, issuer: str, region: str, body: str, real_locate: Locate
    ) -> None:
        kind = parse_statute if body == ARTICLES else parse_policy
        parsed = kind(f"值班补助办法\n{note}\n{body}", name="x", locate=real_locate)
        rule = only(parsed)
        assert (rule.title, rule.number, rule.issuer, rule.region) == ("值班补助办法", number, issuer, region)
        assert rule.issued == date(2025, 3, 1)
        assert [c.mark for c in rule.clauses] in (["第一条", "第二条"], ["一", "二"])
        assert not parsed.problems

    def test_gives_the_number_beside_what_else_a_note_says(self, locate: Locate) -> None:
        note = "（2025年3月1日局务会议通过 高司规〔2025〕4号）"
        rule = only(read(f"高平市值班补助办法\n{note}\n{ARTICLES}", locate))
        assert (rule.number, rule.issued) == ("高司规〔2025〕4号", date(2025, 3, 1))
        plan = only(
            parse_policy(f"高平市值班补助方案\n{note}\n一、范围\n甲。\n二、标准\n乙。\n", name="x", locate=locate)
        )
        assert (plan.number, plan.issued) == ("高司规〔2025〕4号", date(2025, 3, 1))

    def test_gives_the_number_of_a_decree(self, locate: Locate) -> None:
        text = f"高平市人民政府令\n第12号\n高平市值班办法\n（2005年3月10日公布 自2005年4月1日起施行）\n{ARTICLES}"
        rule = only(read(text, locate))
        assert rule.number == "高平市人民政府令第12号"
        assert (rule.issued, rule.effective_from) == (date(2005, 3, 10), date(2005, 4, 1))

    def test_is_reported_where_it_fits_nowhere(self, locate: Locate) -> None:
        text = f"高平市值班办法\n多出来的一行\n{ARTICLES}高平市司法局\n2016年8月12日\n抄送：市政府。\n"
        assert [(p.line, p.text) for p in read(text, locate).problems] == [
            (2, "标题之下的文字，不知归处：多出来的一行"),
            (7, "正文之后的文字，不知归处：抄送：市政府。"),
        ]

    def test_leaves_the_rows_of_a_markdown_table_and_no_rule_between_them(self, locate: Locate) -> None:
        text = f"# 高平市值班办法\n\n{ARTICLES}\n| 班次 | 补助 |\n|:--|--:|\n| 夜间 | 九百元 |\n"
        assert only(read(text, locate)).clauses[-1].text == "每案补助六百元。\n班次 | 补助\n夜间 | 九百元"


class TestEditions:
    OLD = f"高平市值班暂行办法\n{ARTICLES}第三条 本办法自2019年1月1日起施行。\n"
    NEW = f"高平市值班办法\n{ARTICLES}第三条 本办法自2023年1月1日起施行，《高平市值班暂行办法》同时废止。\n"

    def test_without_a_day_of_writing_are_told_apart_and_put_in_order(self, locate: Locate, tmp_path: Path) -> None:
        for year in (2019, 2023):
            (tmp_path / f"{year}.txt").write_text(self.OLD.replace("2019", str(year)), "utf-8")
        reports = ingest([tmp_path / "2019.txt", tmp_path / "2023.txt"], home=tmp_path / "home", locate=locate)
        assert [r.outcome for r in reports] == [FileOutcome.ADDED, FileOutcome.ADDED]
        documents = load_documents(tmp_path / "home")
        assert [(d.id, d.superseded_from) for d in documents] == [
            ("高平市值班暂行办法@2019-01-01", date(2023, 1, 1)),
            ("高平市值班暂行办法@2023-01-01", None),
        ]

    def test_without_any_day_are_reported(self, locate: Locate) -> None:
        (problem,) = read(f"高平市值班办法\n{ARTICLES}", locate).problems
        assert problem.text.startswith("成文日期和施行日期都没有写明")

    def test_without_a_day_of_writing_repeal_and_are_repealed(self, locate: Locate) -> None:
        texts = [only(read(text, locate)) for text in (self.OLD, self.NEW)]
        ended = {d.title: d.superseded_from for d in apply_repeals(in_time(texts))}
        assert ended == {"高平市值班暂行办法": date(2023, 1, 1), "高平市值班办法": None}

    def test_of_two_places_under_one_title_are_two_texts(self, locate: Locate) -> None:
        there = RULE.replace("高平市", "常州市").replace("高司规", "常司规")
        assert only(read(RULE, locate)).id == "值班补助办法·140581@2016-08-12"
        assert only(read(there, locate)).id == "值班补助办法·320400@2016-08-12"


class TestStanding:
    def test_of_an_offices_own_rule_wears_off(self, locate: Locate) -> None:
        rule = only(read(RULE, locate))
        assert rule.standing(date(2020, 1, 1)) is Standing.UNKNOWN
        assert rule.standing(TODAY) is Standing.HISTORICAL

    def test_of_an_offices_own_rule_holds_while_it_says_so(self, locate: Locate) -> None:
        text = RULE.replace("2016", "2023").replace("起施行。", "起施行，有效期五年。")
        assert only(read(text, locate)).standing(TODAY) is Standing.IN_FORCE
        assert only(read(text, locate)).standing(date(2029, 1, 1)) is Standing.PLAN_ENDED
        stated = RULE.replace("2016", "2023").replace("值班补助办法", "效力状态：有效\n值班补助办法")
        assert only(read(stated, locate)).standing(TODAY) is Standing.IN_FORCE

    @pytest.mark.parametrize(
        "head",
        [
            "高平市值班条例\n",
            "高平市值班办法\n（2005年3月10日高平市人民代表大会常务委员会第三次会议通过）\n",
            "高平市值班办法\n（2005年3月10日高平市人民政府令第12号公布）\n",
            "高平市人民政府令\n第12号\n高平市值班办法\n",
        ],
    )
    def test_of_what_a_congress_passed_or_a_government_decreed_does_not(self, head: str, locate: Locate) -> None:
        text = f"{head}{ARTICLES}第三条 本办法自2005年4月1日起施行。\n"
        assert only(read(text, locate)).standing(TODAY) is Standing.IN_FORCE

    def test_of_the_nations_law_does_not(self) -> None:
        text = f"中华人民共和国某某法\n{ARTICLES}第三条 本法自2005年4月1日起施行。\n"
        assert only(read(text, None)).standing(TODAY) is Standing.IN_FORCE

    def test_of_a_collection_is_told_by_titles(self) -> None:
        line = '{{"id": "{0}", "title": "{0}", "text": "甲", "issued": "2005-03-10", "region": "{1}"}}\n'
        text = "".join(line.format(*of) for of in (("某市办法", "140581"), ("某市条例", "140581"), ("办法", NATION)))
        standings = {d.title: d.standing(TODAY) for d in parse_articles(text, collection="c").documents}
        assert standings == {
            "某市办法": Standing.HISTORICAL,
            "某市条例": Standing.IN_FORCE,
            "办法": Standing.IN_FORCE,
        }


class TestAPolicy:
    def test_keeps_what_it_says_of_itself_out_of_its_last_point(self, locate: Locate) -> None:
        text = (
            "高平市值班通知\n一、要求\n（一）补助。每案六百元。\n1.按月发放。\n（1）专人负责。\n"
            "本通知自2023年6月1日起施行，有效期至2028年5月31日。\n"
        )
        notice = only(parse_policy(text, name="n", locate=locate))
        assert [c.mark for c in notice.clauses] == ["一(一)", "一(一)1", "一(一)1(1)", "结尾"]
        assert notice.clauses[-1].text.startswith("本通知自2023年6月1日起施行")
        assert (notice.effective_from, notice.plan_end) == (date(2023, 6, 1), date(2028, 5, 31))

    def test_leaves_it_to_a_section_that_is_about_that(self, locate: Locate) -> None:
        text = "高平市值班通知\n一、要求\n每案六百元。\n二、附则\n本通知自2023年6月1日起施行。\n"
        assert [c.mark for c in only(parse_policy(text, name="n", locate=locate)).clauses] == ["一", "二"]


class TestALockedPdf:
    LINES = ("高平市值班办法", "第一条 每案补助六百元。", "第二条 值班每周三次。")

    def test_that_only_an_owner_locked_is_read(self) -> None:
        owned = papers.as_pdf(self.LINES, running_head="", owner="geheim")
        assert b"/Encrypt" in owned
        assert [line.text for line in read_pdf(owned).lines] == list(self.LINES)

    def test_that_asks_for_a_password_is_refused_for_that(self) -> None:
        with pytest.raises(FileRefused, match="密码"):
            read_pdf(papers.as_pdf(self.LINES, password="geheim"))
