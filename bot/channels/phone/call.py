"""One call on a line of our own: says what the call flow says, listens for keys and words, and brings both back to it."""

import asyncio
import base64
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, assert_never

import numpy as np
import structlog

from api.services import vault
from bot.channels.phone.flow import Flow
from bot.channels.phone.media import Media
from bot.channels.phone.speech import RATE, Recognizer, SpeechFailed, Synthesizer, Utterances
from bot.channels.phone.steps import (
    Event,
    HangUp,
    Heard,
    Listen,
    Next,
    NotReached,
    Pressed,
    Recorded,
    Silence,
    Speak,
    Transfer,
    Voicemail,
)
from bot.channels.platform import Background
from knowledge_base.types import Urgency

RECORDING: Final = "recording"
"""Under what a message lies in the vault: 16 bit PCM in base64."""
_PATIENCE: Final = 5.0
"""Seconds a caller hears nothing before something is said."""
_BETWEEN_KEYS: Final = 3.0
_MOST_KEYS: Final = 40
_TRAILING: Final = 1.5
"""Seconds in which a # still belongs to the key before it: many callers end everything with it."""
_LOOK: Final = 0.1
_LONGEST: Final = 3600.0
_BEEP: Final = (1000.0, 0.4, 0.3)
"""The tone: hertz, seconds, part of full scale."""
_PAUSE: Final = bytes(2 * RATE // 4)
_MESSAGE_PAUSE: Final = 6.0
_SHORTEST: Final = 1.0
_MOST_OVERHEARD: Final = 20 * 2 * RATE
_NUMBER: Final = re.compile(r"\+?[0-9]{7,15}")
_NOTHING_HEARD: Final = Heard(text="", confidence=0.0)
_log = structlog.get_logger(__name__)


class Leg(Protocol):
    """The caller's end of the call, as the exchange keeps it."""

    async def transfer(self, urgency: Urgency, /) -> bool:
        """Put the caller through; return whether a person was reached."""

    async def hang_up(self) -> None:
        """End the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How a line speaks and hears; without an ear, its callers have keys."""

    voice: Synthesizer
    ear: Recognizer | None = None


@dataclass(slots=True, kw_only=True)
class Call:
    """One call; `id` is ours, never the exchange's and never a telephone number."""

    id: str
    flow: Flow
    speech: Speech
    media: Media
    leg: Leg
    background: Background
    caller: str | None = field(default=None, repr=False)
    _inputs: "asyncio.Queue[str | bytes]" = field(default_factory=asyncio.Queue)
    _utterances: Utterances = field(default_factory=Utterances)
    _voice: "asyncio.Task[None] | None" = None
    _listening: bool = False
    _message: bytearray | None = None
    _until_swallowed: float = 0.0
    _now: Next | None = None
    _reached: bool = False

    async def run(self) -> None:
        """Lead the call until it ends, whoever ends it."""
        self.media.on_key, self.media.on_sound = self._key, self._sound
        self.media.start()
        try:
            async with asyncio.timeout(_LONGEST):
                await self._lead()
        except TimeoutError:
            _log.info("sip.too_long", call=self.id)
        except Exception as error:  # noqa: BLE001 - nobody is left in silence, whatever broke
            _log.error("sip.call_failed", call=self.id, error=type(error).__name__)
            await self._say(self.flow.words.failed)
        finally:
            self._stop()
            # What is under way is told to the end, although nobody is on the line any more.
            self.background.keep(asyncio.ensure_future(self._over()))
            await self.media.close()

    async def _lead(self) -> None:
        told = self._with_keys(await self._thought(self.flow.start(self.id, caller=number(self.caller))))
        while True:
            self._now = told
            event = await self._do(told)
            if event is None:
                break
            told = await self._thought(self.flow.step(self.id, told.progress, event))
            while (cry := await self._cry()) is not None:
                told = await self._thought(self.flow.step(self.id, told.progress, cry))
        await self.leg.hang_up()

    async def _over(self) -> None:
        """Keep a message that was cut off, and see to whoever was waiting for a person."""
        if self._message and self._now is not None:
            event = await self._kept(bytes(self._message))
            await self.flow.step(self.id, self._now.progress, event)
        if not self._reached:
            await self.flow.ended(self.id)

    def _with_keys(self, told: Next) -> Next:
        """Say once that this line hears no words, and which keys there are."""
        if self.speech.ear is not None:
            return told
        greeting, *rest = told.steps
        if not isinstance(greeting, Speak):
            return told
        said = (*greeting.sentences[:-1], *self.flow.words.deaf, *self.flow.words.keys[-1:])
        return Next(progress=told.progress, steps=(Speak(sentences=said, slow=greeting.slow), *rest))

    async def _thought(self, turn: Coroutine[Any, Any, Next]) -> Next:
        """Wait for what is said next; the line is held meanwhile, and a caller who leaves stops no turn."""
        task = asyncio.ensure_future(turn)
        self.background.keep(task)
        while True:
            done, _ = await asyncio.wait([task], timeout=_PATIENCE)
            if done:
                self.media.hush()
                return task.result()
            await self._say(self.flow.words.holding)

    async def _cry(self) -> Event | None:
        """Return what was said while a turn was thought about, where it cannot be let go: a cry for help, or for a person."""
        came = [self._inputs.get_nowait() for _ in range(self._inputs.qsize())]
        for key in came:
            if isinstance(key, str):
                self._inputs.put_nowait(key)
        overheard = b"".join(sound for sound in came if isinstance(sound, bytes))[-_MOST_OVERHEARD:]
        if not overheard or self.speech.ear is None:
            return None
        heard = await self._words(overheard, Listen())
        return heard if await self.flow.cannot_wait(heard) else None

    async def _do(self, told: Next) -> Event | None:
        """Take the steps; return what the caller did, None where the call is over."""
        self._begin()
        for step in told.steps:
            match step:
                case Speak():
                    self._voice = asyncio.ensure_future(self._say(step.sentences, slow=step.slow))
                case Listen():
                    return await self._listened(step)
                case Transfer():
                    return await self._transferred(step)
                case Voicemail():
                    await self._said()
                    return await self._recorded(step)
                case HangUp():
                    await self._said()
                    return None
                case _:
                    assert_never(step)
        await self._said()
        return None

    # -- saying

    def _begin(self) -> None:
        """Forget what was pressed while nothing was asked, but for the key that calls a person."""
        self._stop()
        pressed = [self._inputs.get_nowait() for _ in range(self._inputs.qsize())]
        self._utterances.forget()
        if "0" in pressed:
            self._inputs.put_nowait("0")

    def _stop(self) -> None:
        if self._voice is not None:
            self._voice.cancel()
        self._voice = None
        self.media.hush()
        self._listening = False

    async def _say(self, sentences: Sequence[str], *, slow: bool = False) -> None:
        """Say sentences; one that no voice can say is left out, the others are said."""
        for sentence in sentences:
            try:
                sound = await self.speech.voice.say(sentence, slow=slow)
            except SpeechFailed as mute:
                _log.error("sip.voice_failed", call=self.id, code=mute.code)
                continue
            self.media.play(sound + _PAUSE)
        await self.media.played()

    async def _said(self) -> None:
        if self._voice is not None:
            await self._voice

    @property
    def _speaking(self) -> bool:
        return self._voice is not None and not self._voice.done()

    # -- listening

    def _key(self, key: str) -> None:
        loop = asyncio.get_running_loop()
        if key == "#" and loop.time() < self._until_swallowed:
            self._until_swallowed = 0.0
            return
        if self._listening and self._speaking:
            self._cut_in()
        if self._inputs.qsize() < _MOST_KEYS:
            self._inputs.put_nowait(key)

    def _sound(self, sound: bytes) -> None:
        if self._message is not None:
            self._message.extend(sound)
        if not self._listening or (self.speech.ear is None and self._message is None):
            return
        said = self._utterances.feed(sound)
        if self._message is None:
            if self._utterances.speaking and self._speaking:
                self._cut_in()
            if said is not None:
                self._inputs.put_nowait(said)

    def _cut_in(self) -> None:
        """Fall silent: the caller speaks (插话)."""
        if self._voice is not None:
            self._voice.cancel()
        self.media.hush()

    async def _listened(self, listen: Listen) -> Event:
        self._listening = True
        keys = ""
        while True:
            got = await self._input(_BETWEEN_KEYS if keys else listen.seconds)
            if got is None:
                return Pressed(keys=keys) if keys else Silence()
            if isinstance(got, bytes):
                if not keys:
                    return await self._words(got, listen)
            elif got == "*":
                return Pressed(keys="*")
            elif got == "#":
                return Pressed(keys=keys or "#")
            else:
                keys += got
                if listen.keys is not None and len(keys) >= listen.keys:
                    self._until_swallowed = asyncio.get_running_loop().time() + _TRAILING
                if len(keys) >= (listen.keys or _MOST_KEYS):
                    return Pressed(keys=keys)

    async def _input(self, patience: float) -> str | bytes | None:
        """Return the next key or utterance; the patience begins once everything was said and nobody is speaking."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while loop.time() < until:
            if self._speaking or self._utterances.speaking:
                until = loop.time() + patience
            try:
                return await asyncio.wait_for(self._inputs.get(), _LOOK)
            except TimeoutError:
                continue
        return None

    async def _words(self, sound: bytes, listen: Listen) -> Event:
        if self.speech.ear is None:
            return _NOTHING_HEARD
        try:
            return await self.speech.ear.hear(sound, hints=listen.hints)
        except SpeechFailed as deaf:
            _log.error("sip.ear_failed", call=self.id, code=deaf.code)
            return _NOTHING_HEARD

    # -- a person, or a message for one

    async def _transferred(self, step: Transfer) -> Event | None:
        await self._said()
        holding = asyncio.ensure_future(self._hold())
        try:
            self._reached = await self.leg.transfer(step.urgency)
        finally:
            holding.cancel()
        self.media.hush()
        return None if self._reached else NotReached()

    async def _hold(self) -> None:
        while True:
            await asyncio.sleep(_PATIENCE)
            await self._say(self.flow.words.holding)

    async def _recorded(self, step: Voicemail) -> Event:
        self.media.play(_tone())
        await self.media.played()
        self._begin()
        self._listening, self._message = True, bytearray()
        loop = asyncio.get_running_loop()
        until, spoken = loop.time() + step.seconds, loop.time()
        while loop.time() < until and loop.time() < spoken + _MESSAGE_PAUSE:
            if self._utterances.speaking:
                spoken = loop.time()
            try:
                if await asyncio.wait_for(self._inputs.get(), _LOOK) == "#":
                    break
            except TimeoutError:
                continue
        said, self._message = bytes(self._message), None
        return await self._kept(said)

    async def _kept(self, sound: bytes) -> Event:
        """Lock a message away; a few sighs are none."""
        utterances, heard = Utterances(), 0
        for start in range(0, len(sound), 320):
            utterances.feed(sound[start : start + 320])
            heard += utterances.speaking
        if heard * 0.02 < _SHORTEST:
            return Silence()
        platform = self.flow.platform
        thread = await platform.greet(self.id)
        async with platform.database.unit_of_work() as uow:
            token = await vault.put(
                uow,
                conversation_id=thread,
                kind=RECORDING,
                value=base64.b64encode(sound).decode(),
                now=platform.clock(),
            )
            await uow.commit()
        where = f"{thread} {vault.parts(token)[1]}"
        return Recorded(where=where, seconds=round(len(sound) / 2 / RATE))


def number(user: str | None, /) -> str | None:
    """Return the calling number, None where it was withheld or is none."""
    return user if user and _NUMBER.fullmatch(user) else None


def _tone() -> bytes:
    hertz, seconds, loud = _BEEP
    times = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * times) * loud * 32767).astype("<i2").tobytes()
