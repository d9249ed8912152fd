"""Voice and ear of a line of our own: programs, recordings, and where an utterance begins and ends."""

import asyncio
import io
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uvloop

from bot.channels.phone.speech import (
    RATE,
    ProgramEar,
    ProgramVoice,
    RecordedVoice,
    RememberedVoice,
    SpeechFailed,
    Utterances,
    loudness,
    sound_of,
    wav_of,
)
from bot.channels.phone.steps import Heard
from bot.channels.phrases import Phrases
from tests.channels.sip_phone import ReadableVoice, tone

pytestmark = pytest.mark.unit

PYTHON = sys.executable


def program(code: str) -> str:
    return f"{PYTHON} -c '{code}'"


def wav(samples: bytes, *, rate: int = RATE, channels: int = 1) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return written.getvalue()


class TestSound:
    @pytest.mark.parametrize("rate", [8000, 16000, 22050, 48000])
    def test_keeps_length_and_loudness_at_every_rate(self, rate: int) -> None:
        times = np.arange(rate) / rate
        samples = (np.sin(2 * np.pi * 440 * times) * 8000).astype("<i2").tobytes()
        sound = sound_of(wav(samples, rate=rate))
        assert abs(len(sound) / 2 / RATE - 1) < 0.01
        assert loudness(sound) == pytest.approx(8000 / 2**0.5, rel=0.02)

    def test_what_a_telephone_cannot_carry_does_not_come_back_as_noise(self) -> None:
        times = np.arange(48000) / 48000
        samples = (np.sin(2 * np.pi * 6000 * times) * 8000).astype("<i2").tobytes()
        assert loudness(sound_of(wav(samples, rate=48000))) < 100

    @pytest.mark.parametrize(
        ("given", "code"), [(b"", "no_wav"), (b"RIFF" + bytes(40), "no_wav"), (wav(bytes(8), channels=2), "wav_kind")]
    )
    def test_refuses_what_is_no_sound_of_this_kind(self, given: bytes, code: str) -> None:
        with pytest.raises(SpeechFailed, match=code):
            sound_of(given)

    def test_comes_back_from_a_wav(self) -> None:
        assert sound_of(wav_of(tone(0.1))) == tone(0.1)


class TestPrograms:
    async def test_espeak_says_mandarin_and_slower(self, espeak: str) -> None:
        voice = ProgramVoice(
            command=f"{espeak} -v cmn-latn-pinyin -s 170 --stdin --stdout",
            slow=f"{espeak} -v cmn-latn-pinyin -s 100 --stdin --stdout",
        )
        said = await voice.say("您好，请说您遇到的事。", slow=False)
        slowly = await voice.say("您好，请说您遇到的事。", slow=True)
        assert loudness(said) > 300
        assert len(slowly) > 1.2 * len(said)

    @pytest.mark.parametrize(
        ("command", "code"),
        [
            ("no-such-program-here", "program_missing"),
            (program("import sys; sys.exit(3)"), "program_failed"),
            (program("import time; time.sleep(9)"), "program_late"),
            (program("print(1)"), "no_wav"),
        ],
    )
    async def test_one_that_fails_is_told_by_a_code_and_never_by_the_words(self, command: str, code: str) -> None:
        with pytest.raises(SpeechFailed) as failed:
            await ProgramVoice(command=command, slow=command, seconds=1.5).say("张三的电话", slow=False)
        assert str(failed.value) == code

    @pytest.mark.parametrize(
        ("written", "words", "sure"),
        [
            ("老板不给钱\t0.8", "老板不给钱", 0.8),
            ("老板不给钱", "老板不给钱", None),
            ("", "", None),
            ("离婚\t很", "离婚", None),
            ("离婚\t7", "离婚", 1.0),
        ],
    )
    async def test_one_that_hears_writes_a_line(self, written: str, words: str, sure: float | None) -> None:
        code = f"import sys, wave; wave.open(sys.stdin.buffer).getnframes() == 800 or sys.exit(1); print({written!r})"
        heard = await ProgramEar(command=f'{PYTHON} -X utf8 -c "{code}"').hear(tone(0.1), hints=())
        assert (heard.text, heard.confidence) == (words, sure)

    @pytest.mark.parametrize("loops", [asyncio.new_event_loop, uvloop.new_event_loop])
    def test_one_that_is_over_before_it_has_read_is_judged_by_what_it_wrote(
        self, loops: Callable[[], asyncio.AbstractEventLoop]
    ) -> None:
        ear, over = ProgramEar(command="echo 老板不给钱"), ProgramEar(command="false")

        async def heard() -> list[object]:
            told = (each.hear(tone(1.0), hints=()) for _ in range(20) for each in (ear, over))
            return list(await asyncio.gather(*told, return_exceptions=True))

        with asyncio.Runner(loop_factory=loops) as runner:
            found = runner.run(heard())
        assert {one.text for one in found if isinstance(one, Heard)} == {"老板不给钱"}
        assert [str(one) for one in found if isinstance(one, Exception)] == ["program_failed"] * 20


class TestRecordings:
    async def test_a_recorded_sentence_is_played_and_any_other_said(self, tmp_path: Path) -> None:
        sentence = Phrases.load().phone.greeting[0]
        (tmp_path / f"{sentence.strip('。')}.wav").write_bytes(wav(tone(0.2)))
        rest = ReadableVoice()
        voice = RecordedVoice.of(tmp_path, rest)
        assert await voice.say(sentence, slow=False) == tone(0.2)
        await voice.say("别的话。", slow=True)
        assert rest.said == ["别的话。"]

    def test_one_that_is_no_wav_is_found_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "您好.wav").write_bytes(b"mp3")
        with pytest.raises(SpeechFailed):
            RecordedVoice.of(tmp_path, ReadableVoice())


class TestMemory:
    async def test_keeps_what_every_caller_hears_and_nothing_of_theirs(self) -> None:
        voice = ReadableVoice()
        remembered = RememberedVoice(voice=voice, common=frozenset({"您好。"}))
        for sentence in ("您好。", "您好。", "您说的是，幺三八。", "您说的是，幺三八。"):
            await remembered.say(sentence, slow=False)
        assert voice.said == ["您好。", "您说的是，幺三八。", "您说的是，幺三八。"]
        await remembered.say("您好。", slow=True)
        assert voice.slow == 1


class TestUtterances:
    def heard(self, sound: bytes) -> list[bytes]:
        cutter = Utterances()
        found = (cutter.feed(sound[start : start + 320]) for start in range(0, len(sound), 320))
        return [each for each in found if each is not None]

    def test_one_ends_with_a_pause(self) -> None:
        (said,) = self.heard(bytes(16000) + tone(1.0) + bytes(16000))
        assert 1.0 < len(said) / 16000 < 2.2

    def test_two_are_two(self) -> None:
        assert len(self.heard((tone(0.5) + bytes(16000)) * 2)) == 2

    def test_a_cough_is_none(self) -> None:
        assert self.heard(tone(0.08) + bytes(32000)) == []

    def test_noise_is_none(self) -> None:
        noise = np.random.default_rng(1).normal(0, 150, RATE * 5).astype("<i2").tobytes()
        assert self.heard(noise) == []

    def test_nobody_speaks_for_ever(self) -> None:
        assert len(self.heard(tone(31.0))) == 2
