"""What a question asks for is read from its form: told from what is merely mentioned, and from what no text can say."""

import time
from datetime import date

import pytest

from knowledge_base.demands import (
    Demand,
    asks,
    asks_to_foretell,
    demanded,
    holds,
    names_another_text,
    of_another_year,
    years_in,
)
from tests.knowledge.homes import aid_law, plan

pytestmark = pytest.mark.unit


class TestContact:
    @pytest.mark.parametrize(
        "question",
        [
            "高平法律援助中心电话是多少",
            "高平市司法局电话",
            "联系方式有吗",
            "投诉打哪个热线",
            "号码发我",
            "那边的手机号谁知道",
        ],
    )
    def test_is_asked_for(self, question: str) -> None:
        assert Demand.CONTACT in demanded(question)

    @pytest.mark.parametrize(
        "question",
        [
            "老板写了欠条，现在电话不接，能不能直接去法院告",
            "网贷逾期天天打电话催收",
            "能不能打电话申请",
            "他换了手机号码找不到人怎么办",
            "电话录音能当证据吗",
            "天天给我打电话",
        ],
    )
    def test_is_only_told_of(self, question: str) -> None:
        assert Demand.CONTACT not in demanded(question)

    def test_is_held_by_a_number(self) -> None:
        assert holds(Demand.CONTACT, "请打12348")
        assert not holds(Demand.CONTACT, "请向法律援助机构提出")


class TestFigures:
    @pytest.mark.parametrize("question", ["赔多少", "要多久", "几天批", "仲裁期限多长时间", "提前几日"])
    def test_are_asked_for(self, question: str) -> None:
        assert Demand.FIGURE in demanded(question)

    def test_are_held_in_digits_and_in_characters(self) -> None:
        assert holds(Demand.FIGURE, "七日内")
        assert holds(Demand.FIGURE, "每件1000元")
        assert not holds(Demand.FIGURE, "应当及时告知")


class TestSums:
    @pytest.mark.parametrize(
        "question", ["低保标准是多少", "补助多少钱一件", "经济困难线是多高", "律师费多少", "最低工资一个月几百"]
    )
    def test_are_asked_for(self, question: str) -> None:
        assert Demand.SUM in demanded(question)

    @pytest.mark.parametrize("question", ["申请要几天", "时效多久", "多少人能一起告", "他欠我两万块不还怎么办"])
    def test_are_not_every_figure(self, question: str) -> None:
        assert Demand.SUM not in demanded(question)

    def test_are_held_where_money_or_its_absence_is_told(self) -> None:
        assert all(holds(Demand.SUM, text) for text in ("每件1000元", "二倍的工资", "免费", "不得收取费用"))
        assert not holds(Demand.SUM, "标准由省、自治区、直辖市人民政府规定，七日内公布")


class TestForetelling:
    @pytest.mark.parametrize(
        "question", ["我这个官司能赢吗", "有几成把握", "我能拿到多少赔偿", "法院会不会给我判", "肯定能批吧"]
    )
    def test_is_what_no_text_does(self, question: str) -> None:
        assert asks_to_foretell(question)

    @pytest.mark.parametrize(
        "question", ["打赢了官司对方不给钱", "啥情况法院会判离", "我能要求赔哪些钱", "孩子会判给妈妈吗"]
    )
    def test_is_not_what_a_rule_answers(self, question: str) -> None:
        assert not asks_to_foretell(question)


class TestTexts:
    def test_that_are_not_here_are_known_by_their_number(self) -> None:
        assert names_another_text("晋财政法〔2021〕79号里写了什么", [plan(), aid_law()])
        assert names_another_text("中办发2015年37号文怎么说", [plan()])
        assert not names_another_text("高司字〔2024〕6号里写了什么", [plan()])

    def test_that_are_not_here_are_known_by_their_place(self) -> None:
        assert names_another_text("江苏省法律援助条例怎么规定的", [plan(), aid_law()])
        assert not names_another_text("法律援助法怎么规定的", [plan(), aid_law()])


class TestYears:
    def test_of_a_plan_are_its_own(self) -> None:
        assert of_another_year("2025年的目标", "全年290件", [plan()])
        assert of_another_year("明年的目标", "全年290件", [plan()])
        assert not of_another_year("2024年的目标", "全年290件", [plan()])
        assert not of_another_year("今年的目标", "全年290件", [plan()])

    def test_in_a_story_bind_no_statute(self) -> None:
        assert not of_another_year("2019年老板欠我工资", "应当支付劳动报酬", [aid_law()])

    def test_are_counted_from_the_day(self) -> None:
        assert years_in("去年和2020年", on=date(2026, 11, 21)) == {2020, 2025}


class TestAsking:
    @pytest.mark.parametrize(
        "said",
        [
            "要几天",
            "律师费谁出",
            "那没签合同呢",
            "能不能现在就办",
            "在哪办",
            "这得多久",
            "为啥要问这个",
            "行不行",
            "收费吗",
            "怎么还没回",
            "能告不",
            "批了没",
            "要多长时间",
            "工资呢",
            "怎么都没人管",
            "我不知道怎么办",
            "星期几有律师",
            "通过了几天能见到律师",
        ],
    )
    def test_is_heard(self, said: str) -> None:
        assert asks(said)

    @pytest.mark.parametrize(
        "said",
        [
            "啥救助也没有",
            "可以打 别提什么事",
            "什么时候都行",
            "几点都可以",
            "谁也没管过",
            "欠了三个月",
            "我还没拿到钱呢",
            "明天上午",
            "哪怕少给点",
            "怎么都行",
            "哪里都疼",
            "怎么也要不回来",
            "欠我几个月工资",
            "好几天没吃饭",
            "不管怎么样我要告",
            "没多少钱",
            "不知道怎么说",
        ],
    )
    def test_is_not_heard_in_what_is_only_told(self, said: str) -> None:
        assert not asks(said)

    @pytest.mark.parametrize("text", ["谁", "能一", "没什么", "怎么都", "什", "几个"])
    def test_is_read_at_once(self, text: str) -> None:
        began = time.process_time()
        asks(text * 1500)
        assert time.process_time() - began < 1
