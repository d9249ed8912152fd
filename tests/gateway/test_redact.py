"""Personal data is found however it is typed, and what citizens need to read stays readable."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redact import find, placeholder, readable, swap

pytestmark = pytest.mark.unit

INVISIBLE = ("\u200b", "\u2060", "\u00ad", "\u200e", "\u200f", "\ufe0f\u20e3")
SEPARATORS = st.sampled_from(["", "", "", " ", "-", " - ", "–", "\u3000", "．", *INVISIBLE])
FULL_WIDTH = str.maketrans("0123456789Xx", "０１２３４５６７８９Ｘｘ")


def redacted(text: str, *, expecting: str | None = None) -> str:
    found = find(text, expecting=expecting)
    return swap(text, found, [f"<pii:{one.kind}:{n}>" for n, one in enumerate(found, 1)])


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    birth = draw(st.dates()).strftime("%m%d")
    year = draw(st.integers(1900, 2026))
    return (
        str(draw(st.integers(110000, 659999)))
        + f"{year}{birth}{draw(st.integers(0, 999)):03}"
        + draw(st.sampled_from("0123456789Xx"))
    )


@st.composite
def typed(draw: st.DrawFn, digits: str) -> str:
    spaced = "".join(char + draw(SEPARATORS) for char in digits[:-1]) + digits[-1]
    return spaced.translate(FULL_WIDTH) if draw(st.booleans()) else spaced


AROUND = st.sampled_from([("", ""), ("我的身份证是", "，帮我查"), ("号码：", "。谢谢"), ("a ", "\n下一行")])


class TestFind:
    @given(st.data(), id_numbers(), AROUND)
    def test_hides_an_identity_number_however_typed(
        self, data: st.DataObject, number: str, around: tuple[str, str]
    ) -> None:
        text = data.draw(typed(number))
        left = redacted(around[0] + text + around[1])
        assert not any(char.isdecimal() for char in left.replace(":1>", "")), left
        assert left.startswith(around[0])
        assert left.endswith(around[1])

    @given(st.data(), st.integers(0, 10**9 - 1), st.sampled_from("3456789"), AROUND)
    def test_hides_a_mobile_number_however_typed(
        self, data: st.DataObject, rest: int, second: str, around: tuple[str, str]
    ) -> None:
        number = f"1{second}{rest:09}"
        text = data.draw(typed(number))
        assert redacted(around[0] + text + around[1]) == f"{around[0]}<pii:phone:1>{around[1]}"

    @pytest.mark.parametrize("between", ["，", "、", "/", "\n", "\r\n", " - ", "，  ", ") ", "|"])
    @pytest.mark.parametrize(
        ("groups", "kind"),
        [
            (("138", "0013", "8000"), "phone"),
            (("138", "00138", "000"), "phone"),
            (("1380013", "8000"), "phone"),
            (tuple("13800138000"), "phone"),
            (("0453", "6123456"), "phone"),
            (("一三八", "零零一三", "八零零零"), "phone"),
            (("138", "零零一三", "8000"), "phone"),
            (("6222", "0212", "3456", "7890"), "card"),
            (("6222", "0212", "3456", "7890", "123"), "card"),
            (("110101", "19900307", "8515"), "id"),
            (("1101", "0119", "9003", "0785", "1X"), "id"),
            (("110101", "670401", "001"), "id"),
        ],
    )
    def test_hides_a_number_in_groups_whatever_parts_them(
        self, groups: tuple[str, ...], kind: str, between: str
    ) -> None:
        assert redacted(f"是{between.join(groups)}，谢谢") == f"是<pii:{kind}:1>，谢谢"

    @given(st.integers(10**15, 10**19 - 1))
    def test_hides_any_long_account_number(self, number: int) -> None:
        assert str(number) not in redacted(f"打到{number}上")

    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            ("我是张三 11010119900307888 8", "0307"),
            ("身份证130503670401001", "670401001"),
            ("电话0453-6123456", "6123456"),
            ("打(0356)5222111找我", "5222111"),
            ("我座机是 6123456", "6123456"),
            ("+86 138 0013 8000", "0013"),
            ("微信同号１３８００１３８０００", "１３８"),
            ("幺三八零零幺三八零零零", "零零幺"),
            ("壹叁捌零零一三捌零零零", "零零一"),
            ("138 零零一三 8000", "零零一三"),
            ("(138)00138000", "138"),
            ("（138）0013-8000", "0013"),
            ("+86 (138) 0013-8000", "0013"),
            ("6222 - 0212 - 3456 - 7890", "0212"),
            ("卡 6222 0212 3456 7890 123", "3456"),
            ("卡号4000123412341234", "1234"),
            ("账号：123 456 789", "456"),
            ("写信到 zhang.san@example.com.cn", "zhang"),
            ("密码123456 帮我查", "123456"),
            ("登录密码是：Abc!2345", "Abc"),
            ("验证码 8842", "8842"),
            ("我叫张三，老板不给钱", "张三"),
            ("姓名：欧阳 我叫王小明 身份证", "王小明"),
        ],
    )
    def test_hides(self, text: str, secret: str) -> None:
        assert secret not in redacted(text)

    @pytest.mark.parametrize(
        "text",
        [
            "打12348还是110？",
            "96110和12356哪个管",
            "短信发到12110453行吗",
            "欠我13500元，从2024-05-01到2024年12月31日",
            "2023 2024 2025 三年工资 3500 4000 5000",
            "高司字〔2024〕6号文件",
            "我今年63岁，两个孩子，月收入1200",
            "一二三四五",
            "密码忘了怎么办",
            "95588 是银行电话",
            "5000，6000，7000",
            "五月到八月分别是5000、6000、7000、8000",
            "6200，5000，4000，3000",
            "1500、3000、450",
            "13000，120000",
            "每天150，3000，4000",
            "138，3021，4012元",
            "2023/1/15，2023/10/15",
            "2023/1/5，2023/10/1，2023/3/7",
            "110、120、12348、96110、12110453",
            "12348/110/119/120/122",
            "一、二、三、四、五",
            "LA-2026-7K4Q-3",
            "我叫他还钱他不还",
            "我叫老板给工资",
            "",
        ],
    )
    def test_leaves_alone(self, text: str) -> None:
        assert redacted(text) == text

    @given(st.text(max_size=200))
    def test_never_fails_and_never_overlaps(self, text: str) -> None:
        found = find(text)
        assert all(a.end <= b.start for a, b in itertools.pairwise(found))
        assert all(text[one.start : one.end] == one.value for one in found)

    def test_does_not_keep_a_password(self) -> None:
        (one,) = find("密码：hunter22")
        assert (one.kind, one.keep) == ("password", False)


class TestFindWhileAPrivateAnswerIsExpected:
    @pytest.mark.parametrize("text", ["张三", "我叫王小明", " 买买提·艾力 。"])
    def test_takes_the_whole_message_for_a_name(self, text: str) -> None:
        assert redacted(text, expecting="contact.name").strip(" 。") == "<pii:name:1>"

    @pytest.mark.parametrize("text", ["算了", "不想说", "法律援助要多久？", "你们星期几上班呢", "返回"])
    def test_lets_commands_and_questions_through(self, text: str) -> None:
        assert redacted(text, expecting="contact.name") == text

    def test_still_hides_numbers_in_a_question(self) -> None:
        assert redacted("13800138000能收到短信吗", expecting="contact.name") == "<pii:phone:1>能收到短信吗"

    def test_takes_a_local_number_for_a_phone(self) -> None:
        assert redacted("6123456", expecting="contact.phone") == "<pii:phone:1>"

    def test_takes_only_the_number_out_of_a_sentence(self) -> None:
        text = redacted("我的手机13800138000，晚上打", expecting="contact.phone")
        assert text == "我的手机<pii:phone:1>，晚上打"

    def test_takes_an_unheard_of_private_fact_under_its_own_name(self) -> None:
        assert redacted("光明小区3号楼", expecting="contact.home_2") == "<pii:home_:1>"


class TestReadable:
    def test_speaks_of_hidden_values_in_words(self) -> None:
        assert readable(f"我是<pii:name:1>，{placeholder('password')}") == "我是［姓名已隐去］，［密码已隐去］"
