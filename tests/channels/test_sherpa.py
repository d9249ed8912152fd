"""Voice and ear by sherpa-onnx in a process of their own: a stand-in for the package, whose models behave as their file says."""

import asyncio
import os
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.channels.phone import sip_account
from bot.channels.phone.sherpa import ModelUnfit, SherpaEar, SherpaVoice, model
from bot.channels.phone.speech import RATE, SpeechFailed, loudness
from bot.settings import BotSettings
from tests.channels.sip_phone import tone

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = """
    import math, os, time
    from pathlib import Path
    from types import SimpleNamespace

    print("what a library has to say of its start")

    def behave(path, moment):
        does = Path(path).read_text().split()
        if f"exits:{moment}" in does:
            os._exit(255)
        if f"hangs:{moment}" in does:
            time.sleep(60)

    class OfflineRecognizer:
        @classmethod
        def from_sense_voice(cls, *, model, tokens, language, use_itn):
            assert Path(tokens).is_file() and language == "auto" and use_itn
            behave(model, "load")
            made = cls()
            made.model = model
            return made
        def create_stream(self):
            stream = SimpleNamespace(result=SimpleNamespace(text=""))
            stream.accept_waveform = lambda rate, samples: stream.__dict__.update(rate=rate, samples=samples)
            return stream
        def decode_stream(self, stream):
            behave(self.model, "work")
            print("and of its work")
            loud = float(abs(stream.samples).max())
            stream.result.text = f" {stream.rate} {len(stream.samples)} {loud:.1f} 老板不给工资 "

    def OfflineTtsVitsModelConfig(*, model, lexicon, tokens):
        assert Path(lexicon).is_file() and Path(tokens).is_file()
        return model
    def OfflineTtsModelConfig(*, vits):
        return vits
    def OfflineTtsConfig(*, model, rule_fsts):
        return model, rule_fsts
    class OfflineTts:
        def __init__(self, config):
            self.model, self.rules = config
            behave(self.model, "load")
        def generate(self, text, *, sid, speed):
            behave(self.model, "work")
            assert [Path(each).name for each in self.rules.split(",")] == ["date.fst", "number.fst"]
            assert text == "您好。"
            count = int(16000 / speed)
            samples = [1.5 * math.sin(2 * math.pi * 440 * at / 16000) for at in range(count)]
            return SimpleNamespace(samples=samples, sample_rate=16000)
"""


@pytest.fixture
def sherpa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in where this process and the model's own find it."""
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "sherpa_onnx.py").write_text(textwrap.dedent(PACKAGE))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(folder), str(ROOT))))


def folder(path: Path, *, does: str = "", names: tuple[str, ...] = ("tokens.txt", "lexicon.txt")) -> Path:
    """Make a folder of a model that behaves like that."""
    made = path / "model"
    made.mkdir()
    (made / "model.int8.onnx").write_text(does)
    (made / "model.onnx").touch()
    for name in (*names, "date.fst", "number.fst"):
        (made / name).touch()
    return made


Work = Callable[[Path, float], Awaitable[object]]


async def hears(path: Path, seconds: float) -> object:
    return await SherpaEar.of(path, seconds=seconds).hear(tone(0.1), hints=())


async def says(path: Path, seconds: float) -> object:
    return await SherpaVoice.of(path, seconds=seconds).say("您好。", slow=False)


@pytest.mark.usefixtures("sherpa")
class TestAModel:
    async def test_hears_the_sound_of_a_telephone(self, tmp_path: Path) -> None:
        ear = SherpaEar.of(folder(tmp_path))
        for seconds in (0.5, 1.0):
            heard = await ear.hear(tone(seconds), hints=("工资",))
            assert heard.text == f"{RATE} {int(seconds * RATE)} 0.3 老板不给工资"
            assert heard.confidence is None

    async def test_says_a_sentence_at_the_rate_of_a_telephone_and_slower_when_asked(self, tmp_path: Path) -> None:
        voice = SherpaVoice.of(folder(tmp_path))
        plain, slow = await voice.say("您好。", slow=False), await voice.say("您好。", slow=True)
        assert len(plain) / 2 / RATE == pytest.approx(1.0, abs=0.01)
        assert len(slow) / len(plain) == pytest.approx(1 / 0.7, abs=0.01)
        assert loudness(plain) > 10_000

    @pytest.mark.parametrize("work", [hears, says])
    @pytest.mark.parametrize(
        ("does", "code"),
        [("exits:load", "model_unfit"), ("exits:work", "model_died"), ("hangs:work", "model_late")],
    )
    async def test_that_fails_ends_no_call_and_nothing_else(
        self, tmp_path: Path, work: Work, does: str, code: str
    ) -> None:
        path = folder(tmp_path, does=does)
        with pytest.raises(SpeechFailed, match=code):
            await work(path, 0.5)

    async def test_that_died_is_loaded_anew(self, tmp_path: Path) -> None:
        path = folder(tmp_path, does="exits:work")
        ear = SherpaEar.of(path)
        with pytest.raises(SpeechFailed):
            await ear.hear(tone(0.1), hints=())
        (path / "model.int8.onnx").write_text("")
        assert "老板" in (await ear.hear(tone(0.1), hints=())).text

    async def test_that_is_cut_off_gives_the_next_its_own_answer(self, tmp_path: Path) -> None:
        ear = SherpaEar.of(folder(tmp_path))
        await ear.hear(tone(0.1), hints=())
        cut = asyncio.ensure_future(ear.hear(tone(2.0), hints=()))
        await asyncio.sleep(0)
        cut.cancel()
        heard = await ear.hear(tone(0.5), hints=())
        assert heard.text.startswith(f"{RATE} {RATE // 2} ")


class TestAFolder:
    @pytest.mark.usefixtures("sherpa")
    @pytest.mark.parametrize("missing", ["tokens.txt", "lexicon.txt"])
    def test_that_lacks_a_list_is_refused_at_the_start(self, tmp_path: Path, missing: str) -> None:
        path = folder(tmp_path)
        (path / missing).unlink()
        with pytest.raises(ModelUnfit, match=f"model_incomplete: .*{missing}"):
            SherpaVoice.of(path)

    @pytest.mark.parametrize(
        ("names", "code"), [((), "model_missing"), (("a.onnx", "b.onnx"), "model_ambiguous"), (("a.onnx",), None)]
    )
    def test_holds_one_model(self, tmp_path: Path, names: tuple[str, ...], code: str | None) -> None:
        for name in names:
            (tmp_path / name).touch()
        if code is None:
            assert model(tmp_path).name == "a.onnx"
            return
        with pytest.raises(ModelUnfit, match=code):
            model(tmp_path)

    def test_that_is_none_is_no_model(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnfit, match="model_missing"):
            model(tmp_path / "nowhere")

    def test_is_no_use_without_the_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
        with pytest.raises(ModelUnfit, match="sherpa_missing"):
            SherpaEar.of(folder(tmp_path))


@pytest.mark.usefixtures("sherpa")
def test_the_settings_name_the_folders(tmp_path: Path) -> None:
    path = folder(tmp_path)
    settings = BotSettings(sip_voice_model=path, sip_recogniser_model=path, sip_voice="no-such-program", _env_file=None)
    assert isinstance(sip_account.speech(settings, common=()).ear, SherpaEar)
    with pytest.raises(ValueError, match="one ear"):
        BotSettings(
            sip_listen="192.0.2.7:5060",
            sip_peers=("192.0.2.1/32",),
            sip_recogniser="cat",
            sip_recogniser_model=path,
            _env_file=None,
        )
