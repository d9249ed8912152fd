"""Who names a provision is given that provision, or told that there is none; never another."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.cards import Card, CardBook, Reference
from knowledge_base.placing import place_with
from knowledge_base.regions import Regions
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import LAW, aid_law, book, fill, make, open_base, source_texts

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
GAOPING, YINCHUAN, MUDANJIANG = "140581", "640100", "231000"
LONG_LAW = LAW.replace("援助法", "工钱支付条例").replace(
    "第二条 请求",
    "第二条 有下列情形之一的，可以投诉：\n（一）拖欠工钱的；\n（二）克扣工钱的。\n前款规定适用于所有单位。\n\n第二条之一 请求",
)
NOTICE = """高平市司法局
发文字号: 高司字〔2025〕9号 成文日期: 2025年3月30日 发布机构: 高平市司法局
高平市值班安排方案
一、安排
(一)时间
每周五值班一次,节假日顺延。
(二)地点
在乡镇工作站。
本方案自2025年4月1日起施行,有效期五年。
"""
SHORT_LAW = LAW.replace("援助法", "反家庭暴力法")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    home = tmp_path_factory.mktemp("named") / "home"
    fill(
        home,
        source_texts() | {"notice.txt": NOTICE, "工钱(2021-08-20).md": LONG_LAW, "反家暴(2021-08-20).md": SHORT_LAW},
    )
    make(home, embedder=PairEmbedder())
    return open_base(home, PairEmbedder(), place=place_with(Regions.load()))


def entry(base: KnowledgeBase, question: str, *, region: str | None = None, on: date = ON) -> str:
    result = base.ask(question, region=region, on=on)
    assert isinstance(result, Answer), result
    assert result.provenance is not None
    return result.provenance.entry


def silence(base: KnowledgeBase, question: str, *, region: str | None = None, on: date = ON) -> NoAnswer:
    result = base.ask(question, region=region, on=on)
    assert isinstance(result, NoAnswer), result
    assert result.reason is NoAnswerReason.NOT_IN_DOCUMENTS
    return result


class TestAnArticle:
    @pytest.mark.parametrize(
        "question",
        [
            "工钱支付条例第二条是怎么规定的",
            "《中华人民共和国工钱支付条例》第二条",
            "工钱支付条例2条",
            "工钱支付条例 第 2 条说的啥",
            "工钱支付条例里的第二条 我能要赔偿吗",
            "第二条，工钱支付条例的",
            "老板说按工钱支付条例第二条不用给我钱，这话对不对",
        ],
    )
    def test_is_given_however_it_is_named(self, base: KnowledgeBase, question: str) -> None:
        assert entry(base, question).endswith("#第二条")

    def test_is_told_from_the_one_put_in_after_it(self, base: KnowledgeBase) -> None:
        assert entry(base, "工钱支付条例第二条之一").endswith("#第二条之一")

    def test_is_given_by_item_with_the_words_it_completes(self, base: KnowledgeBase) -> None:
        result = base.ask("工钱支付条例第二条第二项", region=None, on=ON)
        assert isinstance(result, Answer)
        assert "可以投诉：\n（二）克扣工钱的。" in result.text
        assert "拖欠" not in result.text

    def test_is_found_by_the_short_title_people_use(self, base: KnowledgeBase) -> None:
        assert entry(base, "反家暴法第一条").startswith("反家庭暴力法@")

    def test_comes_with_others_that_are_named(self, base: KnowledgeBase) -> None:
        result = base.ask("援助法第一条和第二条、工钱支付条例第一条", region=None, on=ON)
        assert isinstance(result, Answer)
        assert [(c.document[-4:], c.clause) for c in result.citations] == [
            ("国援助法", "第一条"),
            ("国援助法", "第二条"),
            ("支付条例", "第一条"),
        ]

    def test_is_the_one_of_the_day(self, base: KnowledgeBase) -> None:
        assert entry(base, "援助法第一条", on=date(2010, 1, 1)).startswith("援助法@2003")
        assert "还没有施行" in silence(base, "援助法第一条", on=date(2002, 1, 1)).because

    @pytest.mark.parametrize("question", ["援助法第九十九条", "工钱支付条例第二条第九项", "援助法99条写了什么"])
    def test_that_does_not_exist_is_no_other(self, base: KnowledgeBase, question: str) -> None:
        told = silence(base, question)
        assert "没有" in told.because
        assert told.nearest is None

    @pytest.mark.parametrize(
        "question", ["公司法第一条", "广东省工钱支付条例第一条", "援助法实施办法第一条", "高司字〔2024〕7号二(一)"]
    )
    def test_of_a_text_that_is_not_here_is_no_other(self, base: KnowledgeBase, question: str) -> None:
        assert "手里没有" in silence(base, question).because

    @pytest.mark.parametrize(
        "question", ["海上援助法第三条", "德国援助法第一条", "《海上援助法》第三条", "劳动争议工钱支付条例第2条"]
    )
    def test_of_a_longer_title_is_not_that_of_ours(self, base: KnowledgeBase, question: str) -> None:
        assert "手里没有" in silence(base, question).because

    @pytest.mark.parametrize(
        "question",
        [
            *("按照援助法第一条", "根据中华人民共和国援助法第一条", "判决书引《援助法》第一条", "我国援助法第一条"),
            *("公司违反了援助法第一条", "在北京市援助法第一条怎么执行", "北京援助法第一条", "老板拿援助法第一条吓我"),
            *(
                "法院引用援助法第一条",
                "我想问下援助法第一条",
                "新援助法第一条",
                "仲裁委说 援助法第一条",
                "工钱支付条例援助法第一条",
            ),
        ],
    )
    def test_is_given_whatever_leads_in_to_the_title(self, base: KnowledgeBase, question: str) -> None:
        assert entry(base, question).endswith("#第一条")

    @pytest.mark.parametrize(
        "question",
        [
            *("我有三条烟被偷了，援助法怎么说", "他发了100条短信骚扰我，援助法管不管"),
            *("援助法2024怎么规定的", "援助法2003什么时候实施", "工钱支付条例2010", "援助法 12 规定"),
            *("公司规定第三条迟到扣钱合法吗", "合同规定第五条说要赔违约金", "这事没法一条一条说", "公司的规定第三条"),
            *("公司规定第三条说迟到扣钱，援助法允许吗", "没办法第三条我看不懂", "规章制度规定第三条"),
        ],
    )
    def test_is_not_named_by_a_number_that_is_no_provisions(self, base: KnowledgeBase, question: str) -> None:
        result = base.ask(question, region=None, on=ON)
        assert not (isinstance(result, NoAnswer) and result.because)
        assert not (isinstance(result, Answer) and result.score == 1.0)

    def test_of_rules_in_book_marks_is_of_a_text_that_is_not_here(self, base: KnowledgeBase) -> None:
        assert "手里没有" in silence(base, "《公司考勤规定》第三条").because

    @pytest.mark.parametrize("question", ["老板有三条理由", "援助法有几条", "一条狗咬了我"])
    def test_is_not_named_by_every_number(self, base: KnowledgeBase, question: str) -> None:
        result = base.ask(question, region=None, on=ON)
        assert not (isinstance(result, NoAnswer) and result.because)
        assert not (isinstance(result, Answer) and result.score == 1.0)

    def test_comes_first_in_search(self, base: KnowledgeBase) -> None:
        first, *others = base.search("援助法第三条", region=None, on=ON, k=5)
        assert first.passage.id.endswith("#第三条")
        assert first.passage.id not in {hit.passage.id for hit in others}


class TestALocalClause:
    @pytest.mark.parametrize(
        "question",
        [
            "高司字〔2024〕6号一(一)",
            "高司字(2024)6号 一（一）说了什么",
            "高司字［2024］第6号的一、（一）",
            "高平市2024年惠民实施方案一(一)",
            "《高平市2024年惠民实施方案》第一部分第(一)项",
            "《高平市2024年惠民实施方案》里的一(一)是怎么规定的",
        ],
    )
    @pytest.mark.parametrize("region", [GAOPING, YINCHUAN, None])
    def test_is_given_to_whoever_names_its_document(
        self, base: KnowledgeBase, question: str, region: str | None
    ) -> None:
        assert entry(base, question, region=region) == "高司字〔2024〕6号#一(一)"

    @pytest.mark.parametrize("region", [MUDANJIANG, YINCHUAN, None])
    @pytest.mark.parametrize(
        "question",
        [
            "牡丹江意见第一条",
            "牡丹江市的意见第1条怎么说",
            "牡丹江那份法律援助实施意见一",
            "牡丹江2017年意见第一条",
            "牡丹江法援意见一是怎么规定的",
        ],
    )
    def test_is_found_by_the_place_and_sort_of_its_text(
        self, base: KnowledgeBase, question: str, region: str | None
    ) -> None:
        assert entry(base, question, region=region) == "关于完善援助制度的实施意见@2017-08-28#一"

    def test_of_a_sort_of_which_a_place_has_two_is_given_of_both(self, base: KnowledgeBase) -> None:
        both = base.ask("高平方案第一条", region=GAOPING, on=ON)
        assert isinstance(both, Answer)
        assert {one.number for one in both.citations} == {"高司字〔2024〕6号", "高司字〔2025〕9号"}
        assert entry(base, "高平2025年方案一(二)", region=GAOPING) == "高司字〔2025〕9号#一(二)"

    @pytest.mark.parametrize("question", ["牡丹江办法第一条", "牡丹江2016年意见第一条", "银川意见第一条"])
    def test_of_a_text_that_a_place_has_not_is_no_other(self, base: KnowledgeBase, question: str) -> None:
        silence(base, question, region=MUDANJIANG)

    @pytest.mark.parametrize("question", ["高司字〔2025〕9号结尾", "《高平市值班安排方案》结尾怎么说"])
    def test_that_closes_a_document_is_given_by_its_name(self, base: KnowledgeBase, question: str) -> None:
        assert entry(base, question, region=GAOPING) == "高司字〔2025〕9号#结尾"

    def test_is_not_named_by_the_first_word_of_a_question(self, base: KnowledgeBase) -> None:
        result = base.ask("高平市2024年惠民实施方案一年办多少件", region=GAOPING, on=ON)
        assert not (isinstance(result, Answer) and result.score == 1.0)

    def test_that_does_not_exist_is_no_other(self, base: KnowledgeBase) -> None:
        assert "没有“九(九)”" in silence(base, "高司字〔2024〕6号九(九)", region=GAOPING).because

    def test_says_that_its_plan_is_over(self, base: KnowledgeBase) -> None:
        result = base.ask("高司字〔2024〕6号二", region=None, on=ON)
        assert isinstance(result, Answer)
        assert "计划期已过" in result.caveats[0]
        assert result.region == GAOPING

    def test_stays_in_its_place_unless_it_is_named(self, base: KnowledgeBase) -> None:
        title = "关于完善援助制度的实施意见"
        assert entry(base, f"{title}一", region=YINCHUAN).startswith(title)
        silence(base, f"银川{title}一", region=YINCHUAN)
        assert entry(base, f"牡丹江{title}一", region=YINCHUAN).startswith(title)
        for question in ("请求给付赡养费的一律不审查经济困难条件吗", "赡养费第一条不审查经济困难条件"):
            result = base.ask(question, region=YINCHUAN, on=ON)
            assert not (isinstance(result, Answer) and result.region == MUDANJIANG)


class TestATextNamedByItsNumberAlone:
    @pytest.mark.parametrize(
        "question",
        [
            "高司字〔2024〕6号",
            "高司字2024年6号",
            "高司字20246号",
            "高司字（2024）第6号是什么文件",
            "请问有没有高司字[2024]6号这份文件，主要讲什么",
        ],
    )
    @pytest.mark.parametrize("region", [GAOPING, YINCHUAN, None])
    def test_is_opened_at_its_first_words(self, base: KnowledgeBase, question: str, region: str | None) -> None:
        assert entry(base, question, region=region).startswith("高司字〔2024〕6号#")

    def test_is_searched_when_more_is_asked_of_it(self, base: KnowledgeBase) -> None:
        result = base.ask("高司字〔2024〕6号一年办多少件", region=GAOPING, on=ON)
        assert not (isinstance(result, Answer) and result.score == 1.0)

    @pytest.mark.parametrize("question", ["高司字〔2024〕7号", "高司字〔2023〕6号讲什么", "国办发〔2024〕6号"])
    def test_is_no_other_number(self, base: KnowledgeBase, question: str) -> None:
        result = base.ask(question, region=GAOPING, on=ON)
        assert not (isinstance(result, Answer) and result.score == 1.0)


class TestWithoutTheTexts:
    def test_a_card_answers_for_the_article_it_cites_and_for_no_other(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, {"plan.txt": source_texts()["plan.txt"]})
        days = Card(
            id="days",
            questions=("援助法第一条说审查要几天", "申请援助几天有结果"),
            answer="七日内作出决定。",
            references=(Reference(document=aid_law(), clause="第一条", has=("七日内",)),),
        )
        make(home, embedder=None, cards=CardBook(cards=(days, *book().cards[:1]), off_topic=book().off_topic, raw=b"2"))
        base = open_base(home, None)
        assert entry(base, "援助法第一条说审查要几天") == "card:days"
        silence(base, "援助法第七条说审查要几天")
