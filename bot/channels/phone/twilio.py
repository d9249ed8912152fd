"""Calls by Twilio: signed webhooks in, TwiML out; what is said and asked is the call flow's (twilio.com/docs/voice/twiml).

Twilio signs the address that it was given, so the address is rebuilt from the configured public one and the raw path and query of the
request: whatever a proxy in front makes of scheme, host or order does not count.
"""

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, assert_never
from urllib.parse import parse_qsl, urlencode, urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    get_signature_algorithm,
    remove_port,
)
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from api.http.problems import ProblemError
from bot.channels.phone import ear
from bot.channels.phone.account import Account
from bot.channels.phone.flow import Flow
from bot.channels.phone.steps import (
    Event,
    HangUp,
    Heard,
    Listen,
    Next,
    NotReached,
    Pressed,
    Progress,
    Recorded,
    Silence,
    Speak,
    Transfer,
    Voicemail,
)
from bot.channels.platform import Background
from knowledge_base.types import Urgency

PREFIX: Final = "/channels/twilio/voice"
_CALL: Final = re.compile(r"CA[0-9a-fA-F]{32}")
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
"""E.164; Twilio writes a withheld number as a word or as +266696687."""
_WITHHELD: Final = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696"})
"""«anonymous», «restricted» and «blocked» spelt on the keys (twilio.com/docs/voice/twiml)."""
_KEYS: Final = re.compile(r"[0-9*#]{0,40}")
_REACHED: Final = frozenset({"completed", "answered", "bridged"})
_GONE: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_SLOW: Final = "80%"
_PATIENCE: Final = 5.0
"""Seconds a caller hears nothing before something is said; Twilio itself waits 15."""
_MOST_WAITS: Final = 4
_GLANCE: Final = 1
"""Seconds that are listened after the words that hold the line."""
_LOOK: Final = 0.25
_RING: Final = 25
_DIGITS: Final = 6
_RECORDING: Final = re.compile(r"RE[0-9a-fA-F]{32}")
_NOTHING_HEARD: Final = Heard(text="", confidence=0.0)
_MEDIA: Final = "application/xml"
_LARGEST_FORM: Final = 32_768
_log = structlog.get_logger(__name__)

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One Twilio number and how it speaks."""

    flow: Flow
    account: Account
    caller_id: str = ""
    speech_language: str = "cmn-Hans-CN"
    say_language: str = "cmn-CN"
    voice: str = "Polly.Zhiyu"
    background: Background = field(default_factory=Background)


class _Webhooks:
    """What each webhook answers; `form` is what Twilio signed, `call` the call it is about."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def incoming(self, _request: Request, form: Form, call: str) -> VoiceResponse:
        return _twiml(self._line, await self._line.flow.start(call, caller=_caller(form.get("From", ""))))

    async def step(self, request: Request, form: Form, call: str) -> VoiceResponse:
        """Answer at once, or hold the line while it is thought about."""
        return await self._taken(call, _progress(request), _event(form))

    async def _taken(self, call: str, progress: Progress, event: Event) -> VoiceResponse:
        turn = asyncio.create_task(self._line.flow.step(call, progress, event))
        self._line.background.keep(turn)
        done, _ = await asyncio.wait([turn], timeout=_PATIENCE)
        return _twiml(self._line, turn.result()) if done else _hold(self._line, progress, waits=1)

    async def wait(self, request: Request, form: Form, call: str) -> VoiceResponse:
        """Look whether the turn has been answered since; another process may have taken it.

        What is said meanwhile is let go, as on any line that is held, but for a cry for help and the key for a person.
        """
        progress, waits, event = _progress(request), _count(request, "waits"), _event(form)
        if await self._line.flow.cannot_wait(event):
            return await self._taken(call, progress.after(), event)
        until = asyncio.get_running_loop().time() + _PATIENCE
        while asyncio.get_running_loop().time() < until:
            if (told := await self._line.flow.resume(call, progress)) is not None:
                return _twiml(self._line, told)
            await asyncio.sleep(_LOOK)
        if waits < _MOST_WAITS:
            return _hold(self._line, progress, waits=waits + 1)
        return _twiml(self._line, await self._line.flow.step(call, progress.after(), _NOTHING_HEARD))

    async def dialled(self, request: Request, form: Form, call: str) -> VoiceResponse:
        """Say goodbye to whoever has spoken with a person; take everybody else back."""
        if (form.get("DialCallStatus") or form.get("QueueResult")) not in _REACHED:
            return _twiml(self._line, await self._line.flow.step(call, _progress(request), NotReached()))
        reply = VoiceResponse()
        _say(self._line, reply, Speak(sentences=self._line.flow.words.goodbye))
        reply.hangup()
        return reply

    async def recorded(self, request: Request, form: Form, call: str) -> VoiceResponse:
        seconds = form.get("RecordingDuration", "")
        said = int(seconds) if seconds.isdecimal() and len(seconds) < _DIGITS else 0
        where = form.get("RecordingSid", "")
        event = Recorded(where=where, seconds=said) if said and _RECORDING.fullmatch(where) else Silence()
        return _twiml(self._line, await self._line.flow.step(call, _progress(request), event))

    async def whisper(self, request: Request, _form: Form, _call: str) -> VoiceResponse:
        """Tell the person who picks up how urgent it is; the caller does not hear it."""
        words = self._line.flow.words
        known = {urgency.value: said for urgency, said in words.urgency.items()}
        urgency = known.get(request.query_params.get("u", ""), words.urgency[Urgency.S2])
        reply = VoiceResponse()
        _say(self._line, reply, Speak(sentences=(words.whisper.format(urgency=urgency),)))
        return reply

    async def queue(self, _request: Request, form: Form, _call: str) -> VoiceResponse:
        """Tell whoever waits how many are before them."""
        words, place = self._line.flow.words, form.get("QueuePosition", "")
        ahead = int(place) - 1 if place.isdecimal() and len(place) < _DIGITS else 0
        position = (words.position.format(ahead=ear.in_words(str(ahead))),) if ahead > 0 else ()
        reply = VoiceResponse()
        _say(self._line, reply, Speak(sentences=(*position, *words.holding)))
        reply.pause(length=15)
        return reply

    async def status(self, _request: Request, form: Form, call: str) -> VoiceResponse:
        if form.get("CallStatus") in _GONE:
            await self._line.flow.ended(call)
        return VoiceResponse()


def build_router(line: Line) -> APIRouter:
    """Return the webhooks of one line."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    webhooks = _Webhooks(line)

    def route(path: str, answer: Callable[[Request, Form, str], Awaitable[VoiceResponse]]) -> None:
        async def receive(request: Request) -> Response:
            form = await _signed(line, request)
            call = form.get("CallSid", "")
            if not _CALL.fullmatch(call):
                raise ProblemError(422, "call_unknown", "来电编号不对。", field="CallSid")
            try:
                reply = await answer(request, form, call)
            except ProblemError:
                raise
            except Exception as error:  # noqa: BLE001 - nobody is left with Twilio's own words in English, whatever broke
                _log.error("twilio.call_failed", path=path, exc_info=error)
                reply = _failed(line)
            return Response(str(reply), media_type=_MEDIA)

        router.add_api_route(path, receive, methods=["POST"])

    route("", webhooks.incoming)
    for name in ("step", "wait", "dialled", "recorded", "whisper", "queue", "status"):
        route(f"/{name}", getattr(webhooks, name))
    return router


async def _signed(line: Line, request: Request) -> Form:
    """Return the form of a request that Twilio signed. Raises ProblemError 403, before anything of it is read otherwise."""
    body = await request.body()
    if len(body) > _LARGEST_FORM:
        raise ProblemError(413, "body_too_large", "内容太大了。")
    try:
        # Blank parameters are signed too.
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=200))
    except ValueError:
        form = {}
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    address = (
        line.account.public_url + raw.decode("latin-1").split("?")[0] + (f"?{query.decode('latin-1')}" if query else "")
    )
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER))
    given = request.headers.get(SIGNATURE_HEADER, "").encode("latin-1", "replace")
    if not matches(RequestValidator(line.account.auth_token), address, form, given, algorithm):
        _log.warning("twilio.forged", path=request.url.path)
        raise ProblemError(403, "signature_invalid", "签名不对。")
    return form


def matches(validator: RequestValidator, address: str, form: Form, given: bytes, algorithm: str) -> bool:
    """Compare in constant time, which the library's own comparison does not; Twilio signs with or without the port."""
    url = urlsplit(address)
    try:
        both = [validator.compute_signature(each(url), form, algorithm).encode() for each in (remove_port, add_port)]
    except ValueError:  # an algorithm that nobody knows
        return False
    matches = [hmac.compare_digest(one, given) for one in both]
    return any(matches)


def _progress(request: Request) -> Progress:
    try:
        return Progress.unpacked(request.query_params.get("p", ""))
    except ValueError:
        raise ProblemError(422, "progress_invalid", "通话进度读不出来。", field="p") from None


def _count(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < _DIGITS else _MOST_WAITS


def _caller(number: str) -> str | None:
    return number if _NUMBER.fullmatch(number) and number not in _WITHHELD else None


def _event(form: Form) -> Event:
    keys = form.get("Digits", "")
    if keys and _KEYS.fullmatch(keys):
        return Pressed(keys=keys)
    text = form.get("SpeechResult", "")
    if not text.strip():
        return Silence()
    return Heard(text=text, confidence=_confidence(form.get("Confidence", "")))


def _confidence(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[01](?:\.\d{1,20})?", text) else None


def _hold(line: Line, progress: Progress, *, waits: int) -> VoiceResponse:
    """Hold the line, and hear who cries for help meanwhile."""
    reply = VoiceResponse()
    path = _path(line, "/wait", p=progress.packed(), waits=str(waits))
    gather = _gather(line, Listen(keys=1, seconds=_GLANCE), path)
    _say(line, gather, Speak(sentences=line.flow.words.holding, slow=bool(progress.slow)))
    reply.append(gather)
    return reply


def _failed(line: Line) -> VoiceResponse:
    reply = VoiceResponse()
    _say(line, reply, Speak(sentences=line.flow.words.failed))
    reply.hangup()
    return reply


def _twiml(line: Line, told: Next) -> VoiceResponse:
    """Write steps as TwiML: what is said while we listen stands inside the gathering, so that a caller may cut in."""
    reply = VoiceResponse()
    packed = told.progress.packed()
    unsaid: list[Speak] = []
    for step in told.steps:
        match step:
            case Speak():
                unsaid.append(step)
                continue
            case Listen():
                gather = _gather(line, step, _path(line, "/step", p=packed))
                for speak in unsaid:
                    _say(line, gather, speak)
                reply.append(gather)
                unsaid = []
                continue
        for speak in unsaid:
            _say(line, reply, speak)
        unsaid = []
        _end(line, reply, step, packed)
    for speak in unsaid:
        _say(line, reply, speak)
    return reply


def _gather(line: Line, listen: Listen, path: str) -> Gather:
    several = listen.keys is None
    # A lone # is a key of ours; where it ends a number, Twilio takes it away.
    ends = {"finish_on_key": "#"} if several else {"finish_on_key": "", "num_digits": listen.keys}
    return Gather(
        input="speech dtmf",
        action=path,
        method="POST",
        language=line.speech_language,
        timeout=listen.seconds,
        speech_timeout="auto",
        hints=",".join(hint.replace(",", " ") for hint in dict.fromkeys(listen.hints))[:1000],
        action_on_empty_result=True,
        barge_in=True,
        **ends,
    )


def _end(line: Line, reply: VoiceResponse, step: Transfer | Voicemail | HangUp, packed: str) -> None:
    match step:
        case Transfer():
            _transfer(line, reply, step, packed)
        case Voicemail():
            reply.record(
                action=_path(line, "/recorded", p=packed),
                method="POST",
                max_length=step.seconds,
                finish_on_key="#",
                play_beep=True,
                timeout=6,
            )
            # Without a word Twilio goes on here instead of calling the action.
            reply.redirect(_path(line, "/recorded", p=packed), method="POST")
        case HangUp():
            reply.hangup()
        case _:
            assert_never(step)


def _transfer(line: Line, reply: VoiceResponse, step: Transfer, packed: str) -> None:
    back = _path(line, "/dialled", p=packed)
    if line.account.transfer.startswith("queue:"):
        reply.enqueue(
            line.account.transfer.removeprefix("queue:"), action=back, method="POST", wait_url=_path(line, "/queue")
        )
        return
    dial = Dial(action=back, method="POST", timeout=_RING, **({"caller_id": line.caller_id} if line.caller_id else {}))
    dial.number(line.account.transfer, url=_path(line, "/whisper", u=step.urgency.value), method="POST")
    reply.append(dial)


def _say(line: Line, verb: VoiceResponse | Gather, speak: Speak) -> None:
    for sentence in speak.sentences:
        said = verb.say("" if speak.slow else sentence, language=line.say_language, voice=line.voice)
        if speak.slow:
            said.prosody(sentence, rate=_SLOW)


def _path(line: Line, path: str, **query: str) -> str:
    return f"{line.account.public_url}{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")
