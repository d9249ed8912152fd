"""Who is at the end of their strength, and what only sounds like it."""

import pytest

from knowledge_base.distress import Distress

pytestmark = pytest.mark.knowledge


@pytest.fixture(scope="module")
def distress() -> Distress:
    return Distress.load()


class TestHeard:
    @pytest.mark.parametrize(
        "text",
        [
            "我真的崩溃了",
            "崩溃 真的崩溃 老板又不给钱",
            "撑不下去了 天天被催债",
            "我快要坚持不住了",
            "整夜睡不着 想着这个事",
            "晚上根本睡不着 头发一把一把掉",
            "太难了",
            "我太难了 一个人带两个娃",
            "实在是太难了 求求你们帮帮我",
            "绝望了",
            "我快被逼疯了",
            "日子过不下去了",
            "看不到一点希望",
            "走投无路了",
            "每天偷偷哭",
            "以泪洗面",
            "我抑郁了 睡不着",
            "心累了 不想跟他们耗了",
            "喘不过气来",
            "不知道怎么活",
            "整个人都垮了",
            "前几年就崩溃过 现在又撑不下去了",
            "我　真 的 崩 溃 了",
        ],
    )
    def test_is_true_of_distress(self, distress: Distress, text: str) -> None:
        assert distress.heard(text)

    @pytest.mark.parametrize(
        "text",
        [
            "电脑崩溃了 资料全没了能找公司赔吗",
            "系统崩溃 申请提交不了",
            "手机老是崩溃 换货不给换",
            "网站崩溃了",
            "股市崩溃 亏了钱能找证券公司吗",
            "他崩溃了就签字了",
            "当时我都崩溃了 后来和解了",
            "电视剧里那个人崩溃了",
            "绝望主妇里那种离婚怎么分",
            "不要绝望",
            "公司快撑不下去了要裁员",
            "店撑不下去了想转让",
            "墙撑不住了要塌",
            "对方撑不住了 想调解",
            "楼上装修吵得我整夜睡不着",
            "广场舞每天晚上睡不着 能告吗",
            "这手续太难了",
            "这题太难了",
            "赢官司没希望怎么办",
            "希望小学工程款没给",
            "孩子天天哭 幼儿园是不是打他了",
            "员工得了抑郁症能辞退吗",
            "和他过不下去了 想离婚",
            "老板欠我三个月工资",
            "离婚要多久",
            "",
        ],
    )
    def test_is_false_of_what_only_sounds_like_it(self, distress: Distress, text: str) -> None:
        assert not distress.heard(text)
