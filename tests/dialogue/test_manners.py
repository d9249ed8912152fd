"""What is heard in words alone, whatever Rasa takes them for: languages, references, scolding, silence, ratings."""

import pytest
import yaml

from actions import abuse, complaint, errands, satisfaction, silence
from actions.acts import Act
from actions.asides import QUESTIONS
from actions.languages import language_of
from actions.status import reference_in
from actions.turn import Turn
from api.console.lodged import LANGUAGE
from api.domain.reference import issue, parse
from api.services.following import phone_tail
from api.services.lodging import Satisfaction
from api.services.records import Conversation, DialogueState
from bot.channels.phrases import DEFAULT_PATH, LANGUAGES, Phrases
from bot.redact import PRIVATE_FACTS, PiiKind, find
from tests.fakes import FakeClock

pytestmark = pytest.mark.dialogue

REFERENCE = "LA-2026-9NM6-7"


class TestALanguage:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("My boss has not paid my wages for three months", "en"),
            ("please help me", "en"),
            ("I don't have money for a lawyer", "en"),
            ("사장님이 월급을 세 달째 안 줘요", "ko"),
            ("مەن ئىش ھەققىمنى ئالالمىدىم", "ug"),
            ("قانۇن ياردىمى كېرەك", "ug"),
            ("مەن جالاقىمدى الا المادىم", "kk"),
            ("ماعان ادۆوكات كەرەك", "kk"),
            ("Жалақымды бермей жатыр", "kk-Cyrl"),
            ("Миний цалинг өгөхгүй байна", "mn-Cyrl"),
            ("hello?", "en"),
            ("Is anybody there?", "en"),
            ("Надад хуульч хэрэгтэй байна", "mn-Cyrl"),
            ("ᠰᠠᠶᠢᠨ ᠪᠠᠢᠨ᠎ᠠ ᠤᠤ", "mn"),
            ("ང་ལ་རོགས་པ་གནང་རོགས།", "bo"),
            ("Работодатель не платит зарплату", "ru"),
            ("Chủ không trả lương cho tôi", "vi"),
            ("gou mbouj miz ngaenz bouxcuengh", "za"),
            ("ꆈꌠꉙ ꀋꉬ", "ii"),
            ("給料が払われません", "ja"),
            ("นายจ้างไม่จ่ายเงินเดือน", "th"),
            ("صاحب العمل لا يدفع راتبي", "ar"),
            ("Mon patron ne me paie pas depuis trois mois", "other"),
        ],
    )
    def test_is_told_by_script_and_words(self, text: str, code: str) -> None:
        assert language_of(text) == code

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "老板不给工资",
            "老板拖欠工资 HR 说 no problem 就是不给",
            "我的老板是 American boss 不给钱",
            "ok",
            "hello",
            "thank you",
            "laoban bu gei gongzi zenme ban",
            "wo yao lihun",
            "QQ群",
            "iPhone 15 pro max",
            REFERENCE,
            "A",
            "0",
            "12348",
            "<pii:name:1>",
            "在Йо那里",
        ],
    )
    def test_is_chinese_or_none(self, text: str) -> None:
        assert language_of(text) is None

    def test_has_its_lines_or_english_and_chinese_beside_it(self) -> None:
        phrases = Phrases.load()
        known = yaml.safe_load(DEFAULT_PATH.with_name(LANGUAGES).read_text(encoding="utf-8"))
        assert {code.partition("-")[0] for code in known} - {"other"} == set(LANGUAGE)
        english = phrases.languages["en"].lines
        for code, words in phrases.languages.items():
            said = phrases.in_language(code).lines
            assert set(english) <= set(said) or words.verified_by is not None
            assert any("[110]" in line for line in said)

    def test_that_nobody_has_verified_says_so(self) -> None:
        phrases = Phrases.load()
        assert all(phrases.unverified(code) for code in phrases.languages)
        assert phrases.unverified("fr")

    def test_stands_alone_once_somebody_who_grew_up_with_it_has_read_it(self) -> None:
        phrases = Phrases.load()
        read = phrases.languages["ug"].model_copy(update={"verified_by": "古丽"})
        phrases = phrases.model_copy(update={"languages": {**phrases.languages, "ug": read}})
        assert phrases.in_language("ug").lines == read.lines
        assert not phrases.unverified("ug")
        assert phrases.in_language("en").lines == phrases.languages["en"].lines


class TestAReference:
    @pytest.mark.parametrize(
        "text",
        [
            REFERENCE,
            "la-2026-9nm6-7",
            "LA20269NM67",
            "LA 2026 9NM6 7",
            "ｌａ－２０２６－９ｎｍ６－７",
            "L A 2026—9NM6—7",
            "编号是LA-2026-9NM6-7，帮我查查",
            "2026-9NM6-7",
            "LA-2026-9NM6-7 1234",
            "LA-2026-9NM6-7，尾号<pii:phone_tail:1>",
        ],
    )
    def test_is_read_however_it_is_typed(self, text: str) -> None:
        assert reference_in(text) == REFERENCE

    @pytest.mark.parametrize("text", ["LA-2026-9NM6-8", "LA20269MN67", "la 2026 9nm6"])
    def test_with_a_slip_is_known_for_one(self, text: str) -> None:
        assert reference_in(text) == "?"

    @pytest.mark.parametrize("text", ["", "2026年3月欠的工资", "labour", "LA什么", "我的申请到哪了", "欠了2026块"])
    def test_is_not_seen_where_there_is_none(self, text: str) -> None:
        assert reference_in(text) is None

    def test_of_a_complaint_is_no_application(self) -> None:
        number = str(issue(year=2026, pick=lambda letters: letters[7], head="TS"))
        assert number.startswith("TS-2026-")
        assert str(parse(number.replace("TS", "LA"))) == number.replace("TS", "LA")


class TestAPhoneTail:
    @pytest.mark.parametrize(
        ("text", "tail"),
        [
            ("1234", "1234"),
            ("１２３４", "1234"),
            ("五六七八", "5678"),
            ("幺二三四", "1234"),
            ("尾号是 12 34", "1234"),
            ("13800135678", "5678"),
            ("123", None),
            ("12345", None),
            ("不知道", None),
            ("", None),
        ],
    )
    def test_is_four_digits_or_the_end_of_a_number(self, text: str, tail: str | None) -> None:
        assert phone_tail(text) == tail

    @pytest.mark.parametrize("text", ["LA-2026-9NM6-7 尾号1234", "电话后四位是五六七八", "后四位 12 34"])
    def test_told_unasked_is_hidden_too(self, text: str) -> None:
        assert [one.kind for one in find(text)] == [PiiKind.PHONE_TAIL]

    def test_and_every_private_question_is_hidden_at_the_edge(self) -> None:
        assert {one.fact for one in QUESTIONS.values() if one.private} <= set(PRIVATE_FACTS)


class TestScolding:
    @pytest.mark.parametrize(
        "text",
        [
            "傻逼",
            "操",
            "滚",
            "你们这群废物",
            "你们都是骗子政府养的废物操你妈的",
            "狗屁热线",
            "他妈的",
            "你们就是一群骗子 什么都不会",
            "丢雷老母",
            "SB",
        ],
    )
    def test_alone_is_scolding(self, text: str) -> None:
        assert abuse.is_only_scolding(text)

    @pytest.mark.parametrize(
        "text",
        [
            "他妈的老板不给钱",
            "骗子把我八千块骗走了",
            "黑心老板",
            "操 又被房东坑了",
            "我男人是个畜生 天天打我",
            "操你妈 我要跳楼",
            "垃圾分类怎么罚款",
            "老板骂我傻逼还不给工资",
            "你好",
            "废物，把我的事办了",
        ],
    )
    def test_with_a_matter_is_the_matter(self, text: str) -> None:
        assert not abuse.is_only_scolding(text)


class TestSilence:
    @pytest.mark.parametrize("text", ["…", "?", "？？", "。。。", "\u200b", "[静音]", "（无法识别）", "<noise>"])
    def test_is_what_says_nothing(self, text: str) -> None:
        assert silence.is_silent(text, open_question=True)

    @pytest.mark.parametrize("text", ["嗯嗯嗯", "嗯 嗯 嗯", "啊啊啊啊"])
    def test_is_muttering_where_nothing_was_asked(self, text: str) -> None:
        assert silence.is_silent(text, open_question=False)
        assert not silence.is_silent(text, open_question=True)

    @pytest.mark.parametrize("text", ["嗯", "是", "0", "时效?", "嗯嗯嗯是的", "OK", "ང"])
    def test_is_broken_by_a_word(self, text: str) -> None:
        assert not silence.is_silent(text, open_question=False)


class TestARating:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("满意", Satisfaction.SATISFIED),
            ("很满意 谢谢", Satisfaction.SATISFIED),
            ("挺满意的", Satisfaction.SATISFIED),
            ("给你们好评", None),
            ("还行", Satisfaction.FAIR),
            ("还可以，凑合", Satisfaction.FAIR),
            ("一般般吧", Satisfaction.FAIR),
            ("不满意", Satisfaction.DISSATISFIED),
            ("不太满意", Satisfaction.DISSATISFIED),
            ("没啥用", Satisfaction.DISSATISFIED),
            ("没帮到我", Satisfaction.DISSATISFIED),
            ("对判决不满意", None),
            ("我对仲裁结果不满意怎么办", None),
        ],
    )
    def test_is_the_whole_message(self, text: str, found: Satisfaction | None) -> None:
        assert satisfaction.reading(text) is found


class TestAComplaint:
    @pytest.mark.parametrize(
        "text",
        [
            "我要投诉",
            "投诉你们的律师",
            "接电话的人态度太差",
            "你们不给老板打电话 我要投诉你们",
            "法律援助中心的人刁难我",
        ],
    )
    def test_about_the_service_is_ours(self, text: str) -> None:
        assert complaint.is_ours(text)

    @pytest.mark.parametrize(
        "text",
        ["我要投诉老板不发工资", "商家不退款我要投诉到12315", "对法院判决不满意", "投诉物业", "交警乱罚款 我要投诉"],
    )
    def test_about_somebody_else_is_a_matter(self, text: str) -> None:
        assert not complaint.is_ours(text)


class TestALikeness:
    """Rasa's best guess is not enough to leave a form for."""

    @pytest.mark.parametrize(
        ("act", "text"),
        [
            (Act.COMPLAIN, "只同意交给你们 不同意给别人"),
            (Act.COMPLAIN, "我要投诉老板不发工资"),
            (Act.STATUS, "三个月了"),
            (Act.STATUS, "我是回银川申请还是去厦门申请"),
            (Act.STATUS, "援助去哪个地方申请"),
            (Act.STATUS, "法律援助怎么申请"),
            (Act.STATUS, "申请之前要准备什么材料"),
            (Act.APPOINT, "五千"),
            (Act.RATE, "对判决不满意"),
            (Act.ABUSE, "我男人是个畜生 天天打我"),
            (Act.ASK, "我要投诉你们"),
        ],
    )
    def test_is_no_errand(self, act: Act, text: str) -> None:
        assert not errands.meant(turn(act, text))

    @pytest.mark.parametrize(
        ("act", "text"),
        [
            (Act.COMPLAIN, "我要投诉"),
            (Act.COMPLAIN, "派给我的律师根本不上心"),
            (Act.STATUS, "批下来没"),
            (Act.STATUS, "我去年在那边申请的到哪一步了"),
            (Act.STATUS, "上次去窗口申请的办到哪了"),
            (Act.STATUS, "我在这里申请的援助 还要等多久"),
            (Act.APPOINT, "想当面问问律师"),
            (Act.RATE, "不太满意"),
            (Act.ABUSE, "你们这群废物"),
            (Act.SIMPLER, "听不懂"),
        ],
    )
    def test_with_its_own_words_is_one(self, act: Act, text: str) -> None:
        assert errands.meant(turn(act, text))


def turn(act: Act, text: str) -> Turn:
    now = FakeClock()()
    thread = Conversation(id="c", channel="web", region=None, locale="zh-CN", opened_at=now)
    return Turn(
        conversation=thread,
        act=act,
        confidence=0.7,
        text=text,
        payload={},
        state=DialogueState(),
        region=None,
        now=now,
        on=now.date(),
    )


class TestQuestions:
    def test_are_each_named_once(self) -> None:
        facts = [question.fact for question in errands.QUESTIONS]
        assert len(facts) == len(set(facts))
