"""Whom the citizen would like to have: taken down where they bring it up, handed in with the rest, and never promised."""

import pytest

from actions.preference import PREFERRED, wish
from api.domain.audit import ActorKind
from api.services import casework, preference
from api.services.casework import CaseDetail
from tests.dialogue.stage import Stage, Talk
from tests.dialogue.test_intake import hand_in
from tests.http.world import EVERYWHERE

pytestmark = pytest.mark.dialogue


class TestTheWords:
    @pytest.mark.parametrize(
        ("text", "wished"),
        [
            ("想要李律师帮我", "李律师"),
            ("能不能指定王律师", "王律师"),
            ("我想请王建国律师代理", "王建国律师"),
            ("我想找李律师帮我打官司", "李律师"),
            ("就想让欧阳律师帮我", "欧阳律师"),
            ("希望由张伟律师承办", "张伟律师"),
            ("能给我派个女律师吗", "女律师"),
            ("我老公打我，能不能给我安排个女律师", "女律师"),
            ("援助律师能要女的吗", "女律师"),
            ("最好是男律师", "男律师"),
            ("还是上次那个律师帮我办吧", "上次那位律师"),
            ("能不能让之前的律师继续帮我", "上次那位律师"),
        ],
    )
    def test_wish_for_somebody(self, text: str, wished: str) -> None:
        assert wish(text) == wished

    @pytest.mark.parametrize(
        "text",
        [
            "我要投诉李律师",
            "李律师收了我五千块",
            "对方请了个女律师",
            "能不能自己挑律师",
            "想请个律师帮我打官司",
            "请安排律师",
            "要任何律师都行",
            "想换掉原来的律师",
            "法院给我指定了王律师",
            "我要告那个女律师",
            "我要找李律师",
            "我自己请李律师行不行",
            "我想问之前的律师怎么不接电话",
            "老板要请张律师告我",
            "不要女律师",
            "你们有女律师吗",
            "想向律师咨询",
            "要高级律师",
            "我想当女律师",
            *("想要" * 2000, "律师能" * 1300, "想上次帮给替" * 600),
        ],
    )
    def test_tell_of_something_else(self, text: str) -> None:
        assert wish(text) is None


def kept(stage: Stage, talk: Talk) -> CaseDetail:
    reference = talk.applications[0].application.reference

    async def load() -> CaseDetail:
        async with stage.database.unit_of_work() as uow:
            return await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=stage.clock())

    return stage.loop.run(load())


class TestTheWish:
    def test_goes_with_the_application_and_is_not_promised(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        talk.say("想要李律师帮我")
        (said,) = [one.text for one in talk.messages if "李律师" in one.text]
        assert "不能答应" in said
        assert not talk.applications
        # Without consent to what is sensitive their words stay behind; whom they mean goes along.
        hand_in(talk, sensitive=False)
        assert kept(stage, talk).preference == "李律师"

    def test_said_afterwards_is_noted_with_the_application_and_the_last_one_counts(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        hand_in(talk, sensitive=True)
        assert kept(stage, talk).preference is None
        for text in ("能不能派个女律师", "还是想要李律师帮我"):
            talk.say(text)
            assert any("记在您的申请里" in one.text for one in talk.messages), text
        detail = kept(stage, talk)
        assert detail.preference == "李律师"
        noted = [one.entry for one in detail.history if one.entry.action == preference.NOTED]
        assert [entry.actor.kind for entry in noted] == [ActorKind.CITIZEN] * 2
        assert "律师" not in repr([entry.data for entry in noted])

    def test_beside_a_story_leaves_the_story_its_answer(self, talk: Talk) -> None:
        talk.say("老板拖欠工资三个月了，我想申请仲裁，能不能给我派个女律师")
        assert talk.state.extra[PREFERRED] == "女律师"
        assert "女律师" in talk.messages[0].text
        assert len(talk.messages) > 1

    def test_in_the_middle_of_a_question_leaves_it_open(self, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        assert talk.question is not None
        asked = talk.question["fact"]
        talk.say("想要女律师")
        assert (talk.state.asked, talk.state.extra[PREFERRED]) == (asked, "女律师")
        assert talk.question is not None
        assert talk.question["fact"] == asked
