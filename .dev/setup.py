"""Makes the two environments a clone needs, from the lock files, with nothing but Python's standard library.

    python3 .dev/setup.py app          .venv: the assistant
    python3 .dev/setup.py app rasa     and .venv-rasa: Rasa 3.6.21 on Python 3.10
    python3 .dev/setup.py dev rasa     the same with what `make test` needs
    python3 .dev/setup.py speech       sherpa-onnx over .venv, for a telephone line with models of its own
    python3 .dev/setup.py lock         write the lock files anew from pyproject.toml

An environment carries a stamp of the lock it was made from, written last: a run that was interrupted is made good by
the next one, and an environment that is already right costs a few milliseconds. docs/adr/0003 says why two
environments, flat lock files, and a CPU build of torch.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.9"
OLDEST, NEWEST = (3, 11), (3, 13)
STAMP = "legal-aid-lock.sha256"


class SetupFailed(Exception):
    """The message tells a newcomer what to do next."""


def say(text: str) -> None:
    """Show one line of progress at once, also through a pipe."""
    print(f"[setup] {text}", flush=True)


def run(command: list[str], env: Mapping[str, str] | None = None) -> None:
    """Run one step with its output visible. Raises SetupFailed with the command that failed."""
    result = subprocess.run(command, cwd=ROOT, env={**os.environ, **(env or {})}, check=False)
    if result.returncode:
        msg = f"this step failed (exit {result.returncode}): {' '.join(command)}\nMend what it says above and run the same command again."
        raise SetupFailed(msg)


def output_of(command: list[str]) -> str:
    """Return what a command printed, or nothing where it is missing or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def find_uv() -> str:
    """Return a uv to work with: the machine's own if it is new enough, else one installed under .uv/."""
    own = ROOT / ".uv" / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        found = re.match(r"uv (\d+)\.(\d+)", output_of([candidate, "--version"])) if candidate else None
        # --torch-backend came with 0.6 and settled in 0.9; older ones would fetch CUDA.
        if found and candidate and (int(found[1]), int(found[2])) >= (0, 9):
            return candidate
    say(f"installing uv {UV_VERSION} into .uv/")
    package = f"uv=={UV_VERSION}"
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(ROOT / ".uv")], capture_output=True, check=False
    )
    if made.returncode == 0:
        run([str(ROOT / ".uv" / "bin" / "python"), "-m", "pip", "install", "--quiet", package])
        return str(own)
    # Debian's python3 comes without ensurepip; its pip alone is enough.
    if output_of([sys.executable, "-m", "pip", "--version"]):
        run([sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(ROOT / ".uv"), package])
        return str(own)
    msg = "Python here has neither venv nor pip. On Debian or Ubuntu: apt-get install python3-venv; then run the same command again."
    raise SetupFailed(msg)


def local_wheel_folders(environ: Mapping[str, str], pip_setting: str) -> list[Path]:
    """Return the folders of wheels that this machine's pip already knows and that hold a torch."""
    words = f"{environ.get('UV_FIND_LINKS', '')} {environ.get('PIP_FIND_LINKS', '')} {pip_setting}".replace(
        ",", " "
    ).split()
    return [folder for folder in dict.fromkeys(map(Path, words)) if any(folder.glob("torch-*.whl"))]


def torch_source(environ: Mapping[str, str], wheels: list[Path]) -> tuple[list[str], dict[str, str]]:
    """Return uv arguments and variables that yield a CPU build of torch, unless the user asked for another.

    A local CPU wheel wins; otherwise uv's torch backend switch names the CPU index. UV_TORCH_BACKEND, set by a user
    who wants a GPU build, is respected.
    """
    if "UV_TORCH_BACKEND" in environ:
        return [], {}
    if wheels:
        return [], {"UV_FIND_LINKS": ",".join(map(str, wheels))}
    return ["--torch-backend", "cpu"], {}


def own_torch_source() -> tuple[list[str], dict[str, str]]:
    """Return torch_source for this machine."""
    pip_setting = output_of([sys.executable, "-m", "pip", "config", "get", "global.find-links"])
    return torch_source(os.environ, local_wheel_folders(os.environ, pip_setting))


def python_for_rasa() -> str:
    """Return what to tell uv: an interpreter pyenv has but does not activate, or just the version."""
    latest = output_of(["pyenv", "latest", "3.10"])
    prefix = output_of(["pyenv", "prefix", latest]) if latest else ""
    return str(Path(prefix, "bin", "python")) if prefix else "3.10"


def make(uv: str, folder: str, lock: str, python: str, source: tuple[list[str], dict[str, str]]) -> None:
    """Bring one environment to one lock file."""
    home, lockfile = ROOT / folder, ROOT / lock
    stamp = home / STAMP
    wanted = hashlib.sha256(lockfile.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text().strip() == wanted and (home / "bin" / "python").exists():
        return
    if (home / "bin" / "python").exists() and not output_of([str(home / "bin" / "python"), "-c", "print(1)"]):
        shutil.rmtree(home)  # an interpreter that has since moved away
    if not (home / "bin" / "python").exists():
        say(f"{folder}: creating the environment")
        run([uv, "venv", "--quiet", "--allow-existing", "--python", python, str(home)])
    stamp.unlink(missing_ok=True)
    arguments, env = source
    say(f"{folder}: installing what {lock} names; the first time this takes a few minutes")
    started = time.monotonic()
    run(
        [uv, "pip", "sync", "--compile-bytecode", "--python", str(home / "bin" / "python"), *arguments, str(lockfile)],
        # A busy or slow machine may take longer over one file than uv waits; it is only a matter of waiting.
        {"UV_COMPILE_BYTECODE_TIMEOUT": "0", **env},
    )
    stamp.write_text(wanted + "\n")
    say(f"{folder}: ready after {time.monotonic() - started:.0f} s")


def make_app(uv: str) -> None:
    """.venv with the run-time packages; a development environment is a superset and is left as it is."""
    dev = hashlib.sha256((ROOT / "dev.lock").read_bytes()).hexdigest()
    stamp = ROOT / ".venv" / STAMP
    if stamp.is_file() and stamp.read_text().strip() == dev:
        return
    make(uv, ".venv", "app.lock", sys.executable, own_torch_source())


def make_dev(uv: str) -> None:
    """.venv with the run-time packages and those of the tests."""
    make(uv, ".venv", "dev.lock", sys.executable, own_torch_source())


def make_rasa(uv: str) -> None:
    """.venv-rasa, apart from ours: its pins are of 2023."""
    make(uv, ".venv-rasa", "rasa.lock", python_for_rasa(), ([], {}))


def add_speech(uv: str) -> None:
    """Lay sherpa-onnx over .venv; bringing that to another lock takes it away again."""
    make_app(uv)
    python = str(ROOT / ".venv" / "bin" / "python")
    run([uv, "pip", "install", "--require-hashes", "--python", python, "-r", str(ROOT / "speech.lock")])


def strip_torch_build(text: str) -> str:
    """Drop build tag and hashes of torch from a lock: which build is right depends on the machine."""
    return re.sub(r"(?m)^(torch==[0-9.]+)\S* \\\n(?:    --hash=\S+(?: \\)?\n)+", r"\1\n", text)


def write_locks(uv: str) -> None:
    """Write app.lock, dev.lock, rasa.lock and speech.lock; the first two agree on every version."""
    arguments, env = own_torch_source()
    shared = ["--quiet", "--no-header", "--no-annotate", "--no-emit-find-links", "--generate-hashes"]
    # A universal lock would name torch's CUDA packages; so would one that keeps to the tagless torch of the last lock.
    ours = ["--python-version", "3.11", "--upgrade-package", "torch", *arguments, *shared]
    run([uv, "pip", "compile", "pyproject.toml", "--group", "dev", *ours, "-o", "dev.lock"], env)
    run([uv, "pip", "compile", "pyproject.toml", "-c", "dev.lock", *ours, "-o", "app.lock"], env)
    for group, python in (("rasa", "3.10"), ("speech", "3.11")):
        alone = ["--group", group, "--python-version", python, "--universal", *shared]
        run([uv, "pip", "compile", *alone, "-o", f"{group}.lock"])
    for name in ("app.lock", "dev.lock"):
        (ROOT / name).write_text(strip_torch_build((ROOT / name).read_text()))


STEPS: dict[str, Callable[[str], None]] = {
    "app": make_app,
    "dev": make_dev,
    "rasa": make_rasa,
    "speech": add_speech,
    "lock": write_locks,
}


def main(wanted: list[str]) -> int:
    """Run the named steps in order; returns the exit status."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        say(
            f"this needs Python 3.11 to 3.13, and {sys.executable} is {sys.version.split()[0]}; run make with PYTHON=/path/to/python3.11"
        )
        return 2
    if unknown := [name for name in wanted if name not in STEPS]:
        say(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
        return 2
    try:
        uv = find_uv()
        for name in wanted:
            STEPS[name](uv)
    except SetupFailed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
