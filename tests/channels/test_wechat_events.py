"""WeChat's own: following and leaving, the menu, voices, places, pictures, and who wants law education."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.services import conversations, news
from api.services.records import Sender, StoredMessage
from bot.channels.phrases import Phrases
from bot.channels.wechat.envelope import MessageUnreadable
from bot.channels.wechat.inbox import read
from bot.messages import QuestionReply, Say, TextReply
from knowledge_base.types import FactType, Question
from tests.channels.wechat_line import PLACE, UNHURRIED, WeChatLine, wechat_line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
WORDS = Phrases.load().wechat
CITIZEN = "citizen"
ADDRESS = "黑龙江省牡丹江市东安区西安路5号"
ABUSE = Question(fact="claim.abuse", type=FactType.BOOL, text="他打过您吗？", why="法律另有照顾。")


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, **UNHURRIED) as line:
        yield line
        assert line.fake.refused == []


async def thread(line: WeChatLine) -> tuple[StoredMessage, ...]:
    async with line.stage.database.reading() as uow:
        found = await conversations.conversation_of(uow, channel="wechat", external_user=CITIZEN)
        assert found is not None
        return await conversations.messages_after(uow, conversation_id=found.id, seq=0)


async def readers(line: WeChatLine) -> list[str]:
    async with line.stage.database.reading() as uow:
        return [one.user for one in await news.readers(uow, channel="wechat")]


def turns(line: WeChatLine) -> list[Any]:
    return [one.payload or one.text for one in line.stage.dialogue.asked]


class TestFollowing:
    async def test_is_greeted_once_with_choices_and_what_else_there_is(self, line: WeChatLine) -> None:
        delivery = await line.fake.event(CITIZEN, "subscribe", EventKey="qrscene_12")
        await line.settle()
        assert delivery.reply is not None
        assert "不是律师" in delivery.reply
        assert "1 看看能不能申请法律援助" in delivery.reply
        assert delivery.reply.endswith(WORDS.news_offer)
        assert line.read() == [delivery.reply]
        assert turns(line) == []

    async def test_again_is_an_answer_too(self, line: WeChatLine) -> None:
        await line.fake.event(CITIZEN, "subscribe")
        await line.fake.event(CITIZEN, "unsubscribe")
        line.stage.clock.pass_(timedelta(days=1))
        delivery = await line.fake.event(CITIZEN, "subscribe")
        assert delivery.reply is not None
        assert turns(line) == ["你好"]

    async def test_by_a_scan_of_whoever_follows_already_is_answered(self, line: WeChatLine) -> None:
        await line.text("老板不给钱")
        await line.fake.event(CITIZEN, "SCAN", EventKey="12")
        assert turns(line) == ["老板不给钱", "你好"]

    async def test_opens_the_thread_at_the_place_of_the_account(self, stage: Stage) -> None:
        async with wechat_line(stage, region="231000") as line:
            await line.fake.event(CITIZEN, "subscribe")
            async with stage.database.reading() as uow:
                found = await conversations.conversation_of(uow, channel="wechat", external_user=CITIZEN)
        assert found is not None
        assert found.region == "231000"

    async def test_no_more_is_met_with_silence(self, line: WeChatLine) -> None:
        assert (await line.fake.event(CITIZEN, "unsubscribe")).reply is None


class TestTheMenu:
    async def test_acts(self, line: WeChatLine) -> None:
        await line.fake.event(CITIZEN, "CLICK", EventKey="screen")
        await line.fake.event(CITIZEN, "CLICK", EventKey="status")
        assert turns(line) == [{"act": "screen"}, {"act": "status"}]

    async def test_calls_a_person(self, line: WeChatLine) -> None:
        delivery = await line.fake.event(CITIZEN, "CLICK", EventKey="human")
        assert "工作人员" in (delivery.reply or "")
        assert turns(line) == []

    async def test_tapped_and_redelivered_acts_once(self, line: WeChatLine) -> None:
        line.fake.lost = 1
        delivery = await line.fake.event(CITIZEN, "CLICK", EventKey="screen")
        assert delivery.tries == (None, 200)
        assert turns(line) == [{"act": "screen"}]

    @pytest.mark.parametrize(
        ("event", "content"),
        [
            ("CLICK", {"EventKey": "V1001_OF_AN_OLDER_MENU"}),
            ("CLICK", {"EventKey": '{"act": "human"}'}),
            ("VIEW", {"EventKey": "https://example.org"}),
            ("TEMPLATESENDJOBFINISH", {"Status": "success"}),
            ("一个新事件", {}),
        ],
    )
    async def test_leaves_what_it_does_not_know(self, line: WeChatLine, event: str, content: dict[str, str]) -> None:
        delivery = await line.fake.event(CITIZEN, event, **content)
        assert (delivery.tries, delivery.reply) == ((200,), None)
        assert turns(line) == []


class TestVoices:
    async def test_that_were_recognised_are_words_and_say_so_to_the_staff(self, line: WeChatLine) -> None:
        await line.fake.say(CITIZEN, MsgType="voice", MediaId="m", Format="amr", Recognition="我要离婚。")
        assert turns(line) == ["我要离婚。"]
        (said,) = [one for one in await thread(line) if one.sender is Sender.CITIZEN]
        assert said.body == {"recognised": True}

    @pytest.mark.parametrize("heard", [{}, {"Recognition": ""}, {"Recognition": " "}])
    async def test_that_were_not_are_asked_for_in_words(self, line: WeChatLine, heard: dict[str, str]) -> None:
        await line.fake.say(CITIZEN, MsgType="voice", MediaId="m", Format="amr", **heard)
        assert turns(line) == [{"act": "media", "kind": "voice"}]

    async def test_choose_from_a_menu(self, line: WeChatLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        await line.fake.say(CITIZEN, MsgType="voice", MediaId="m", Format="amr", Recognition="是。")
        assert turns(line)[-1] == {"claim.abuse": True}

    async def test_tell_of_danger(self, line: WeChatLine) -> None:
        delivery = await line.fake.say(CITIZEN, MsgType="voice", MediaId="m", Format="amr", Recognition="他拿刀追我")
        assert "110" in (delivery.reply or "")


class TestPlaces:
    async def test_sent_on_purpose_are_kept_as_province_city_and_county(self, line: WeChatLine) -> None:
        await line.fake.say(
            CITIZEN, MsgType="location", Location_X="44.582713", Location_Y="129.609351", Scale="16", Label=ADDRESS
        )
        assert turns(line) == ["黑龙江省牡丹江市东安区"]
        kept = str(await thread(line))
        assert not any(part in kept for part in ("44.58", "129.6", "西安路", "5号"))

    @pytest.mark.parametrize("label", ["", "人民路5号", "朝阳区"])
    async def test_that_cannot_be_told_apart_are_asked_for_in_words(self, line: WeChatLine, label: str) -> None:
        await line.fake.say(CITIZEN, MsgType="location", Location_X="44.58", Location_Y="129.60", Label=label)
        assert turns(line) == [{"act": "media", "kind": "location"}]

    async def test_reported_by_the_telephone_itself_are_neither_kept_nor_answered(self, line: WeChatLine) -> None:
        await line.text("你好")
        before = await thread(line)
        delivery = await line.fake.event(CITIZEN, "LOCATION", Latitude="44.58", Longitude="129.60", Precision="30")
        assert (delivery.tries, delivery.reply) == ((200,), None)
        assert await thread(line) == before

    def test_are_read_from_the_front(self) -> None:
        named = {
            "上海市黄浦区南京东路100号": "上海市黄浦区",
            "河北省石家庄市桥西区北京路": "河北省石家庄市桥西区",
            "江苏省常州市新北区通江路北京饭店": "江苏省常州市新北区",
            "北京市密云县": "北京市密云区",
            "全国": None,
        }
        assert {address: PLACE(address) for address in named} == named


class TestWhatHasNoWords:
    @pytest.mark.parametrize(
        ("kind", "media"),
        [("video", "video"), ("shortvideo", "video"), ("link", "file"), ("file", "file")],
    )
    async def test_is_asked_for_in_words(self, line: WeChatLine, kind: str, media: str) -> None:
        await line.fake.say(CITIZEN, MsgType=kind, MediaId="m", PicUrl="http://example.org/1", Title="起诉书")
        assert turns(line) == [{"act": "media", "kind": media}]
        assert "起诉书" not in str(await thread(line))

    async def test_may_be_a_sticker(self, line: WeChatLine) -> None:
        await line.text("[收到不支持的消息类型，暂无法显示]")
        assert turns(line) == [{"act": "media", "kind": "file"}]

    async def test_and_no_kind_that_is_known_is_let_go_by(self, line: WeChatLine) -> None:
        assert (await line.fake.say(CITIZEN, MsgType="hologram")).reply is None


class TestLawEducation:
    @pytest.mark.parametrize("words", ["订阅普法", "“订阅普法”。", "订阅普法消息"])
    async def test_comes_to_whoever_asks_for_it(self, line: WeChatLine, words: str) -> None:
        assert await readers(line) == []
        delivery = await line.fake.text(CITIZEN, words)
        assert delivery.reply == WORDS.news_on
        assert await readers(line) == [CITIZEN]
        assert turns(line) == []

    @pytest.mark.parametrize("words", ["退订普法", "退订", "TD", "不要普法"])
    async def test_ends_with_a_word(self, line: WeChatLine, words: str) -> None:
        await line.text("订阅普法")
        delivery = await line.fake.text(CITIZEN, words)
        assert delivery.reply == WORDS.news_off
        assert await readers(line) == []

    async def test_begins_and_ends_by_the_menu(self, line: WeChatLine) -> None:
        await line.fake.event(CITIZEN, "CLICK", EventKey="news.on")
        assert await readers(line) == [CITIZEN]
        await line.fake.event(CITIZEN, "CLICK", EventKey="news.off")
        assert await readers(line) == []

    async def test_ends_for_whoever_leaves(self, line: WeChatLine) -> None:
        await line.text("订阅普法")
        await line.fake.event(CITIZEN, "unsubscribe")
        assert await readers(line) == []

    async def test_is_no_turn_and_takes_none_away(self, line: WeChatLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        await line.text("订阅普法")
        await line.text("1")
        assert turns(line)[-1] == {"claim.abuse": True}

    async def test_asked_for_by_the_way_is_talked_about(self, line: WeChatLine) -> None:
        line.stage.dialogue.enqueue(TextReply(say=Say.CAPABILITIES))
        await line.text("我手机被人订阅普法短信扣钱了")
        assert await readers(line) == []
        assert len(turns(line)) == 1


class TestReading:
    @given(
        fields=st.dictionaries(
            st.sampled_from(
                [
                    "ToUserName",
                    "FromUserName",
                    "MsgType",
                    "MsgId",
                    "Event",
                    "EventKey",
                    "CreateTime",
                    "Content",
                    "Label",
                ]
            ),
            st.text(max_size=40)
            | st.sampled_from(["o1", "event", "text", "location", "CLICK", "subscribe", "1", "human"]),
        )
    )
    def test_never_breaks_on_what_it_is_given(self, fields: dict[str, str]) -> None:
        try:
            incoming = read(fields, place=PLACE)
        except MessageUnreadable:
            return
        assert incoming.user == fields["FromUserName"]
