"""A word or two mean a whole question, and that question is one a card answers."""

import pytest

from knowledge_base.cards import Card, load_cards
from knowledge_base.short import ShortQuestions, core
from knowledge_base.taxonomy import Taxonomy

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def short() -> ShortQuestions:
    return ShortQuestions.load()


@pytest.mark.parametrize(
    ("query", "facet"),
    [
        ("时效?", "limit"),
        ("那多久呢", "time"),
        ("要几天啊", "time"),
        ("要花钱不", "cost"),
        ("我在哪里申请", "where"),
        ("咋个算赔好多嘛", "amount"),
        ("多少钱", "cost"),
        ("要钱吗", "cost"),
        ("去哪办", "where"),
        ("找谁", "where"),
        ("那怎么办呢？", "how"),
        ("咋申请", "how"),
        ("要什么材料", "papers"),
        ("要带什么", "papers"),
        ("证据怎么弄", "evidence"),
        ("需要什么证据", "evidence"),
        ("能要多少", "amount"),
        ("要多少钱", "cost"),
        ("那他要是不给呢", "refusal"),
        ("不给呢", "refusal"),
        ("要是老板不给钱呢", "refusal"),
        ("去哪里办", "where"),
        ("要多久", "time"),
        ("申请要钱吗", "apply_cost"),
        ("那申请收不收费", "apply_cost"),
        ("申请要花多少钱", "apply_cost"),
        ("法援申请要钱吗", "aid_cost"),
        ("法律援助收不收费", "aid_cost"),
        ("援助律师要钱吗", "aid_cost"),
        ("你们收费吗", "ours"),
        ("你们这里要不要钱", "ours"),
        ("能让他坐牢吗", "jail"),
        ("报警了没用", "police"),
        ("派出所不管咋办", "police"),
        ("报过案没下文", "police"),
        ("现在住哪", "shelter"),
        ("带着孩子去哪住", "shelter"),
        ("没地方住", "shelter"),
        ("我没钱赔", "cannot_compensate"),
        ("赔不起", "cannot_compensate"),
        ("赔偿找谁", "where"),
        ("赔偿该找谁要", "where"),
        ("家里人能得到什么赔偿", "amount"),
        ("我们家能拿到赔偿吗", "amount"),
        ("能得到什么补偿", "amount"),
        ("能告不", "sue"),
        ("那我能告他吗", "sue"),
        ("能见到人吗", "meet"),
        ("能不能见面", "meet"),
        ("那能探视不", "meet"),
        ("我能去看看他吗", "meet"),
    ],
)
def test_a_bare_question_is_recognised(short: ShortQuestions, query: str, facet: str) -> None:
    assert short.facet(query) == facet


@pytest.mark.parametrize(
    "query",
    [
        *("判几年", "产假多少天", "工伤认定要多久", "法律援助去哪里申请", "", "？", "好的"),
        *("老板不给钱", "公司不给钱", "公司不给钱怎么办", "单位不认账", "老板不认账", "他不给我钱"),
    ],
)
def test_a_question_with_words_of_its_own_is_left_alone(short: ShortQuestions, query: str) -> None:
    assert short.facet(query) is None
    assert short.spelled_out(query, ["labour.wages"]) is None


def test_the_matter_decides_what_is_meant(short: ShortQuestions) -> None:
    assert short.spelled_out("时效?", ["labour.wages"]) == "劳动仲裁时效是多久"
    assert short.spelled_out("有期限吗", ["labour.work_injury"]) == "工伤多长时间内申请"
    assert short.spelled_out("多少钱", []) == "法律咨询要钱吗"
    assert short.spelled_out("多少钱", ["company"]) is None
    assert short.spelled_out("需要什么证据", ["family.domestic_violence"]) == "家暴要留什么证据"


def test_how_long_it_takes_is_not_within_what_time(short: ShortQuestions) -> None:
    for asked in ("那多久呢", "要多久啊", "仲裁要多久"):
        assert short.spelled_out(asked, ["labour.wages"]) == "劳动仲裁多久出结果"
    assert short.spelled_out("那要多久", ["labour.work_injury"]) == "工伤认定多久出结果"
    assert short.spelled_out("得等多长时间", ["property.tenancy"]) == "打官司要多久"
    assert short.spelled_out("时效?", ["family.divorce"]) == "离婚有时效吗"


@pytest.mark.parametrize("matter", ["labour.wages", "family.maintenance.parents", "injury.traffic"])
def test_what_is_asked_of_the_aid_is_the_same_in_every_matter(short: ShortQuestions, matter: str) -> None:
    for asked in ("能不能上家里来", "能上门吗", "我走不动能派人来我家不", "你们能上门办理吗"):
        assert short.spelled_out(asked, [matter]) == "法律援助能不能上门办"
    for asked in ("没有身份证咋办", "身份证丢了怎么办", "我身份证过期了咋整"):
        assert short.spelled_out(asked, [matter]) == "没有身份证能申请法律援助吗"
    for asked in ("低收入标准多少钱", "经济困难的标准是多少"):
        assert short.spelled_out(asked, [matter]) == "收入多少算经济困难"


def test_a_door_that_somebody_else_comes_to_is_a_story(short: ShortQuestions) -> None:
    for told in ("他来我家打人", "催收上门", "公公把我身份证撕了", "老板扣了我身份证", "律师费怎么收"):
        assert short.facet(told) is None


def test_whom_one_may_see_and_sue_is_the_matters_to_say(short: ShortQuestions) -> None:
    assert short.spelled_out("能见到人吗", ["criminal.defence"]) == "家属能进看守所见人吗"
    assert short.spelled_out("能见孩子吗", ["family.divorce"]) == "探望权怎么行使"
    assert short.spelled_out("能告不", ["labour.wages"]) == "劳动仲裁怎么申请"
    assert short.spelled_out("能告不", ["property.tenancy"]) == "房东不退押金怎么办"
    assert short.spelled_out("能告不", ["company"]) == "去法院告人要准备什么"
    assert short.spelled_out("能见到人吗", ["labour.wages"]) is None
    assert short.spelled_out("押金也不退", ["property.tenancy"]) == "房东不退押金怎么办"
    assert short.spelled_out("押金也没给我", ["labour.wages"]) == "公司让我交押金"


def test_what_the_aid_costs_is_told_of_the_aid_and_not_of_what_a_court_takes(short: ShortQuestions) -> None:
    for matter in ("labour.wages", "debt.private_loan", "family.domestic_violence", "injury.traffic"):
        assert short.spelled_out("法援申请要钱吗", [matter]) == "申请法律援助要交钱吗"
        assert short.spelled_out("你们收费吗", [matter]) == "法律咨询要钱吗"
    assert short.spelled_out("申请要钱吗", ["debt.private_loan"]) == "申请法律援助要交钱吗"
    assert short.spelled_out("申请要钱吗", ["family.domestic_violence"]) == "申请保护令要钱吗"
    assert short.spelled_out("申请要钱吗", ["labour.wages"]) == "讨工资申请法律援助和仲裁要钱吗"
    assert short.facet("申请仲裁要钱吗") is None


def test_what_the_family_of_the_killed_asks_is_no_matter_of_the_states(short: ShortQuestions) -> None:
    killed = short.part("criminal.victim", "我哥被人捅死了")
    assert killed == "criminal.victim.killed"
    for asked in ("能赔多少钱", "赔偿找谁", "家里人能得到什么赔偿"):
        assert short.spelled_out(asked, [killed]) == "家人被害死了能得到什么赔偿"
        assert short.spelled_out(asked, ["criminal.victim"]) == "刑事案件被害人能要哪些赔偿"
    assert short.part("criminal.victim", "我爸被人骗得想自杀") == "criminal.victim.money"


def test_which_of_two_places_is_asked_of_the_aid_whatever_the_matter(short: ShortQuestions) -> None:
    asked = "我是回银川申请还是去厦门申请"
    assert short.spelled_out(asked, ["labour.wages"]) == short.spelled_out(asked, []) == "法律援助去哪里申请"
    assert short.facet("是离婚还是先分居") is None


def test_proof_of_having_worked_there_is_asked_for_in_many_words(short: ShortQuestions) -> None:
    for asked in ("那我拿啥证明我给他干的", "怎么证明我在那干过活", "凭什么证明我是他们的人"):
        assert short.spelled_out(asked, ["labour.relationship"]) == "没签劳动合同怎么办"


def test_how_long_ago_it_was_is_no_other_question(short: ShortQuestions) -> None:
    assert short.spelled_out("隔了两年多了 过期没", ["debt.private_loan"]) == "民事诉讼时效"


def test_no_limit_is_named_where_the_matter_has_none(short: ShortQuestions) -> None:
    assert short.is_short("时效?")
    assert short.spelled_out("时效?", ["family.domestic_violence"]) is None
    assert short.spelled_out("要多久", ["family.domestic_violence"]) == "保护令几天能下来"


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("欠薪", "老板拖欠工资怎么办"),
        ("工资？", "老板拖欠工资怎么办"),
        ("老板欠薪", "老板拖欠工资怎么办"),
        ("老板没发工资", "老板拖欠工资怎么办"),
        ("被家暴了", "被家暴了怎么办"),
        ("我想离婚", "想离婚怎么办"),
        ("12348", "12348是什么电话"),
        ("法律援助", "什么是法律援助"),
        ("你好，工伤", "工伤认定怎么申请"),
    ],
)
def test_the_name_of_a_matter_is_a_question_about_it(short: ShortQuestions, query: str, question: str) -> None:
    assert short.spelled_out(query, []) == question
    assert short.spelled_out(query, ["consumer"]) == question


@pytest.mark.parametrize("query", ["工伤认定申请期限", "法律援助怎么申请", "离婚冷静期能反悔吗", "你好", "钱没了", ""])
def test_more_than_a_name_is_left_alone(short: ShortQuestions, query: str) -> None:
    assert short.of_word(query) is None


def test_a_follow_up_is_not_answered_about_something_else(short: ShortQuestions) -> None:
    cards = [
        Card(id=name, questions=(name,), references=(), answer="。", matters=matters)
        for name, matters in {
            "wages": ("labour.wages",),
            "divorce": ("family.divorce",),
            "both": ("labour.wages", "family.custody"),
            "aid": ("general.legal_aid",),
            "any": (),
        }.items()
    ]
    assert short.of_other_matters("那要不要签字", ["family.domestic_violence"], cards) == [0]
    assert short.of_other_matters("那要不要签字", ["labour.dismissal"], cards) == [1]
    assert short.of_other_matters("那要不要签字", ["general.procedure"], cards) == ()
    assert short.of_other_matters("那要不要签字", [], cards) == ()
    assert short.of_other_matters("那工资还能要吗", ["family.divorce"], cards) == ()
    assert short.of_other_matters("上个月他在外面又欠了一大笔还不肯认账", ["labour.wages"], cards) == ()


def test_a_refusal_that_tells_who_and_what_can_be_looked_up_as_it_stands(short: ShortQuestions) -> None:
    assert short.stands_alone("要是老板不给钱呢")
    assert not short.stands_alone("那他要是不给呢")
    assert not short.stands_alone("多少钱")


@pytest.mark.parametrize(
    "query",
    ["试用期能不签吗", "社会救助谁管", "劳动能力鉴定谁做", "能退一赔三吗", "刑事被害人呢", "我哥被抓了", "我被炒了"],
)
def test_a_question_that_names_its_matter_is_held_to_no_other(short: ShortQuestions, query: str) -> None:
    assert short.names_a_matter(query)


@pytest.mark.parametrize("said", ["房东不退押金", "请问房东不退押金怎么办？", "房东不退押金咋办啊", "房东不退押金吗"])
def test_what_every_question_may_end_in_makes_no_other_question(said: str) -> None:
    assert core(said) == core("房东不退押金怎么办") == "房东不退押金"


def test_a_question_that_is_nothing_but_an_ending_stays(short: ShortQuestions) -> None:
    assert core("怎么办") == "怎么办"
    assert short.facet("怎么办") == "how"


def test_every_question_is_one_of_a_cards_own(short: ShortQuestions) -> None:
    ways = {way for card in load_cards().cards if not card.gap for way in card.questions}
    meant = {question for questions in short.questions.values() for question in questions.values()}
    assert (meant | set(short.words.values())) - ways == set()


def test_every_question_is_about_its_matter(short: ShortQuestions) -> None:
    cards = {way: card for card in load_cards().cards for way in card.questions}
    for code, questions in short.questions.items():
        for facet, question in questions.items():
            about = {matter.partition(".")[0] for matter in cards[question].matters}
            # A judgment is enforced alike whatever it was about.
            assert about & {code.partition(".")[0], "general", "debt"}, (code, facet)


def test_every_matter_is_in_the_taxonomy(short: ShortQuestions) -> None:
    parts = {part for parts in short.parts.values() for part, _ in parts}
    assert set(short.questions) - parts - {"labour.employer"} <= set(Taxonomy.load().topics)
    assert set(short.parts) <= set(Taxonomy.load().topics)
    assert parts <= set(short.questions)
    assert {facet for questions in short.questions.values() for facet in questions} <= set(short.facets)


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("儿子不给养老钱", "parents"),
        ("我七十了三个儿子都不养我", "parents"),
        ("爸妈要我给钱", "parents"),
        ("前夫不给孩子生活费", "child"),
        ("孩子他爸不给钱", "child"),
        ("娃的生活费没人出", "child"),
    ],
)
def test_a_matter_of_several_things_is_told_apart_by_the_words(short: ShortQuestions, said: str, part: str) -> None:
    assert short.part("family.maintenance", "能要多少", said) == f"family.maintenance.{part}"
    assert short.part("labour.wages", said) == "labour.wages"


def test_a_part_has_questions_of_its_own_and_the_rest_of_its_matter(short: ShortQuestions) -> None:
    assert short.spelled_out("能要多少", ["family.maintenance.parents"]) == "赡养费给多少"
    assert short.spelled_out("能要多少", ["family.maintenance.child"]) == "抚养费给多少"
    assert short.spelled_out("能要多少", ["family.maintenance"]) is None
    assert short.spelled_out("他要是不给呢", ["family.maintenance.child"]) == "判决下来对方不给钱怎么办"
    assert (short.name("family.maintenance.parents"), short.name("family.maintenance.child")) == ("赡养费", "抚养费")


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("会不会让他知道", "我的事会保密吗"),
        ("我要是申请了会不会让他知道", "我的事会保密吗"),
        ("能不能别让我家里人知道", "我的事会保密吗"),
        ("会通知对方吗", "我的事会保密吗"),
        ("法援管不管企业", "公司能申请法律援助吗"),
        ("公司打官司能免费派律师不", "公司能申请法律援助吗"),
        ("仲裁交上去没个信儿", "劳动仲裁多久出结果"),
        ("仲裁那边一直没动静", "劳动仲裁多久出结果"),
    ],
)
def test_some_questions_mean_the_same_whatever_the_matter_is(short: ShortQuestions, query: str, meant: str) -> None:
    assert short.spelled_out(query, ["family.domestic_violence"]) == short.spelled_out(query, []) == meant


@pytest.mark.parametrize("query", ["公司请了律师怎么办", "怎么联系他", "告诉他了吗", "老板给多少钱", "让他赔钱"])
def test_what_only_sounds_like_it_is_none_of_them(short: ShortQuestions, query: str) -> None:
    assert short.facet(query) not in {"secret", "company", "award_late", "back"}


def test_an_appeal_has_ten_days_after_a_criminal_judgment_and_fifteen_after_others(short: ShortQuestions) -> None:
    assert short.spelled_out("几天之内要上诉", ["general.procedure", "criminal.defence"]) == "刑事案件几天内上诉"
    assert short.spelled_out("几天之内要上诉", ["labour.wages"]) == "一审判决不服几天内上诉"


def test_money_that_was_taken_is_asked_after_within_its_matter(short: ShortQuestions) -> None:
    assert short.spelled_out("那钱能要回来吗", ["criminal.victim"]) == "被骗的钱能要回来吗"
    assert short.spelled_out("还能要回来吗", ["labour.wages"]) == "老板拖欠工资怎么办"
    assert short.spelled_out("那钱能要回来吗", []) is None
    assert short.stands_alone("被骗的钱能要回来吗")
    assert not short.stands_alone("那钱能要回来吗")
