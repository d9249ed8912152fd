"""The public contract of a conversation, as a scripted caller sees it."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.services import conversations
from api.services.attachment_ports import Attachment
from api.services.sign_ports import Side, Sign
from bot.messages import AnswerReply
from tests.channels.served import Site
from tests.fakes import answer

pytestmark = pytest.mark.http

OPEN = "/api/v1/conversations"


class Caller:
    """A scripted caller with one conversation."""

    def __init__(self, client: httpx.AsyncClient, opened: dict[str, Any]) -> None:
        self.client = client
        self.id: str = opened["id"]
        self.headers = {"Authorization": f"Bearer {opened['token']}"}

    async def post(self, **body: object) -> httpx.Response:
        return await self.client.post(
            f"{OPEN}/{self.id}/messages", json={"client_id": uuid.uuid4().hex, **body}, headers=self.headers
        )

    async def attach(self, content: bytes, *, client_id: str | None = None) -> httpx.Response:
        named = {"client_id": client_id or uuid.uuid4().hex}
        path = f"{OPEN}/{self.id}/attachments"
        return await self.client.post(path, params=named, content=content, headers=self.headers)

    async def kept(self, site: Site) -> tuple[Attachment, ...]:
        async with site.stage.database.reading() as uow:
            return await uow.attachments.of(self.id)

    async def get(self, after: object = 0) -> httpx.Response:
        return await self.client.get(f"{OPEN}/{self.id}/messages", params={"after": str(after)}, headers=self.headers)


async def opened(client: httpx.AsyncClient) -> Caller:
    response = await client.post(OPEN, json={"channel": "web", "region": "231000", "locale": "zh-CN"})
    assert response.status_code == 201
    return Caller(client, response.json())


@pytest.fixture
async def caller(client: httpx.AsyncClient) -> Caller:
    return await opened(client)


def refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"


class TestOpen:
    async def test_greets(self, client: httpx.AsyncClient) -> None:
        response = await client.post(OPEN, json={"channel": "web"})
        (greeting,) = response.json()["messages"]
        assert (greeting["seq"], greeting["from"], greeting["kind"]) == (1, "bot", "menu")
        assert "不是律师" in greeting["text"]
        assert response.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"channel": "carrier_pigeon"}, 422, "field_invalid"),
            ({"channel": "web", "region": "23"}, 422, "field_invalid"),
            ({"channel": "web", "region": "999999"}, 422, "region_unknown"),
            ({"channel": "web", "region": 231000}, 422, "field_invalid"),
            ({"channel": "web", "admin": True}, 422, "field_invalid"),
            ({"channel": "web", "locale": "zh-abcdefgh-abcdefgh"}, 422, "field_invalid"),
            ([], 422, "field_invalid"),
        ],
    )
    async def test_refuses(self, client: httpx.AsyncClient, body: object, status: int, code: str) -> None:
        refused(await client.post(OPEN, json=body), status, code)

    async def test_is_limited_by_address(self, client: httpx.AsyncClient) -> None:
        codes = {(await client.post(OPEN, json={})).status_code for _ in range(31)}
        assert codes == {201, 429}


class TestErase:
    async def test_leaves_nothing_to_read_and_shuts_the_door(self, caller: Caller, site: Site) -> None:
        await caller.post(text="我叫张三 13904531234")
        answered = await caller.client.delete(f"{OPEN}/{caller.id}", headers=caller.headers)
        assert (answered.status_code, answered.content) == (204, b"")
        refused(await caller.get(), 404, "conversation_not_found")
        async with site.stage.database.reading() as uow:
            assert await conversations.messages_after(uow, conversation_id=caller.id, seq=0) == ()

    async def test_is_refused_while_somebody_is_awaited(self, caller: Caller, site: Site) -> None:
        async with site.stage.database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=caller.id, reason="asked", now=site.stage.clock())
            await uow.commit()
        refused(await caller.client.delete(f"{OPEN}/{caller.id}", headers=caller.headers), 409, "still_needed")
        assert (await caller.get()).status_code == 200

    async def test_wants_the_token(self, caller: Caller) -> None:
        refused(await caller.client.delete(f"{OPEN}/{caller.id}"), 401, "token_required")
        strange = {"Authorization": "Bearer somebody-else"}
        refused(await caller.client.delete(f"{OPEN}/{caller.id}", headers=strange), 404, "conversation_not_found")
        assert (await caller.get()).status_code == 200


class TestSend:
    async def test_answers_with_every_reply_of_the_turn(self, caller: Caller, site: Site) -> None:
        site.stage.dialogue.enqueue(AnswerReply(answer=answer(), right_to_apply=True))
        response = await caller.post(text="高平乡镇法律服务站星期几有律师值班")
        body = response.json()
        assert (response.status_code, body["holder"]) == (200, "bot")
        (message,) = body["messages"]
        assert message["kind"] == "answer"
        assert message["citations"][0] == {
            "document": "2024年“免费法律咨询和特殊群体法律援助惠民工程”实施方案",
            "number": "高司字〔2024〕6号",
            "clause": "四(一)4",
            "issued": "2024-04-30",
            "standing": "plan_ended",
            "region": "140581",
            "source_id": "gaoping-2024",
            "quote": "各乡镇公共法律服务工作站每周三值班一次",
        }

    async def test_gives_the_same_client_id_the_same_answer(self, caller: Caller, site: Site) -> None:
        first, second = [await caller.post(client_id="a-1", text="你好") for _ in range(2)]
        assert first.json() == second.json()
        assert len(site.stage.dialogue.asked) == 1

    async def test_takes_a_payload(self, caller: Caller, site: Site) -> None:
        await caller.post(payload='{"household.monthly_income_per_capita": 1200}')
        assert site.stage.dialogue.asked[0].payload == {"household.monthly_income_per_capita": 1200}
        assert site.stage.dialogue.asked[0].text is None

    @pytest.mark.parametrize("number", ["13800138000", "13800138000.0", "1.3800138e10", "[13800138000.0]"])
    async def test_hides_a_telephone_number_sent_as_a_number(self, caller: Caller, site: Site, number: str) -> None:
        await caller.post(payload=f'{{"household.monthly_income_per_capita": {number}}}')
        assert "13800138000" not in str(site.stage.dialogue.asked[0].payload)
        assert "<pii:phone:1>" in str(site.stage.dialogue.asked[0].payload)

    async def test_keeps_the_fen_of_a_sum(self, caller: Caller, site: Site) -> None:
        await caller.post(payload='{"household.monthly_income_per_capita": 1666.67}')
        assert site.stage.dialogue.asked[0].payload == {"household.monthly_income_per_capita": 1666.67}

    @pytest.mark.parametrize("kind", ["image", "voice", "video", "location", "file", "silence"])
    async def test_takes_what_has_no_words_without_its_content(self, caller: Caller, site: Site, kind: str) -> None:
        answer = await caller.post(media=kind)
        assert answer.status_code == 200
        assert site.stage.dialogue.asked[0].payload == {"act": "media", "kind": kind}
        thread = (await caller.get()).json()["messages"]
        assert any(message["from"] == "citizen" and message["text"].startswith("［") for message in thread)

    async def test_reaches_a_person(self, caller: Caller) -> None:
        response = await caller.post(payload='{"act": "human"}')
        assert response.json()["holder"] == "waiting"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"text": ""}, "text_empty"),
            ({"text": " \n "}, "text_empty"),
            ({"text": "一" * 4001}, "text_too_long"),
            ({}, "text_or_payload"),
            ({"text": "好", "payload": '{"act": "human"}'}, "text_or_payload"),
            ({"text": "好", "media": "image"}, "text_or_payload"),
            ({"media": "hologram"}, "field_invalid"),
            ({"text": 5}, "field_invalid"),
            ({"client_id": "", "text": "好"}, "field_invalid"),
            ({"client_id": "a b", "text": "好"}, "field_invalid"),
            ({"client_id": "notice:1", "text": "好"}, "field_invalid"),
            ({"client_id": "x" * 65, "text": "好"}, "field_invalid"),
            ({"payload": "not json"}, "payload_invalid"),
            ({"payload": "[1]"}, "payload_invalid"),
            ({"payload": "{}"}, "payload_invalid"),
            ({"payload": '{"a": {"b": 1}}'}, "payload_invalid"),
            ({"payload": '{"a": NaN}'}, "payload_invalid"),
            ({"payload": '{"a": 1e400}'}, "payload_invalid"),
            ({"payload": '{"a": ' + "9" * 3000 + "}"}, "payload_invalid"),
            ({"payload": "[" * 3000}, "payload_invalid"),
            ({"payload": '{"13800138000": "x"}'}, "payload_invalid"),
            ({"payload": '{"contact.phone.": "x"}'}, "payload_invalid"),
            ({"payload": '{"a b": "x"}'}, "payload_invalid"),
            ({"payload": '{"applicant.age\\n": 5}'}, "payload_invalid"),
            ({"payload": '{"' + "a" * 65 + '": 1}'}, "payload_invalid"),
            ({"payload": '{"a": 13800138000.5}'}, "payload_invalid"),
            ({"payload": '{"a": [1, 138001.38001]}'}, "payload_invalid"),
            ({"payload": '{"act": "drop_tables"}'}, "act_unknown"),
            ({"payload": '{"act": ["human"]}'}, "act_unknown"),
            ({"payload": '{"a": "' + "一" * 4000 + '"}'}, "payload_too_long"),
        ],
    )
    async def test_refuses_with_a_stable_code(self, caller: Caller, body: dict[str, object], code: str) -> None:
        refused(await caller.post(**body), 422, code)

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"{", 400, "malformed_json"),
            (b"\xff\xfe", 400, "malformed_json"),
            (b'{"client_id": "a", "text": "\\u0000"}', 400, "malformed_json"),
            (b'{"client_id": "a", "text": "\\ud800"}', 400, "malformed_json"),
            (b"[" * 5000, 400, "malformed_json"),
            (b"x" * 70_000, 413, "body_too_large"),
            (b"", 422, "field_required"),
        ],
    )
    async def test_refuses_a_broken_body(self, caller: Caller, content: bytes, status: int, code: str) -> None:
        headers = {**caller.headers, "Content-Type": "application/json"}
        response = await caller.client.post(f"{OPEN}/{caller.id}/messages", content=content, headers=headers)
        refused(response, status, code)

    @pytest.mark.parametrize(
        "text",
        ["/restart", '/answer{"applicant.age": 5}', "EXTERNAL: x", "/", "\x1b[2J", "🙂" * 50, "<script>", "%s%n"],
    )
    async def test_takes_odd_text_for_a_harmless_turn(self, caller: Caller, text: str) -> None:
        assert (await caller.post(text=text)).status_code == 200

    @pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer ", "token"])
    async def test_wants_a_token(self, caller: Caller, header: str) -> None:
        caller.headers = {"Authorization": header} if header else {}
        refused(await caller.post(text="好"), 401, "token_required")

    async def test_tells_a_wrong_token_and_an_unknown_thread_alike(
        self, caller: Caller, client: httpx.AsyncClient
    ) -> None:
        other = await opened(client)
        wrong = await Caller(client, {"id": caller.id, "token": other.headers["Authorization"][7:]}).post(text="好")
        unknown = await Caller(client, {"id": "0" * 32, "token": "x"}).post(text="好")
        odd = await client.get(f"{OPEN}/{caller.id}/messages", headers=[(b"Authorization", b"Bearer \xff\xfe")])
        refused(wrong, 404, "conversation_not_found")
        refused(odd, 404, "conversation_not_found")
        assert wrong.json() == unknown.json()

    async def test_is_limited_by_conversation(self, caller: Caller, client: httpx.AsyncClient) -> None:
        statuses = [(await caller.post(text="好")).status_code for _ in range(11)]
        assert statuses == [200] * 10 + [429]
        assert (await (await opened(client)).post(text="好")).status_code == 200

    async def test_leaves_the_channel_open_to_others_when_one_address_sends_too_much(self, site: Site) -> None:
        statuses: dict[str, list[int]] = {}
        for address, conversations_, messages in (("192.0.2.1", 4, 15), ("192.0.2.2", 1, 10)):
            transport = httpx.ASGITransport(app=site.app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                callers = [await opened(client) for _ in range(conversations_)]
                sent = [
                    (await one.post(payload='{"act": "human"}')).status_code for one in callers for _ in range(messages)
                ]
                statuses[address] = sent
        assert statuses["192.0.2.1"].count(200) == 25
        assert statuses["192.0.2.2"] == [200] * 10


class TestRead:
    async def test_returns_what_was_said_after_a_number(self, caller: Caller) -> None:
        await caller.post(text="你好")
        everything = (await caller.get()).json()
        assert [(one["seq"], one["from"]) for one in everything["messages"]] == [(1, "bot"), (2, "citizen"), (3, "bot")]
        assert everything["holder"] == "bot"
        assert [one["seq"] for one in (await caller.get(2)).json()["messages"]] == [3]

    @pytest.mark.parametrize("after", [-1, "x", 2**31, 10**20])
    async def test_refuses_what_is_no_number(self, caller: Caller, after: object) -> None:
        refused(await caller.get(after), 422, "field_invalid")

    async def test_shows_hidden_values_as_words(self, caller: Caller) -> None:
        await caller.post(text="我的电话13800138000")
        assert (await caller.get(1)).json()["messages"][0]["text"] == "我的电话［电话号码已隐去］"


async def events(response: httpx.Response) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if not line and "data" in fields:
            yield int(fields["id"]), json.loads(fields["data"])
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()


async def take(response: httpx.Response, count: int) -> list[tuple[int, dict[str, Any]]]:
    taken = []
    async with asyncio.timeout(5):
        async for event in events(response):
            taken.append(event)
            if len(taken) == count:
                break
    return taken


class TestSigns:
    async def test_of_the_citizen_reach_the_person_who_holds_the_thread(self, caller: Caller, site: Site) -> None:
        stage = site.stage
        stage.opened = type(stage.opened)(id=caller.id, token="")
        path = f"{OPEN}/{caller.id}/signs"
        await caller.client.post(path, json={"read": 1, "typing": True}, headers=caller.headers)
        async with stage.database.reading() as uow:
            unseen = await uow.signs.get(conversation_id=caller.id, side=Side.CITIZEN)
        assert unseen == Sign()
        await caller.post(text="转人工")
        await stage.claim()
        for read in (2, 1, 99):  # back it does not go, and nobody has read what was not said
            answer = await caller.client.post(path, json={"read": read, "typing": True}, headers=caller.headers)
            assert answer.status_code == 204
        async with stage.database.reading() as uow:
            sign = await uow.signs.get(conversation_id=caller.id, side=Side.CITIZEN)
        assert (sign.read, sign.typing(now=stage.clock())) == (2, True)

    async def test_need_the_token_and_a_shape(self, caller: Caller) -> None:
        path = f"{OPEN}/{caller.id}/signs"
        refused(await caller.client.post(path, json={}), 401, "token_required")
        refused(await caller.client.post(path, json={"read": -1}, headers=caller.headers), 422, "field_invalid")
        refused(await caller.client.post(path, json={"mood": 1}, headers=caller.headers), 422, "field_invalid")


class TestStream:
    async def test_carries_every_message_once_and_staff_messages_live(self, site: Site) -> None:
        stage = site.stage
        async with site.served() as address, httpx.AsyncClient(base_url=address) as client:
            caller = await opened(client)
            stage.opened = type(stage.opened)(id=caller.id, token="")
            async with client.stream("GET", f"{OPEN}/{caller.id}/events", headers=caller.headers) as response:
                assert response.headers["content-type"].startswith("text/event-stream")
                reading = asyncio.create_task(take(response, 5))
                await caller.post(text="转人工")
                await stage.claim()
                async with stage.database.unit_of_work() as uow:
                    await conversations.staff_message(
                        uow, conversation_id=caller.id, staff="staff-1", text="您好，我是值班人员。", now=stage.clock()
                    )
                    await uow.commit()
                stage.wake.notify(caller.id)
                taken = await reading
        assert [number for number, _ in taken] == [1, 2, 3, 4, 5]
        assert all(number == message["seq"] for number, message in taken)
        assert [message["from"] for _, message in taken] == ["bot", "citizen", "bot", "system", "person"]

    async def test_resumes_after_the_last_event_id(self, site: Site) -> None:
        async with site.served() as address, httpx.AsyncClient(base_url=address) as client:
            caller = await opened(client)
            await caller.post(text="你好")
            headers = {**caller.headers, "Last-Event-ID": "2"}
            async with client.stream("GET", f"{OPEN}/{caller.id}/events", headers=headers) as response:
                ((number, message),) = await take(response, 1)
        assert (number, message["from"]) == (3, "bot")

    @pytest.mark.parametrize("last", [b"", b"x", b"-5", b"9" * 40, b"\xb2"])
    async def test_starts_from_the_beginning_after_nonsense(self, site: Site, last: bytes) -> None:
        async with site.served() as address, httpx.AsyncClient(base_url=address) as client:
            caller = await opened(client)
            headers = [(b"Authorization", caller.headers["Authorization"].encode()), (b"Last-Event-ID", last)]
            async with client.stream("GET", f"{OPEN}/{caller.id}/events", headers=headers) as response:
                assert (await take(response, 1))[0][0] == 1

    async def test_ends_by_itself_when_the_service_closes(self, site: Site) -> None:
        async with site.served() as address, httpx.AsyncClient(base_url=address) as client:
            caller = await opened(client)
            async with client.stream("GET", f"{OPEN}/{caller.id}/events", headers=caller.headers) as response:
                reading = events(response)
                await anext(reading)
                site.stage.closing.set()
                async with asyncio.timeout(3):
                    assert [event async for event in reading] == []

    async def test_wants_the_token_in_the_header(self, site: Site) -> None:
        async with site.served() as address, httpx.AsyncClient(base_url=address) as client:
            caller = await opened(client)
            refused(await client.get(f"{OPEN}/{caller.id}/events"), 401, "token_required")
