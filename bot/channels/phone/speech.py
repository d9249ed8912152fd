"""Voice and ear of a line of our own: two ports, and what fills them without any account (语音合成, 语音识别).

Sound is mono, 16 bit, little-endian, 8,000 samples a second, as on every telephone line. Programs are those that the operator names: they run
beside us, never in us, so that their licence, their model and their crashes stay their own.
"""

import asyncio
import contextlib
import io
import shlex
import wave
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from bot.channels.phone.steps import Heard

RATE: Final = 8000
_SAMPLE: Final = 2
_PATIENCE: Final = 10.0
_LARGEST: Final = 16 * 1024 * 1024
_KEPT: Final = 256
_AT_ONCE: Final = 4
_ENDS: Final = "。！？!?."
_WORDS: Final = 2000


class SpeechFailed(Exception):
    """A sentence could not be said, or what was said not be written down; the code tells why, never the words."""

    def __init__(self, code: str) -> None:
        """Keep a short stable code."""
        super().__init__(code)
        self.code = code


class Synthesizer(Protocol):
    """Says sentences."""

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        """Return one sentence as sound. Raises SpeechFailed."""


class Recognizer(Protocol):
    """Writes down what is said."""

    async def hear(self, sound: bytes, /, *, hints: Sequence[str]) -> Heard:
        """Return the words of one utterance, none where nothing was understood. Raises SpeechFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramVoice:
    """A program that reads one sentence and writes a WAV, espeak-ng for one (eSpeak NG, `--stdin --stdout`)."""

    command: str
    slow: str
    seconds: float = _PATIENCE
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        """Run the program once."""
        async with self._turns:
            written = await _run(self.slow if slow else self.command, sentence.encode(), seconds=self.seconds)
        return await asyncio.to_thread(sound_of, written)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramEar:
    """A program that reads a WAV and writes the words in one line, after a tab its confidence from 0 to 1 where it has one."""

    command: str
    seconds: float = _PATIENCE
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def hear(self, sound: bytes, /, *, hints: Sequence[str]) -> Heard:
        """Run the program once; it cannot be told what to expect."""
        del hints
        async with self._turns:
            written = await _run(self.command, wav_of(sound), seconds=self.seconds)
        words, _, sure = written.decode(errors="replace").strip().partition("\t")
        try:
            confidence = min(1.0, max(0.0, float(sure))) if sure else None
        except ValueError:
            confidence = None
        return Heard(text=words[:_WORDS], confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedVoice:
    """Sentences that a person has spoken, one WAV each, named by the sentence without its stop; another voice says the rest."""

    recordings: Mapping[str, Path]
    rest: Synthesizer

    @classmethod
    def of(cls, folder: Path, rest: Synthesizer) -> "RecordedVoice":
        """Look what there is in a folder. Raises SpeechFailed where a recording is no WAV of this kind."""
        found = {path.stem.strip(_ENDS): path for path in sorted(folder.glob("*.wav"))}
        for path in found.values():
            sound_of(path.read_bytes())
        return cls(recordings=found, rest=rest)

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        """Play the recording where there is one: whoever recorded it spoke as clearly as they could."""
        path = self.recordings.get(sentence.strip(_ENDS))
        if path is None:
            return await self.rest.say(sentence, slow=slow)
        return sound_of(await asyncio.to_thread(path.read_bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberedVoice:
    """Keeps the sound of what is said in every call; nothing else: what is read back to a caller is theirs."""

    voice: Synthesizer
    common: frozenset[str]
    _kept: "OrderedDict[tuple[str, bool], bytes]" = field(default_factory=OrderedDict)

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        """Say it from memory, or learn it."""
        if sentence not in self.common:
            return await self.voice.say(sentence, slow=slow)
        key = (sentence, slow)
        if key not in self._kept:
            self._kept[key] = await self.voice.say(sentence, slow=slow)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[key]


def sound_of(written: bytes, /) -> bytes:
    """Return the sound of a WAV in the form of a telephone line. Raises SpeechFailed."""
    try:
        with wave.open(io.BytesIO(written)) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            # A program that writes to a pipe cannot know the length: all that is there is read.
            frames = file.readframes(_LARGEST // _SAMPLE)
    except (wave.Error, EOFError) as broken:
        raise SpeechFailed("no_wav") from broken
    if width != _SAMPLE or channels != 1 or not RATE <= rate <= 12 * RATE:
        raise SpeechFailed("wav_kind")
    samples = np.frombuffer(frames[: len(frames) // _SAMPLE * _SAMPLE], dtype="<i2").astype(np.float64)
    if rate == RATE or not len(samples):
        return samples.astype("<i2").tobytes()
    wanted = len(samples) * RATE // rate
    # What lies above 4 kHz is left out before fewer samples are taken, or it would come back as noise.
    spectrum = np.fft.rfft(samples)[: wanted // 2 + 1]
    fewer = np.fft.irfft(spectrum, wanted) * (wanted / len(samples))
    said: bytes = np.clip(fewer, -32768, 32767).astype("<i2").tobytes()
    return said


def wav_of(sound: bytes, /, *, rate: int = RATE) -> bytes:
    """Return sound as a WAV; `rate` is in samples a second."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(_SAMPLE)
        file.setframerate(rate)
        file.writeframes(sound)
    return written.getvalue()


def loudness(sound: bytes, /) -> float:
    """Return the effective value (RMS) of sound, from 0 to 32768."""
    samples = np.frombuffer(sound[: len(sound) // _SAMPLE * _SAMPLE], dtype="<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples * samples))) if len(samples) else 0.0


class Utterances:
    """Cuts what is said out of what is heard, by its loudness (端点检测)."""

    _LOUD: Final = 300.0
    _OVER_NOISE: Final = 3.0
    _BEGUN: Final = 0.2
    _ENDED: Final = 0.7
    _BEFORE: Final = 0.3
    _LONGEST: Final = 15.0

    def __init__(self) -> None:
        """Begin in silence."""
        self._noise = 50.0
        self._said = bytearray()
        self._before = bytearray()
        self._loud = self._quiet = 0.0

    @property
    def speaking(self) -> bool:
        """Tell whether somebody has begun to speak and not ended."""
        return self._loud >= self._BEGUN

    def feed(self, sound: bytes, /) -> bytes | None:
        """Take some milliseconds more; return an utterance once it has ended."""
        level, seconds = loudness(sound), len(sound) / _SAMPLE / RATE
        if level > max(self._LOUD, self._OVER_NOISE * self._noise):
            self._loud, self._quiet = self._loud + seconds, 0.0
        else:
            self._noise += (level - self._noise) * 0.05
            self._quiet += seconds
        if not self._loud:
            self._before = (self._before + sound)[-int(self._BEFORE * RATE) * _SAMPLE :]
            return None
        if not self._said:
            self._said += self._before
        self._said += sound
        if self._quiet < self._ENDED and len(self._said) < self._LONGEST * RATE * _SAMPLE:
            return None
        said, long_enough = bytes(self._said), self.speaking
        self.forget()
        return said if long_enough else None

    def forget(self) -> None:
        """Let go of what was begun."""
        self._said, self._before = bytearray(), bytearray()
        self._loud = self._quiet = 0.0


async def _run(command: str, given: bytes, *, seconds: float) -> bytes:
    try:
        program = await asyncio.create_subprocess_exec(
            *shlex.split(command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as missing:
        raise SpeechFailed("program_missing") from missing
    try:
        async with asyncio.timeout(seconds):
            written, _ = await asyncio.gather(_read(program), _give(program, given))
            await program.wait()
    except TimeoutError as late:
        raise SpeechFailed("program_late") from late
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    if program.returncode or len(written) > _LARGEST:
        raise SpeechFailed("program_failed")
    return written


async def _read(program: asyncio.subprocess.Process) -> bytes:
    return b"" if program.stdout is None else await program.stdout.read()


async def _give(program: asyncio.subprocess.Process, given: bytes) -> None:
    """Write what a program is given; one may have heard enough before the end, or be over: what it wrote and its status tell."""
    if program.stdin is None:
        return
    # uvloop says RuntimeError of a pipe that is closed already, where asyncio says nothing; `communicate` lets that through.
    with contextlib.suppress(ConnectionError, RuntimeError):
        program.stdin.write(given)
        await program.stdin.drain()
        program.stdin.close()
