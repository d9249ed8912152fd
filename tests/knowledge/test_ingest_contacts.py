"""Officials' names and old contacts stay out of what is shown; public lines and offices stay in."""

import pytest

from knowledge_base.ingest.contacts import HIDDEN_CONTACT, HIDDEN_NAME, says_only_contacts, screen
from knowledge_base.ingest.policy import parse_policy

pytestmark = pytest.mark.unit

PAGE = """某某市司法局
成文日期: 2025年3月2日 发布机构: 某某市司法局
某某市便民措施
一、窗口每个工作日开放。
二、咨询热线0519-12345678，联系人李四。
三、热线
(一)热线电话调整为0519-12345678。
(二)全国统一的号码是12348，一直有人接听。
"""


class TestScreen:
    @pytest.mark.parametrize(
        "line",
        [
            "组 长:孙旭东 银川市司法局党委书记、局长",
            "副组长：孔 玮 银川市司法局党委副书记",
            "成员：张三、李四",
            "联 系 人:马 璇",
            "联系人 | 马璇",
            "联系电话:6888997",
            "联系方式：李某,0951-6888997",
            "邮 箱:ycflyz@126.com",
            "传真：0951-6888998",
            "责任人:王建国",
            "负责人 王建国",
            "联系人 李四",
            "承办人|李四",
            "赵晓明  市司法局副局长",
            "赵晓明 | 市司法局副局长 | 副组长",
            "欧阳文 市财政局局长",
        ],
    )
    def test_takes_out_a_line_that_is_about_a_person(self, line: str) -> None:
        assert screen(line).shown is None
        assert screen(line).blocked == (line,)

    @pytest.mark.parametrize(
        ("line", "shown", "blocked"),
        [
            ("办公室设在法律援助中心,由冯涛具体负责。", f"办公室设在法律援助中心,由{HIDDEN_NAME}具体负责。", ("冯涛",)),
            ("由王建国同志任组长。", f"由{HIDDEN_NAME}同志任组长。", ("王建国",)),
            ("材料报市局(联系人:马璇)。", f"材料报市局(联系人:{HIDDEN_NAME})。", ("马璇",)),
            ("咨询请拨打0951-6888997。", f"咨询请拨打{HIDDEN_CONTACT}。", ("0951-6888997",)),
            (
                "请致电13800138000或发送至a.b@c.gov.cn。",
                f"请致电{HIDDEN_CONTACT}或发送至{HIDDEN_CONTACT}。",
                ("13800138000", "a.b@c.gov.cn"),
            ),
            ("投诉电话:6888997,欢迎监督。", f"投诉电话{HIDDEN_CONTACT},欢迎监督。", ("6888997",)),
            (
                "二、咨询热线0519-12345678，联系人李四。",
                f"二、咨询热线{HIDDEN_CONTACT}，联系人{HIDDEN_NAME}。",
                ("李四", "0519-12345678"),
            ),
            ("材料报市局，联系人为李四。", f"材料报市局，联系人为{HIDDEN_NAME}。", ("李四",)),
            ("另请告知联系人 李四 王五。", f"另请告知联系人 {HIDDEN_NAME}。", ("李四 王五",)),
            (
                "报送经办人张三、李四和王小五电话82345678",
                f"报送经办人{HIDDEN_NAME}电话{HIDDEN_CONTACT}",
                ("张三、李四和王小五", "82345678"),
            ),
            (
                "请找联系人买买提·艾力。",
                f"请找联系人{HIDDEN_NAME}。",
                ("买买提·艾力",),
            ),
            ("报送经办人员：李四、王五。", f"报送经办人员：{HIDDEN_NAME}。", ("李四、王五",)),
            ("报送经办人员姓名李四。", f"报送经办人员姓名{HIDDEN_NAME}。", ("李四",)),
            ("承办人员是李四和王小五。", f"承办人员是{HIDDEN_NAME}。", ("李四和王小五",)),
            ("报送联系人：李四、王五和有关单位。", f"报送联系人：{HIDDEN_NAME}、王五和有关单位。", ("李四",)),
            (
                "座机0951-6888997a.b@c.gov.cn。",
                f"座机{HIDDEN_CONTACT}{HIDDEN_CONTACT}。",
                ("0951-6888997", "a.b@c.gov.cn"),
            ),
            ("负责人为王建国。", f"负责人为{HIDDEN_NAME}。", ("王建国",)),
            ("由承办人李四同志答复。", f"由承办人{HIDDEN_NAME}同志答复。", ("李四",)),
        ],
    )
    def test_takes_a_name_or_a_contact_out_of_a_sentence(self, line: str, shown: str, blocked: tuple[str, ...]) -> None:
        found = screen(line)
        assert (found.shown, found.blocked) == (shown, blocked)

    @pytest.mark.parametrize(
        "phone",
        [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+86 138-0013-8000",
            "１３８００１３８０００",
            "0519-12345678",
            "0519 1234 5678",
            "0519—12345678",
            "0519－12345678",
            "０５１９－１２３４５６７８",
            "0519/12345678",
            "051912345678",
            "(0519)12345678",
            "（0519） 12345678",
            "+86-0519-12345678",
            "0951-6888997转801",
            "0951-6888997-801",
            "0951-6888997、6888998",
            "0951-6888997/6888998",
            "400-123-4567",
            "400 123 4567",
            "4001234567",
            "800-8101234",
            "x.y@z.gov.cn",
            "x.y＠z.gov.cn",
        ],
    )
    def test_knows_a_phone_however_it_is_written(self, phone: str) -> None:
        for line in ("请拨打{}。", "咨询{}，当场答复", "电话{}（工作日）"):
            found = screen(line.format(phone))
            assert found.shown == line.format(HIDDEN_CONTACT)
            assert found.blocked == (phone,)

    @pytest.mark.parametrize(
        "said", ["热线电话调整为82345678。", "座机 8234 5678。", "拨打8234-5678。", "服务热线号码是6888997。"]
    )
    def test_knows_a_local_number_by_the_word_before_it(self, said: str) -> None:
        shown = screen(said).shown or ""
        assert HIDDEN_CONTACT in shown
        assert not [c for c in shown if c.isdigit()]

    @pytest.mark.parametrize(
        "line",
        [
            "组 员:各县(市)区司法局局长",
            "成员:市公安局、市财政局",
            "由金融局具体负责。",
            "由司法局负责日常工作。",
            "联系电话:12348",
            "服务热线:12348、12345",
            "提升“12348”法律援助热线服务能力。",
            "全年办理法律援助案件1500件。",
            "高司字〔2024〕6号",
            "2024年4月30日印发,共20240430份。",
            "索引号 640100-109/2018-07757",
            "第一责任人要认真负责。",
            "主任会议决定事项。",
            "由高平市具体负责。",
            "由江苏省牵头。",
            "登记联系人单位、联系人方式、联系人时间。",
            "联系人应当在三日内答复。",
            "经办人员明确，责任人明确、时限明确。",
            "经办人员和安排",
            "承办人员时效",
            "登记联系人和联系电话。",
            "负责人为成年人，可以代为申请。",
            "拨打12348、12345或者110。",
            "拨打0519-12348转3。",
            "服务热线全年接听1234567人次。",
            "热线2024年接听20000件。",
            "发布于2024-04-30 10:30。",
            "账号0512345678901234。",
        ],
    )
    def test_leaves_offices_public_lines_and_figures(self, line: str) -> None:
        assert screen(line).shown == line
        assert screen(line).blocked == ()


class TestALineMeantToTakeForever:
    LONG = 100_000

    @pytest.mark.parametrize(
        "line",
        [
            "a" * LONG,
            "a@" * LONG,
            "1a" * LONG,
            "王三" + " " * LONG + "x",
            "联系人" + " " * LONG + "x",
            "经办人员" + " " * LONG + "x",
            "联系人:" + "和" * LONG + "x",
            "联系人:" + "李 " * LONG + "x",
            "电话" + ":" * LONG + "x",
            "大 " * LONG + "x",
            "文号:x" + " " * LONG + "x",
            "文号|x" + " " * LONG + "x",
            "| x" + " " * LONG + "x",
            "发" + " " * LONG + "x",
            "发2024" + " " * LONG + "x",
            "（" + HIDDEN_NAME * LONG,
            "2024年" * LONG + "通知",
        ],
        ids=range(17),
    )
    def test_is_read_at_once(self, line: str) -> None:
        for place in (2, 4):
            lines = PAGE.splitlines()
            lines.insert(place, line)
            assert parse_policy("\n".join(lines), name="page.txt", locate=lambda _: "320400").documents
        says_only_contacts(line)

    def test_of_one_title_is_read_at_once(self) -> None:
        page = PAGE.replace("某某市便民措施", "2024年" * self.LONG + "便民措施")
        (document,) = parse_policy(page, name="page.txt", locate=lambda _: "320400").documents
        assert document.plan_end is None


class TestAClauseOfContacts:
    @pytest.mark.parametrize(
        "words",
        [
            "咨询热线0519-12345678，联系人李四。",
            "热线电话调整为0519-12345678。",
            "有困难的，请拨打0519-12345678，欢迎社会各界监督。",
            "如需帮助，请联系0519-12345678。",
            "市法律援助中心咨询电话0519-12345678。",
            "由王建国同志任组长。",
            "联系方式",
            "投诉电话：\n1.电话0519-12345678\n2.联系人李四",
        ],
    )
    def test_says_nothing_else(self, words: str) -> None:
        shown = screen(words).shown
        assert shown is not None
        assert says_only_contacts(shown)

    @pytest.mark.parametrize(
        "words",
        [
            "材料报市局(联系人:马璇)。",
            "办公室设在法律援助中心,由冯涛具体负责。",
            "可拨打0519-12345678预约，也可以到窗口申请。",
            "服务热线12348、0519-12345678。",
            "地址：某路1号，电话0519-12345678。",
            "对符合条件的，三日内审查。咨询电话0519-12345678。",
            "有下列情形之一的，",
            "咨询电话12348",
            "欢迎监督",
        ],
    )
    def test_says_more(self, words: str) -> None:
        shown = screen(words).shown
        assert shown is not None
        assert not says_only_contacts(shown)

    def test_is_not_one_that_says_nothing(self) -> None:
        assert not says_only_contacts("")
        assert says_only_contacts(screen("(联系人:马璇)").shown or "")

    def test_is_not_taken_in_and_its_owner_is_told(self) -> None:
        parsed = parse_policy(PAGE, name="page.txt", locate=lambda _: "320400")
        (document,) = parsed.documents
        assert [clause.mark for clause in document.clauses] == ["一", "三(二)"]
        assert set(document.blocked) == {"0519-12345678", "李四"}
        told = [(note.line, note.text) for note in parsed.notes if note.text.startswith(("二", "三"))]
        assert told == [(5, "二：只有人名或联系方式，未收录"), (7, "三(一)：只有人名或联系方式，未收录")]
        assert not parsed.problems
