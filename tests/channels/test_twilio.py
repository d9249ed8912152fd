"""Calls by Twilio, driven by a Twilio that executes our TwiML and signs what it posts."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.edge import Edge
from api.http.problems import install
from api.observability import Metrics
from api.services.records import TicketKind
from bot.channels.phone import twilio
from bot.channels.phone.account import Account
from bot.channels.phone.flow import Flow
from bot.channels.phrases import Phrases
from bot.messages import AnswerReply, Choice, MenuReply, Say
from bot.sim.twilio_api import FakeTwilio, signature
from knowledge_base.offices import Opening, Openness
from tests.channels.test_call_flow import flow
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

PUBLIC = "https://aid.example.org"
TOKEN = "12345"
WORDS = Phrases.load().phone


def app(called: Flow, *, transfer: str = "+8610666666") -> Edge:
    site = FastAPI()
    install(site)
    official = Account(public_url=PUBLIC, auth_token=TOKEN, transfer=transfer)
    line = twilio.Line(flow=called, account=official)
    site.include_router(twilio.build_router(line))
    return Edge(site, metrics=Metrics(), largest_body=65_536)


async def client_of(edge: Edge, host: str = "http://10.0.0.5:8000") -> httpx.AsyncClient:
    """Stand where a proxy stands: another scheme, another host, another port."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=edge, raise_app_exceptions=False), base_url=host)


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with await client_of(app(flow(stage))) as client:
        yield client


@pytest.fixture
async def phone(client: httpx.AsyncClient) -> FakeTwilio:
    phone = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN)
    await phone.dial()
    return phone


class TestSignature:
    def test_agrees_with_the_vector_that_twilio_publishes(self) -> None:
        form = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert signature("12345", url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
        assert twilio.matches(twilio.RequestValidator("12345"), url, form, b"RSOYDt4T1cUTdK1PDd93/VVr8B8=", "HMAC_SHA1")

    async def test_holds_behind_a_proxy_with_chinese_in_the_query(self, phone: FakeTwilio) -> None:
        url = f"{PUBLIC}/channels/twilio/voice?from=%E7%89%A1%E4%B8%B9%E6%B1%9F&empty=&b=2&a=1"
        assert (await phone.post(url)).status_code == 200

    @pytest.mark.parametrize(
        "given",
        ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "\u00e9", "A" * 4000],
        ids=["none", "x", "other", "latin", "long"],
    )
    async def test_refuses_every_other_one(self, client: httpx.AsyncClient, stage: Stage, given: str) -> None:
        for path in ("", "/step?p=0.0.0.0.0.0.0.0.0", "/status", "/recorded"):
            headers = {"X-Twilio-Signature": given.encode("latin-1", "replace")} if given else {}
            response = await client.post(f"/channels/twilio/voice{path}", data={"CallSid": "x"}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (403, "signature_invalid")
        async with stage.database.reading() as uow:
            assert await uow.tickets.open_ones() == ()

    async def test_refuses_one_made_with_another_token_or_for_another_address(self, client: httpx.AsyncClient) -> None:
        for wrong in (
            FakeTwilio(client=client, public_url=PUBLIC, token="54321"),
            FakeTwilio(client=client, public_url="http://aid.example.org", token=TOKEN),
        ):
            assert (await wrong.post(f"{wrong.public_url}/channels/twilio/voice")).status_code == 403

    async def test_takes_the_newer_algorithm(self, client: httpx.AsyncClient) -> None:
        url, form = f"{PUBLIC}/channels/twilio/voice", {"CallSid": "CA" + "2" * 32}
        text = url + "".join(name + form[name] for name in sorted(form))
        mac = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha256).digest()).decode()
        headers = {"X-Twilio-Signature": mac, "X-Twilio-Webhooks-Signature-Settings": "key=k,algorithm=HMAC_SHA256"}
        assert (await client.post("/channels/twilio/voice", data=form, headers=headers)).status_code == 200
        headers["X-Twilio-Webhooks-Signature-Settings"] = "algorithm=HMAC_MD5"
        assert (await client.post("/channels/twilio/voice", data=form, headers=headers)).status_code == 403


class TestCall:
    async def test_greets_and_listens_for_speech_and_keys(self, phone: FakeTwilio) -> None:
        assert "自动助手，不是律师" in "".join(phone.said)
        assert phone.waiting_for == "gather"
        assert phone.verb is not None
        assert phone.verb.get("language") == "cmn-Hans-CN"

    async def test_answers_what_was_said(self, phone: FakeTwilio, stage: Stage) -> None:
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        await phone.says("哪天有律师")
        assert "每个星期三有人值班。" in phone.said
        assert stage.dialogue.asked[0].metadata["channel"] == "voice"

    async def test_a_webhook_sent_twice_is_one_turn(self, phone: FakeTwilio, stage: Stage) -> None:
        url = phone.action()
        first = await phone.post(url, SpeechResult="老板不给工资", Confidence="0.9")
        second = await phone.post(url, SpeechResult="老板不给工资", Confidence="0.9")
        assert first.text == second.text
        assert len(stage.dialogue.asked) == 1

    async def test_keys_choose(self, phone: FakeTwilio, stage: Stage) -> None:
        stage.dialogue.enqueue(MenuReply(say=Say.SCREEN_OFFER, choices=(Choice(payload={"act": "screen"}),)))
        await phone.says("能帮我申请吗")
        await phone.presses("1")
        assert stage.dialogue.asked[-1].payload == {"act": "screen"}

    async def test_hash_star_and_nought_are_keys_of_ours(self, phone: FakeTwilio, stage: Stage) -> None:
        stage.dialogue.enqueue(AnswerReply(answer=answer("".join(f"第{n}点要做好。" for n in range(12)))))
        await phone.says("要怎么做")
        await phone.presses("#")
        assert any("第十一点" in one for one in phone.said)
        await phone.presses("*")
        assert sum("第零点" in one for one in phone.said) == 2
        await phone.presses("0")
        assert phone.waiting_for == "dial"

    async def test_slow_answers_hold_the_line(
        self, phone: FakeTwilio, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(twilio, "_PATIENCE", 0.05)
        stage.dialogue.delay = 0.2
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        await phone.says("哪天有律师")
        assert "请稍等，马上就好。" in phone.said
        assert "每个星期三有人值班。" in phone.said
        assert len(stage.dialogue.asked) == 1

    @pytest.mark.parametrize("cries", ["他拿刀在外面", "人工"])
    async def test_who_cries_into_the_words_that_hold_the_line_is_heard(
        self, phone: FakeTwilio, stage: Stage, monkeypatch: pytest.MonkeyPatch, cries: str
    ) -> None:
        monkeypatch.setattr(twilio, "_PATIENCE", 0.05)
        stage.dialogue.delay = 0.2
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        phone.cries = cries
        await phone.says("哪天有律师")
        assert phone.waiting_for == "dial", "|".join(phone.said)
        assert ("幺幺零" in "".join(phone.said)) == cries.startswith("他")

    async def test_what_else_is_said_into_them_is_let_go(
        self, phone: FakeTwilio, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(twilio, "_PATIENCE", 0.05)
        stage.dialogue.delay = 0.2
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        phone.cries = "嗯 好的"
        await phone.says("哪天有律师")
        assert "每个星期三有人值班。" in phone.said
        assert len(stage.dialogue.asked) == 1

    async def test_an_answer_that_never_comes_is_no_dead_line(
        self, phone: FakeTwilio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(twilio, "_PATIENCE", 0.02)
        monkeypatch.setattr(twilio, "_LOOK", 0.01)

        async def hangs(*_: object, **__: object) -> None:
            await asyncio.sleep(5)

        monkeypatch.setattr(Flow, "_turn", hangs)
        await phone.says("哪天有律师")
        assert phone.waiting_for == "gather"

    async def test_a_turn_that_breaks_says_so_with_the_number_for_danger(
        self, phone: FakeTwilio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(*_: object, **__: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(Flow, "_turn", breaks)
        await phone.says("哪天有律师")
        assert phone.said[-len(WORDS.failed) :] == list(WORDS.failed)

    async def test_silence_then_silence_is_a_person(self, phone: FakeTwilio) -> None:
        await phone.keeps_silent()
        await phone.keeps_silent()
        assert phone.waiting_for == "dial"


class TestTransfer:
    async def test_dials_with_a_whisper_and_takes_back_who_found_nobody(self, phone: FakeTwilio, stage: Stage) -> None:
        await phone.presses("0")
        assert phone.verb is not None
        number = phone.verb.find("Number")
        assert number is not None
        assert number.text == "+8610666666"
        whisper = await phone.post(number.get("url", ""))
        assert "公共法律服务热线转来电话" in whisper.text
        await phone.ends(DialCallStatus="no-answer")
        assert phone.waiting_for == "record"
        await phone.ends(RecordingSid="RE" + "a" * 32, RecordingDuration="17")
        assert phone.waiting_for == "gather"
        async with stage.database.reading() as uow:
            (left,) = [each for each in await uow.tickets.open_ones() if each.kind is TicketKind.CALL_BACK]
            assert "RE" + "a" * 32 in str(await uow.tickets.words(left.id))

    async def test_says_goodbye_to_who_spoke_with_a_person(self, phone: FakeTwilio) -> None:
        await phone.presses("0")
        await phone.ends(DialCallStatus="completed")
        assert phone.waiting_for == "hangup"
        assert "再见" in phone.said[-1]

    async def test_queues_with_position(self, stage: Stage) -> None:
        async with await client_of(app(flow(stage), transfer="queue:legal")) as client:
            phone = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN)
            await phone.dial()
            await phone.says("转人工")
            assert phone.waiting_for == "enqueue"
            assert phone.verb is not None
            assert phone.verb.text == "legal"
            waiting = await phone.post(phone.verb.get("waitUrl", ""), QueuePosition="3")
            assert "您前面还有二位" in waiting.text
            await phone.ends(QueueResult="hangup")
            assert phone.waiting_for == "record"

    async def test_whoever_hangs_up_while_waiting_is_called_back(self, phone: FakeTwilio, stage: Stage) -> None:
        await phone.presses("0")
        await phone.hangs_up()
        async with stage.database.reading() as uow:
            kinds = {each.kind for each in await uow.tickets.open_ones()}
        assert kinds == {TicketKind.PERSON_REQUEST, TicketKind.CALL_BACK}

    async def test_at_night_records(self, stage: Stage) -> None:
        async with await client_of(app(flow(stage, opening=Opening(state=Openness.CLOSED)))) as client:
            phone = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN)
            await phone.dial()
            await phone.presses("0")
            assert phone.waiting_for == "record"

    @pytest.mark.parametrize("caller", ["anonymous", "+266696687", "", "<script>", "+86" + "1" * 40])
    async def test_keeps_no_number_that_is_none(self, client: httpx.AsyncClient, stage: Stage, caller: str) -> None:
        phone = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN, caller=caller)
        await phone.dial()
        await phone.presses("0")
        await phone.hangs_up()
        async with stage.database.reading() as uow:
            assert {each.contact for each in await uow.tickets.open_ones()} == {None}


class TestHostile:
    @pytest.mark.parametrize(
        "query", ["", "?p=", "?p=1.2", "?p=-1", "?p=%00", "?p=" + "9" * 400, "?p=1.1.1.1.1.1.1.1.x"]
    )
    async def test_refuses_a_made_up_progress(self, phone: FakeTwilio, query: str) -> None:
        response = await phone.post(f"{PUBLIC}/channels/twilio/voice/step{query}")
        assert (response.status_code, response.json()["code"]) == (422, "progress_invalid")

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=st.binary(max_size=300))
    async def test_survives_arbitrary_bytes(self, client: httpx.AsyncClient, body: bytes) -> None:
        assert (await client.post("/channels/twilio/voice", content=body)).status_code in {403, 413, 422}

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(max_size=200), keys=st.text("0123456789*#ABx", max_size=12), confidence=st.text(max_size=8))
    async def test_survives_whatever_a_recogniser_hears(
        self, phone: FakeTwilio, text: str, keys: str, confidence: str
    ) -> None:
        said = {"SpeechResult": text, "Confidence": confidence, **({"Digits": keys} if keys else {})}
        try:
            "".join(said.values()).encode()
        except UnicodeEncodeError:
            return
        assert (await phone.post(phone.action(), **said)).status_code == 200


async def test_no_number_reaches_a_log(
    phone: FakeTwilio, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await phone.says("我的电话是13987654321")
    await phone.presses("0")
    await phone.hangs_up()
    captured = capsys.readouterr()
    assert "138" not in captured.out + captured.err + caplog.text
    assert "139876" not in captured.out + captured.err + caplog.text
