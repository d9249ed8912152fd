"""Photographs and PDFs by WeChat and Telegram: fetched from the platform, kept once, or turned down with the reason."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from api.services import conversations, documents
from api.services.attachment_ports import Attachment
from tests.channels.telegram_line import TelegramLine, telegram_line
from tests.channels.wechat_line import UNHURRIED, WeChatLine, wechat_line
from tests.gateway.stage import Stage
from tests.papers import pdf, photograph

pytestmark = pytest.mark.http

CITIZEN = "citizen"
KEPT = {"act": "media", "kind": "image", "kept": True, "days": []}
PHOTO = {
    "photo": [
        {"file_id": "small", "file_unique_id": "a", "width": 90, "height": 90},
        {"file_id": "large", "file_unique_id": "b", "width": 1280, "height": 960},
    ]
}


@pytest.fixture
async def telegram(stage: Stage) -> AsyncIterator[TelegramLine]:
    async with telegram_line(stage) as line:
        yield line


@pytest.fixture
async def wechat(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, **UNHURRIED) as line:
        yield line


def turns(line: TelegramLine | WeChatLine) -> list[Any]:
    return [one.payload or one.text for one in line.stage.dialogue.asked]


async def kept(stage: Stage, *, channel: str, user: str) -> tuple[Attachment, ...]:
    async with stage.database.reading() as uow:
        found = await conversations.conversation_of(uow, channel=channel, external_user=user)
        assert found is not None
        return await uow.attachments.of(found.id)


class TestWeChat:
    async def kept(self, line: WeChatLine) -> tuple[Attachment, ...]:
        return await kept(line.stage, channel="wechat", user=CITIZEN)

    async def test_keeps_a_photograph(self, wechat: WeChatLine) -> None:
        name = wechat.fake.keep(photograph())
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=name, PicUrl="http://example.org/1")
        assert turns(wechat) == [KEPT]
        assert len(await self.kept(wechat)) == 1
        assert wechat.fake.refused == []

    async def test_keeps_it_once_however_often_it_is_delivered(self, wechat: WeChatLine) -> None:
        wechat.fake.lost = 2
        await wechat.fake.say(CITIZEN, id="99", MsgType="image", MediaId=wechat.fake.keep(photograph()))
        assert turns(wechat) == [KEPT]
        assert len(await self.kept(wechat)) == 1

    async def test_fetches_with_a_new_token_where_the_old_one_was_revoked(self, wechat: WeChatLine) -> None:
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=wechat.fake.keep(photograph()))
        wechat.fake.revoke()
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=wechat.fake.keep(photograph()))
        assert len(await self.kept(wechat)) == 2

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (None, "document_not_fetched"),
            (b"<html>", "document_unknown"),
            (b'{"errcode":40007}', "document_not_fetched"),
            (b"{[", "document_not_fetched"),
            (b"[1]", "document_unknown"),
            (bytes(documents.LARGEST + 1), "document_too_large"),
        ],
        ids=["gone", "no picture", "a refusal", "half a refusal", "no object", "too large"],
    )
    async def test_says_why_a_photograph_was_not_kept(
        self, wechat: WeChatLine, content: bytes | None, code: str
    ) -> None:
        name = "gone" if content is None else wechat.fake.keep(content)
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=name)
        assert turns(wechat) == [{"act": "media", "kind": "image", "refused": code}]
        assert await self.kept(wechat) == ()

    async def test_says_so_where_the_platform_has_let_it_go(self, wechat: WeChatLine) -> None:
        name = wechat.fake.keep(photograph())
        wechat.fake.media[name] = (photograph(), wechat.stage.clock() - timedelta(days=3))
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=name)
        assert turns(wechat) == [{"act": "media", "kind": "image", "refused": "document_not_fetched"}]

    @pytest.mark.parametrize("name", ["../../etc/passwd", "", "a b", "x" * 300])
    async def test_asks_for_nothing_under_a_name_that_is_none(self, wechat: WeChatLine, name: str) -> None:
        await wechat.fake.say(CITIZEN, MsgType="image", MediaId=name)
        assert turns(wechat) == [{"act": "media", "kind": "image"}]
        assert wechat.fake.refused == []


class TestTelegram:
    async def kept(self, line: TelegramLine) -> tuple[Attachment, ...]:
        return await kept(line.stage, channel="telegram", user=str(line.user(CITIZEN)))

    async def send(self, line: TelegramLine, **content: object) -> None:
        assert await line.post(line.fake.message(line.user(CITIZEN), **content)) == 200

    async def test_keeps_a_photograph_in_its_largest_size(self, telegram: TelegramLine) -> None:
        telegram.fake.files["large"] = photograph()
        await self.send(telegram, **PHOTO, caption="他拿刀，这是伤口")
        assert any("110" in text for text in telegram.read())
        assert turns(telegram) == [KEPT]
        assert len(await self.kept(telegram)) == 1
        assert telegram.fake.refused == []

    async def test_keeps_every_page_of_an_album(self, telegram: TelegramLine) -> None:
        telegram.fake.files["large"] = photograph()
        for number in range(4):
            await self.send(telegram, **PHOTO, media_group_id="777", **({"caption": "工资条"} if number == 0 else {}))
        assert turns(telegram) == ["工资条", *[KEPT] * 4]
        assert len(await self.kept(telegram)) == 4

    async def test_keeps_a_pdf_and_tells_its_days(self, telegram: TelegramLine) -> None:
        telegram.fake.files["pdf"] = pdf(["开庭时间：2026年12月1日"])
        paper = {"file_id": "pdf", "file_unique_id": "p", "file_name": "王大山的传票.pdf"}
        await self.send(telegram, document=paper)
        assert turns(telegram) == [{"act": "media", "kind": "file", "kept": True, "days": ["hearing:2026-12-01"]}]

    async def test_keeps_it_once_however_often_it_is_delivered(self, telegram: TelegramLine) -> None:
        telegram.fake.files["large"] = photograph()
        update = telegram.fake.message(telegram.user(CITIZEN), **PHOTO)
        for _ in range(2):
            await telegram.post(update)
        assert turns(telegram) == [KEPT]
        assert len(await self.kept(telegram)) == 1

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (None, "document_not_fetched"),
            (b"PK\x03\x04", "document_unknown"),
            (bytes(documents.LARGEST + 1), "document_too_large"),
            (bytes(21 * 1024 * 1024), "document_too_large"),
        ],
        ids=["gone", "an archive", "too large", "larger than a bot may fetch"],
    )
    async def test_says_why_a_photograph_was_not_kept(
        self, telegram: TelegramLine, content: bytes | None, code: str
    ) -> None:
        if content is not None:
            telegram.fake.files["large"] = content
        await self.send(telegram, **PHOTO)
        assert turns(telegram) == [{"act": "media", "kind": "image", "refused": code}]
        assert await self.kept(telegram) == ()

    async def test_says_so_where_the_link_has_ended(self, telegram: TelegramLine) -> None:
        telegram.fake.files["large"] = photograph()
        telegram.fake.link_lasts = 0.0
        await self.send(telegram, **PHOTO)
        assert turns(telegram) == [{"act": "media", "kind": "image", "refused": "document_not_fetched"}]

    @pytest.mark.parametrize("photo", [[], [{}], [{"file_id": 7}], {"file_id": "x" * 600}, "large", [["large"]]])
    async def test_of_no_shape_is_still_a_picture(self, telegram: TelegramLine, photo: object) -> None:
        await self.send(telegram, photo=photo)
        assert turns(telegram) == [{"act": "media", "kind": "image"}]
        assert telegram.fake.refused == []
