"""Voice and ear by sherpa-onnx and a model of yours, on this machine and with no account (离线语音识别、语音合成).

The models run in a process of their own: sherpa-onnx ends the process it is in where a file is not the model it expects. That
process reads requests and writes answers, each behind its length (four bytes, big-endian), the first answer empty once the
model is loaded; `python -m bot.channels.phone.sherpa ear|voice FOLDER` is that process.
"""

import asyncio
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from bot.channels.phone.speech import RATE, SpeechFailed, sound_of, wav_of
from bot.channels.phone.steps import Heard

_LENGTH: Final = 4
_LARGEST: Final = 16 * 1024 * 1024
_LOADS: Final = 60.0
_PATIENCE: Final = 10.0
_WORDS: Final = 2000
_SLOW, _PLAIN = b"\1", b"\0"
_SLOWER: Final = 0.7
"""Speed of slow speech, the ratio of the two voices of espeak-ng in the settings."""
_FULL: Final = 32_767
_TOKENS: Final = "tokens.txt"
_LEXICON: Final = "lexicon.txt"
_SMALL: Final = ".int8.onnx"


class ModelUnfit(Exception):
    """The line cannot be given this model; `code` is stable: `sherpa_missing`, `model_missing`, `model_incomplete`, `model_ambiguous`."""

    def __init__(self, code: str, what: str) -> None:
        """Keep the stable code; the message names the file or the package."""
        super().__init__(f"{code}: {what}")
        self.code = code


class Kind(StrEnum):
    """What a model does."""

    EAR = "ear"
    """SenseVoice: Mandarin, Cantonese, English, Japanese, Korean."""
    VOICE = "voice"
    """VITS with a lexicon."""


_NEEDS: Final = {Kind.EAR: (_TOKENS,), Kind.VOICE: (_TOKENS, _LEXICON)}


@dataclass(slots=True, kw_only=True)
class _Beside:
    """The process of one model: started when it is needed, one request at a time, and ended where it is late."""

    kind: Kind
    folder: Path
    seconds: float
    _process: "asyncio.subprocess.Process | None" = None
    _free: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, given: bytes) -> bytes:
        """Have one request answered. Raises SpeechFailed."""
        # Whoever is cut off while a sentence is made must not leave half an answer in the pipe.
        return await asyncio.shield(asyncio.ensure_future(self._asked(given)))

    async def _asked(self, given: bytes) -> bytes:
        async with self._free:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", __name__, self.kind, str(self.folder)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                await self._exchange(self._process, None, seconds=_LOADS, died="model_unfit")
            return await self._exchange(self._process, given, seconds=self.seconds, died="model_died")

    async def _exchange(
        self, process: asyncio.subprocess.Process, given: bytes | None, *, seconds: float, died: str
    ) -> bytes:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            async with asyncio.timeout(seconds):
                if given is not None:
                    process.stdin.write(_framed(given))
                    await process.stdin.drain()
                length = int.from_bytes(await process.stdout.readexactly(_LENGTH))
                if length <= _LARGEST:
                    return await process.stdout.readexactly(length)
        except TimeoutError as late:
            await self._end(process)
            raise SpeechFailed("model_late") from late
        except (asyncio.IncompleteReadError, ConnectionError, RuntimeError) as gone:  # uvloop's word for a closed pipe
            await self._end(process)
            raise SpeechFailed(died) from gone
        await self._end(process)
        raise SpeechFailed(died)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._process = None
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaVoice:
    """Says sentences with a model."""

    beside: _Beside

    @classmethod
    def of(cls, folder: Path, *, seconds: float = _PATIENCE) -> "SherpaVoice":
        """Look whether the folder can be one. Raises ModelUnfit."""
        return cls(beside=_beside(Kind.VOICE, folder, seconds=seconds))

    async def say(self, sentence: str, /, *, slow: bool) -> bytes:
        """Say one sentence."""
        return sound_of(await self.beside.ask((_SLOW if slow else _PLAIN) + sentence.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SherpaEar:
    """Writes down what is said with a model."""

    beside: _Beside

    @classmethod
    def of(cls, folder: Path, *, seconds: float = _PATIENCE) -> "SherpaEar":
        """Look whether the folder can be one. Raises ModelUnfit."""
        return cls(beside=_beside(Kind.EAR, folder, seconds=seconds))

    async def hear(self, sound: bytes, /, *, hints: Sequence[str]) -> Heard:
        """Write one utterance down; the model cannot be told what to expect, and does not say how sure it is."""
        del hints
        words = (await self.beside.ask(sound)).decode(errors="replace").strip()
        return Heard(text=words[:_WORDS], confidence=None)


def _beside(kind: Kind, folder: Path, *, seconds: float) -> _Beside:
    if importlib.util.find_spec("sherpa_onnx") is None:
        raise ModelUnfit("sherpa_missing", "sherpa-onnx")
    model(folder)
    for name in _NEEDS[kind]:
        if not (folder / name).is_file():
            raise ModelUnfit("model_incomplete", str(folder / name))
    return _Beside(kind=kind, folder=folder, seconds=seconds)


def model(folder: Path, /) -> Path:
    """Return the model in a folder, the smaller one where it is there in two sizes. Raises ModelUnfit."""
    found = sorted(folder.glob("*.onnx"))
    small = [path for path in found if path.name.endswith(_SMALL)]
    fit = small or found
    if not fit:
        raise ModelUnfit("model_missing", str(folder))
    if len(fit) > 1:
        raise ModelUnfit("model_ambiguous", str(folder))
    return fit[0]


def _framed(said: bytes) -> bytes:
    return len(said).to_bytes(_LENGTH) + said


# -- the process of the model


def _ear(folder: Path) -> Callable[[bytes], bytes]:
    import sherpa_onnx  # noqa: PLC0415 - an optional package, and only its own process loads it

    recogniser = sherpa_onnx.OfflineRecognizer.from_sense_voice(
        model=str(model(folder)), tokens=str(folder / _TOKENS), language="auto", use_itn=True
    )

    def heard(sound: bytes) -> bytes:
        stream = recogniser.create_stream()
        stream.accept_waveform(RATE, np.frombuffer(sound, dtype="<i2").astype(np.float32) / (_FULL + 1))
        recogniser.decode_stream(stream)
        return str(stream.result.text).encode()

    return heard


def _voice(folder: Path) -> Callable[[bytes], bytes]:
    import sherpa_onnx  # noqa: PLC0415

    vits = sherpa_onnx.OfflineTtsVitsModelConfig(
        model=str(model(folder)), lexicon=str(folder / _LEXICON), tokens=str(folder / _TOKENS)
    )
    # What these rules say of numbers and dates is theirs; ours are words by then.
    rules = ",".join(str(path) for path in sorted(folder.glob("*.fst")))
    speaker: Any = sherpa_onnx.OfflineTts(
        sherpa_onnx.OfflineTtsConfig(model=sherpa_onnx.OfflineTtsModelConfig(vits=vits), rule_fsts=rules)
    )

    def said(request: bytes) -> bytes:
        speed = _SLOWER if request[:1] == _SLOW else 1.0
        audio = speaker.generate(request[1:].decode(), sid=0, speed=speed)
        samples = np.clip(np.asarray(audio.samples, dtype=np.float32), -1, 1) * _FULL
        return wav_of(samples.astype("<i2").tobytes(), rate=audio.sample_rate)

    return said


def _serve(answer: Callable[[bytes], bytes], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until nobody asks any more."""
    answers.write(_framed(b""))
    answers.flush()
    while len(head := requests.read(_LENGTH)) == _LENGTH:
        answers.write(_framed(answer(requests.read(int.from_bytes(head)))))
        answers.flush()


if __name__ == "__main__":
    # Nothing that a library prints may come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    make = {Kind.EAR: _ear, Kind.VOICE: _voice}[Kind(sys.argv[1])]
    _serve(make(Path(sys.argv[2])), sys.stdin.buffer, answers)
