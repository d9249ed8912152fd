"""Officials' names and old contacts stay out of what is shown; public lines and offices stay in."""

import pytest

from knowledge_base.ingest.contacts import HIDDEN_CONTACT, HIDDEN_NAME, screen

pytestmark = pytest.mark.unit


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
        ],
    )
    def test_takes_a_name_or_a_contact_out_of_a_sentence(self, line: str, shown: str, blocked: tuple[str, ...]) -> None:
        found = screen(line)
        assert (found.shown, found.blocked) == (shown, blocked)

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
        ],
    )
    def test_leaves_offices_public_lines_and_figures(self, line: str) -> None:
        assert screen(line).shown == line
        assert screen(line).blocked == ()
