"""Who asks for a door, and who only mentions one."""

import pytest

from knowledge_base.directory.asking import Asking
from knowledge_base.offices import OfficeKind

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking.load()


class TestHears:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("附近哪里有法律援助中心", OfficeKind.LEGAL_AID),
            ("法援中心在哪儿？", OfficeKind.LEGAL_AID),
            ("离我最近的司法所", OfficeKind.JUSTICE_OFFICE),
            ("派出所电话", OfficeKind.POLICE),
            ("派出所的电话是多少？", OfficeKind.POLICE),
            ("劳动仲裁委地址", OfficeKind.LABOUR_ARBITRATION),
            ("公证处几点上班", OfficeKind.NOTARY),
            ("妇联怎么联系", OfficeKind.WOMENS_FEDERATION),
            ("看守所的值班律师怎么联系", OfficeKind.DUTY_POINT),
            ("流动服务车哪天来", OfficeKind.CIRCUIT),
            ("村里的法律顾问怎么联系", OfficeKind.VILLAGE_ADVISER),
            ("调解委员会周六有人吗", OfficeKind.MEDIATION),
            ("伤残鉴定中心在什么地方", OfficeKind.APPRAISAL),
            ("现在有人上班吗", OfficeKind.LEGAL_AID),
            ("你们周末上班吗", OfficeKind.LEGAL_AID),
            ("几点开门", OfficeKind.LEGAL_AID),
        ],
    )
    def test_what_kind_is_looked_for(self, asking: Asking, text: str, kind: OfficeKind) -> None:
        wanted = asking.wanted(text)
        assert wanted is not None
        assert (wanted.kind, wanted.identity) == (kind, None)

    @pytest.mark.parametrize(
        ("text", "identity"),
        [
            ("妇女热线是多少", "hotline.12338"),
            ("心理热线", "hotline.12356"),
            ("12345几点有人接", "hotline.12345"),
            ("法律援助电话", "hotline.12348"),
            ("讨薪电话是多少", "hotline.12333"),
        ],
    )
    def test_which_number_is_looked_for(self, asking: Asking, text: str, identity: str) -> None:
        wanted = asking.wanted(text)
        assert wanted is not None
        assert wanted.identity == identity

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "老板拖欠工资",
            "派出所打电话叫我去",
            "我去派出所报案他们不管怎么办",
            "12348是干啥的",
            "哪里申请法律援助",
            "到哪里申请劳动仲裁",
            "离婚去哪里办",
            "周末上班算加班吗",
            "老板让我周末上班",
            "法院判了不执行有没有办法",
            "高平乡镇法律服务站星期几有律师",
            "法院给我打了电话说要开庭",
            "公证要多少钱",
            "昨天在派出所附近被人打了，他们不给立案，医药费也没人管，老板还把我开除了，我现在不知道该找谁",
        ],
    )
    def test_no_question_where_there_is_none(self, asking: Asking, text: str) -> None:
        assert asking.wanted(text) is None


class TestPlace:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("高平", "140581"),
            ("我在高平。", "140581"),
            ("牡丹江这边", "231000"),
            ("在牡丹江打工呢", "231000"),
            ("银川兴庆区", "640104"),
            ("兴庆区", "640104"),
            ("231000", "231000"),
        ],
    )
    def test_is_read_from_a_short_answer(self, asking: Asking, text: str, code: str) -> None:
        said = asking.place(text)
        assert said is not None
        assert said.code == code

    @pytest.mark.parametrize("text", ["鼓楼区", "亚特兰蒂斯市"])
    def test_is_not_guessed(self, asking: Asking, text: str) -> None:
        said = asking.place(text)
        assert said is not None
        assert said.code is None

    @pytest.mark.parametrize("text", ["我在银川老板不给钱", "不知道", "你是真人吗", ""])
    def test_is_not_read_into_something_else(self, asking: Asking, text: str) -> None:
        assert asking.place(text) is None
