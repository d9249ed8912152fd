"""What citizens type or say, and what it stands for. Questions and stories must not be taken for answers."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge_base.assess import Assessor, FactNotUnderstood, FactRefused
from knowledge_base.types import FactValue

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)  # a Saturday

MIGRANT = "applicant.migrant_worker"
LAWYER = "criminal.has_defender"
ASSISTANCE = "applicant.social_assistance"
ABUSE = "claim.abuse"
LIVELIHOOD = "applicant.no_fixed_livelihood"
AGE = "applicant.age"
INCOME = "household.monthly_income_per_capita"
DISABILITY = "applicant.disability"
EXPIRES = "limitation.expires_on"
PLACE = "place.event"


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.mark.parametrize(
    ("fact", "said", "value"),
    [
        *[
            (MIGRANT, said, True)
            for said in (
                "是",
                "对",
                "嗯",
                "是的",
                "对啊",
                "嗯嗯",
                "Yes",
                "是滴",
                "没错",
                "当然是",
                "可不是",
                "１",
            )
        ],
        *[
            (MIGRANT, said, True)
            for said in ("是农民工", "我是农民工", "农村来的", "出来打工的", "在工地打工", "对，我是农村出来的。")
        ],
        *[
            (MIGRANT, said, False)
            for said in (
                "不是",
                "不",
                "否",
                "不是的",
                "没有",
                "不是农民工",
                "我不是打工的",
                "城里人",
                "正式工",
                "我是城里的正式工",
            )
        ],
        *[(LAWYER, said, True) for said in ("有", "有的", "请了", "请了律师", "已经有了", "嗯，有的")],
        *[
            (LAWYER, said, False)
            for said in (
                "没有",
                "没请",
                "没有请",
                "没有律师",
                "没请律师",
                "请不起",
                "还没",
                "还没有",
                "哪有钱，请不起",
                "暂时没有",
            )
        ],
        *[
            (ASSISTANCE, said, True)
            for said in ("有低保", "吃低保", "领着低保", "我家是低保户", "五保", "有，上个月开始领的")
        ],
        *[
            (ASSISTANCE, said, False)
            for said in ("没有低保", "没领低保", "不吃低保", "没有", "都没有", "啥也没有", "没有什么低保")
        ],
        *[
            (ASSISTANCE, said, False)
            for said in (
                "啥救助也没有",
                "停了 现在没领",
                "低保停了",
                "我家是低保 去年停了",
                "我爸有低保 我没有",
                "低保没批",
                "低保户也不是",
            )
        ],
        (ASSISTANCE, "低保没停", True),
        (INCOME, "没有 什么补助也没有", Decimal(0)),
        (INCOME, "没工作 没收入", Decimal(0)),
        *[(LIVELIHOOD, said, True) for said in ("工资没有", "退休金也没有", "养老金都没有")],
        (LIVELIHOOD, "退休金一个月两千", False),
        *[(MIGRANT, said, True) for said in ("他是农村出来的 在外头干了十几年", "乡下来的", "我老家农村的")],
        (LAWYER, "律师没请", False),
        *[(ABUSE, said, True) for said in ("他打我", "经常打我", "有，动手好几次", "有过", "家暴")],
        *[(ABUSE, said, False) for said in ("没打", "没有打我", "从来没有", "没动手", "没有过")],
        *[(LIVELIHOOD, said, True) for said in ("没有退休金", "没工作", "没有工资", "靠孩子", "是的，没收入")],
        *[(LIVELIHOOD, said, False) for said in ("有退休金", "有工资", "有工作")],
        # The question is «do you have any», the fact that there is none: a plain no is a yes to the fact.
        *[(LIVELIHOOD, said, True) for said in ("没", "没有", "嗯没有", "都没有", "还没有", "不是")],
        *[(LIVELIHOOD, said, False) for said in ("有", "有的", "嗯", "对")],
        *[
            (AGE, said, value)
            for said, value in (
                ("63岁", 63),
                ("63", 63),
                ("六十三", 63),
                ("六十三岁了", 63),
                ("６３岁", 63),
                ("我今年63", 63),
                ("我妈八十了", 80),
                ("17周岁", 17),
                ("刚满18", 18),
                ("十八", 18),
                ("七十多了", 70),
                ("六十来岁", 60),
                ("八十出头", 80),
                ("四十", 40),
                ("一百零二岁", 102),
                ("十七岁半", 17),
                ("今年整六十", 60),
                # Not there yet, and the law counts birthdays that have come.
                ("快七十了", 69),
                ("快满18了", 17),
                ("不到十八岁", 17),
                ("未满18周岁", 17),
                ("十八岁以下", 17),
            )
        ],
        *[
            (INCOME, said, Decimal(value))
            for said, value in (
                ("三千五", 3500),
                ("3500块", 3500),
                ("3500元", 3500),
                ("一万二", 12000),
                ("两千多", 2000),
                ("３０００", 3000),
                ("3,500", 3500),
                ("1.2万", 12000),
                ("3千", 3000),
                ("3.5k", 3500),
                ("一个月两千", 2000),
                ("月薪3000元", 3000),
                ("每个月大概八百块钱", 800),
                ("二百五", 250),
                ("一千零五十", 1050),
                ("两千左右", 2000),
                ("没有收入", 0),
                ("没收入", 0),
                ("一分钱没有", 0),
                ("零", 0),
                ("一年三万六", 3000),
                ("年收入24000", 2000),
                ("四口人一共八千", 2000),
                ("1万2", 12000),
                ("十万", 100000),
                ("没有", 0),
            )
        ],
        *[
            (DISABILITY, said, value)
            for said, value in (
                ("没有", "none"),
                ("没有残疾", "none"),
                ("正常", "none"),
                ("听不见", "hearing"),
                ("耳朵聋", "hearing"),
                ("肢体残疾", "physical"),
                ("腿不好", "physical"),
                ("智力残疾", "intellectual"),
                ("2", "visual"),
                ("第三个", "hearing"),
                ("选1", "none"),
                ("visual", "visual"),
                ("看不见或看不清", "visual"),
                ("不是", "none"),
            )
        ],
        *[
            ("matter", said, value)
            for said, value in (
                ("工钱", "labour.wages"),
                ("老板拖欠工资", "labour.wages"),
                ("离婚", "family.divorce"),
                ("车祸", "injury.traffic"),
                ("labour.wages", "labour.wages"),
                ("干了活，不给工钱", "labour.wages"),
                ("1", "labour.wages"),
                ("都不是", "general"),
                ("是别的事 说不清楚", "general"),
                ("遗产", "inheritance"),
            )
        ],
        *[
            (EXPIRES, said, date(*value))
            for said, value in (
                ("2026-12-01", (2026, 12, 1)),
                ("2026年12月1日", (2026, 12, 1)),
                ("2026年12月1号", (2026, 12, 1)),
                ("12月1号", (2026, 12, 1)),
                ("十二月一号", (2026, 12, 1)),
                ("明天", (2026, 11, 22)),
                ("后天", (2026, 11, 23)),
                ("三天后", (2026, 11, 24)),
                ("还有5天", (2026, 11, 26)),
                ("下周三", (2026, 11, 25)),
                ("昨天", (2026, 11, 20)),
                ("2026/1/5", (2026, 1, 5)),
                ("去年3月5号", (2025, 3, 5)),
                ("上周三收到", (2026, 11, 11)),
                ("1月3号", (2027, 1, 3)),
            )
        ],
        *[
            (PLACE, said, value)
            for said, value in (
                ("牡丹江", "231000"),
                ("在高平", "140581"),
                ("银川兴庆区", "640104"),
                ("231000", "231000"),
                ("常州市", "320400"),
            )
        ],
    ],
)
def test_is_understood(assessor: Assessor, fact: str, said: str, value: FactValue) -> None:
    assert assessor.parse(fact, said, on=ON, facts={"matter": "family.divorce"}) == value


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (fact, said)
        for said in (
            "不知道",
            "不清楚",
            "不晓得",
            "记不清了",
            "忘了",
            "不想说",
            "不太清楚",
            "说不准",
            "我也不知道啊",
            "不方便说",
            "跳过",
            "这个不好说",
            "没数",
        )
        for fact in (MIGRANT, AGE, INCOME, DISABILITY, EXPIRES, "matter")
    ]
    + [
        (AGE, "不知道他多大"),
        (INCOME, "不知道家里一个月多少"),
        (EXPIRES, "记不清是哪天了"),
        (LAWYER, "不知道有没有请"),
        (AGE, "俺娘自己都记不清多大岁数了"),
    ],
)
def test_says_that_they_do_not_know(assessor: Assessor, fact: str, said: str) -> None:
    assert assessor.parse(fact, said, on=ON) is None


@pytest.mark.parametrize("fact", [MIGRANT, LAWYER, ASSISTANCE, ABUSE, LIVELIHOOD, AGE, INCOME, DISABILITY, EXPIRES])
@pytest.mark.parametrize(
    "said",
    [
        "法援要几天",
        "法律援助要几天?",
        "要多久",
        "你是真人吗",
        "什么意思",
        "这是什么意思",
        "为什么要问这个",
        "为啥问",
        "多少钱",
        "要花多少钱",
        "要钱吗",
        "我想问一下仲裁时效是多久",
        "对方要是不来怎么办",
        "不给援助我找谁",
        "能赢吗",
        "要带什么材料",
        "去哪里办",
        "怎么申请",
        "我该怎么办",
        "转人工",
        "你们几点上班",
        "要交3000块吗",
        "判3年算重吗",
        "7天够不够",
        "可以不去吗",
        "是不是一定要去",
        "有没有律师电话",
        "仲裁的时效是一年吗",
        "不知道法援要几天",
        "好的",
        "行",
        "可以",
        "ok",
        "谢谢",
        "你好",
        "在吗",
        "哈哈哈",
        "老板姓王",
        "",
        "   ",
        "。。。",
        "？",
        "我想咨询低保怎么办理",
        "请问农民工能申请吗",
    ],
)
def test_is_no_answer(assessor: Assessor, fact: str, said: str) -> None:
    with pytest.raises(FactNotUnderstood) as caught:
        assessor.parse(fact, said, on=ON)
    assert caught.value.fact == fact
    assert not said.strip() or said not in str(caught.value)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (AGE, "十七八"),  # either side of a birthday that matters
        (AGE, "六七十岁"),
        (AGE, "虚岁六十"),
        (AGE, "还差两个月满十八"),
        (AGE, "58年生的"),
        (AGE, "3个月"),
        (AGE, "300"),
        (AGE, "他欠我3000块"),
        (INCOME, "两三千"),
        (INCOME, "3500到4000"),
        (INCOME, "几百块"),
        (INCOME, "他欠我3万"),
        (INCOME, "够吃饭"),
        (INCOME, "3个人"),
        (INCOME, "三个人 一个月六千"),
        (INCOME, "押金是两千"),
        (MIGRANT, "不是没有"),
        (MIGRANT, "是我老板不给钱"),
        (MIGRANT, "对方是公司"),
        (MIGRANT, "有什么用"),
        (DISABILITY, "腿和耳朵都不好"),
        (DISABILITY, "99"),
        ("matter", "离婚还有工资的事"),
        (EXPIRES, "快到了"),
        (EXPIRES, "2026年13月1日"),
        (EXPIRES, "2月30号"),
        (PLACE, "我们村"),
        (PLACE, "朝阳"),
    ],
)
def test_is_too_vague_to_go_on(assessor: Assessor, fact: str, said: str) -> None:
    with pytest.raises(FactNotUnderstood):
        assessor.parse(fact, said, on=ON)


class TestEveryButton:
    def test_is_understood_by_its_own_words(self, assessor: Assessor) -> None:
        for question in assessor.facts():
            for option in question.options:
                assert assessor.parse(question.fact, option.title) == option.value, (question.fact, option.title)

    def test_is_understood_by_its_number(self, assessor: Assessor) -> None:
        for question in assessor.facts():
            if question.type.value == "enum":
                for number, option in enumerate(question.options, start=1):
                    assert assessor.parse(question.fact, str(number)) == option.value


class TestParse:
    def test_refuses_a_fact_that_does_not_exist(self, assessor: Assessor) -> None:
        with pytest.raises(FactRefused) as caught:
            assessor.parse("applicant.wealth", "有")
        assert (caught.value.code, caught.value.field) == ("unknown_fact", "applicant.wealth")

    def test_needs_the_day_for_words_that_lean_on_it(self, assessor: Assessor) -> None:
        with pytest.raises(FactNotUnderstood):
            assessor.parse(EXPIRES, "明天")
