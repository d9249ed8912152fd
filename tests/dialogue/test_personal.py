"""In the thread itself somebody asks what is kept of them, or that it is put right: staff get it, and nothing is given out."""

import pytest

from actions.personal import asks
from api.domain.personal import DataRequest
from tests.dialogue.stage import Stage
from tests.dialogue.test_intake import hand_in, open_tickets

pytestmark = pytest.mark.dialogue


class TestAsking:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("看看你们存了我什么", DataRequest.COPY),
            ("我想查看一下我的个人信息", DataRequest.COPY),
            ("把我的资料复制一份", DataRequest.COPY),
            ("我登记的电话写错了", DataRequest.CORRECT),
            ("我的手机号换了", DataRequest.CORRECT),
            ("我要更正个人信息", DataRequest.CORRECT),
            ("我想撤回同意", None),
            ("把我的信息删掉", None),
            ("老板的电话换了怎么办", None),
            ("他把我的手机号换了", None),
            ("公司不给我复制我的考勤记录", None),
            ("我看看还要准备什么材料", None),
        ],
    )
    def test_is_heard_in_plain_words(self, text: str, kind: DataRequest | None) -> None:
        assert asks(text) is kind

    def test_goes_to_staff_once_the_application_is_theirs(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        hand_in(talk, sensitive=True)
        [record] = talk.applications
        for _ in range(2):
            talk.say("看看你们存了我什么")
            assert "先确认是您本人" in talk.messages[0].text
        talk.say("我登记的电话写错了，是13900139000")
        assert "先确认是您本人" in talk.messages[0].text
        assert "13900139000" not in talk.messages[0].text
        mine = [one.reason for one in open_tickets(stage) if one.reference == record.application.reference and one.due]
        assert mine == ["data_request:copy", "data_request:correct"]

    def test_withdraws_no_consent(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        hand_in(talk, sensitive=True)
        [record] = talk.applications
        talk.say("看看你们存了我什么")
        reasons = [one.reason for one in open_tickets(stage) if one.reference == record.application.reference]
        assert reasons == ["data_request:copy"]
