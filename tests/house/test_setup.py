"""The set-up gives a CPU torch without asking, and the locks hold together."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev_setup", ROOT / ".dev" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", (ROOT / name).read_text()))


class TestTorch:
    def test_comes_as_a_cpu_build_on_a_plain_machine(self, setup: ModuleType) -> None:
        assert setup.torch_source({}, []) == (["--torch-backend", "cpu"], {})

    def test_comes_from_a_wheel_that_pip_already_knows(self, setup: ModuleType, tmp_path: Path) -> None:
        (tmp_path / "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl").touch()
        wheels = setup.local_wheel_folders({}, f"{tmp_path}\n")
        assert setup.torch_source({}, wheels) == ([], {"UV_FIND_LINKS": str(tmp_path)})

    def test_does_not_come_from_a_folder_without_it(self, setup: ModuleType, tmp_path: Path) -> None:
        (tmp_path / "numpy-2.0-py3-none-any.whl").touch()
        assert setup.local_wheel_folders({"PIP_FIND_LINKS": str(tmp_path)}, "") == []

    def test_is_the_users_choice_where_he_made_one(self, setup: ModuleType, tmp_path: Path) -> None:
        assert setup.torch_source({"UV_TORCH_BACKEND": "cu128"}, [tmp_path]) == ([], {})

    def test_here_has_no_cuda_unless_asked_for(self) -> None:
        found = importlib.util.find_spec("torch")
        assert found is not None
        version = Path(str(found.origin)).with_name("version.py").read_text()
        assert re.search(r"cuda\b[^=]*= None", version), version


class TestLocks:
    @pytest.mark.parametrize("name", ["app.lock", "dev.lock", "rasa.lock", "speech.lock"])
    def test_name_no_address_and_no_gpu_package(self, name: str) -> None:
        text = (ROOT / name).read_text()
        assert not re.search(r"://|file:|(?m:^nvidia-)|(?m:^cuda-)", text)

    @pytest.mark.parametrize("name", ["app.lock", "dev.lock", "rasa.lock", "speech.lock"])
    def test_carry_a_hash_for_everything_but_torch(self, name: str) -> None:
        bare = re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==[^\\\n]*\n(?!    --hash)", (ROOT / name).read_text())
        assert bare in ([], ["torch"])

    def test_agree_between_running_and_testing(self) -> None:
        app, dev = pins("app.lock"), pins("dev.lock")
        assert app.items() <= dev.items()

    def test_hold_the_rasa_that_the_dialogue_is_written_for(self) -> None:
        assert pins("rasa.lock")["rasa"] == "3.6.21"


class TestStripTorchBuild:
    def test_leaves_the_version_and_every_other_package(self, setup: ModuleType) -> None:
        lock = "sympy==1.0 \\\n    --hash=sha256:aa\ntorch==2.13.0+cpu \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\ntqdm==4 \\\n    --hash=sha256:dd\n"
        assert setup.strip_torch_build(lock) == (
            "sympy==1.0 \\\n    --hash=sha256:aa\ntorch==2.13.0\ntqdm==4 \\\n    --hash=sha256:dd\n"
        )
