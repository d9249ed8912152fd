"""How builds of the index lie on the disk, and which of them is in use.

A build is a folder `index/NNNNNN-CORPUS` with a manifest that has the size and checksum of every file, and a digest of
itself. `CURRENT` names the one in use and is replaced in one step, after everything has reached the disk: whoever
serves from the old build is never disturbed, and a half-written one is never opened.

Every byte is summed whenever a build is opened, at 2.4 GB a second: a twentieth of a second for the statutes, half a
second for a million passages. Checking only samples would be no faster where it matters, and would miss what it missed.
"""

import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from knowledge_base.home import folder_in
from knowledge_base.types import KnowledgeUnavailable

FORMAT: Final = 3
FOLDER: Final = "index"
MANIFEST: Final = "manifest.json"
PART: Final = ".part"
_POINTER: Final = "CURRENT"
_LOCK: Final = ".lock"
_SEAL: Final = "digest"
_CRC_CHUNK: Final = 1 << 20


class IndexMissing(KnowledgeUnavailable):
    """There is no index yet."""


class IndexBroken(KnowledgeUnavailable):
    """The index is damaged or was written only in part."""


class IndexMismatch(KnowledgeUnavailable):
    """The index was built for something else: another format or another embedding model."""


class BuildRunning(KnowledgeUnavailable):
    """Somebody else is building this index right now."""

    code = "build_running"


@contextmanager
def building(home: Path) -> Iterator[None]:
    """Keep others from building in this home meanwhile; the system lets go if we die. Raises BuildRunning, HomeUnusable."""
    folder = folder_in(home, FOLDER)
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            msg = f"the index in {home} is being built by another process; wait for it"
            raise BuildRunning(msg) from busy
        yield


def builds(home: Path) -> list[Path]:
    """Return the finished builds, oldest first."""
    found = (home / FOLDER).iterdir()
    return sorted(p for p in found if p.is_dir() and p.name.partition("-")[0].isdecimal() and p.suffix != PART)


def leftovers(home: Path) -> list[Path]:
    """Return what interrupted builds left behind."""
    return sorted((home / FOLDER).glob(f"[0-9]*{PART}"))


def publish(part: Path, manifest: Mapping[str, Any]) -> Path:
    """Sum up a build, bring it to the disk, and switch to it in one step."""
    sums = {file.relative_to(part).as_posix(): _checksum(file) for file in sorted(part.rglob("*")) if file.is_file()}
    whole = {"format": FORMAT, **manifest, "files": sums}
    (part / MANIFEST).write_bytes(_sealed(whole))
    for written in sorted(part.rglob("*")):
        _flush(written)
    _flush(part)
    finished = part.with_suffix("")
    part.rename(finished)
    pointer = finished.parent / f"{_POINTER}.new"
    pointer.write_text(finished.name)
    _flush(pointer)
    pointer.replace(finished.parent / _POINTER)
    _flush(finished.parent)
    return finished


def _sealed(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as it lies on the disk, its own digest last: the same table always gives the same bytes."""
    digest = hashlib.sha256(_text(manifest)).hexdigest()
    return _text({**manifest, _SEAL: digest})


def _text(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode()


def _flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk: a power cut must not leave a name without its content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def identity(home: Path) -> str | None:
    """Return what tells the build in use from any other, cheaply enough to ask every second; None without one."""
    try:
        name = (home / FOLDER / _POINTER).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    try:
        return f"{name}@{(home / FOLDER / name / MANIFEST).stat().st_mtime_ns}"
    except (OSError, ValueError):  # a damaged name may be one that no file can have
        return name


def current(home: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the build in use with its manifest; of its files only that is checked. Raises IndexMissing, IndexBroken."""
    pointer = home / FOLDER / _POINTER
    if not pointer.is_file():
        msg = f"there is no index in {home}; run `python -m knowledge_base build`"
        raise IndexMissing(msg)
    try:
        folder = pointer.parent / pointer.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise _no_manifest(error) from error
    return folder, _manifest(folder)


def others(home: Path) -> list[Path]:
    """Return the finished builds beside the one in use, newest first."""
    try:
        named = (home / FOLDER / _POINTER).read_text("utf-8").strip()
    except (OSError, ValueError):
        named = ""
    return [build for build in reversed(builds(home)) if build.name != named] if (home / FOLDER).is_dir() else []


def _no_manifest(error: Exception) -> IndexBroken:
    return IndexBroken(f"the index has no readable manifest ({error}); build it again")


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        raw = (folder / MANIFEST).read_bytes()
        manifest = json.loads(raw)
    except (OSError, ValueError, RecursionError) as error:
        raise _no_manifest(error) from error
    if not isinstance(manifest, dict):
        msg = "the manifest of the index is not a table; build it again"
        raise IndexBroken(msg)
    # Other formats seal otherwise or not at all; whoever opens one is told that it is another.
    if manifest.get("format") == FORMAT and raw != _sealed({k: v for k, v in manifest.items() if k != _SEAL}):
        msg = "the manifest of the index is damaged; build it again"
        raise IndexBroken(msg)
    return manifest


def read_manifest(home: Path) -> Mapping[str, Any] | None:
    """Return the manifest of the current build; None where there is no whole one."""
    try:
        return current(home)[1]
    except KnowledgeUnavailable:
        return None


def verified(home: Path, build: Path | None = None) -> tuple[Path, Mapping[str, Any]]:
    """Return a build, else the one in use, with its manifest, every byte checked.

    Raises IndexMissing, IndexBroken, IndexMismatch.
    """
    folder, manifest = (build, _manifest(build)) if build else current(home)
    if manifest.get("format") != FORMAT:
        msg = f"the index has format {manifest.get('format')}, this program reads {FORMAT}; build it again"
        raise IndexMismatch(msg)
    for name, expected in manifest["files"].items():
        try:
            found = _checksum(folder / name)
        except OSError as error:
            msg = f"the index lacks {name} ({error.strerror}); build it again"
            raise IndexBroken(msg) from error
        if found != expected:
            msg = f"{name} of the index is damaged; build it again"
            raise IndexBroken(msg)
    return folder, manifest


def _checksum(file: Path) -> list[int]:
    """Return size and CRC: a checksum for accidents, fast enough to run at every start."""
    crc, size = 0, 0
    with file.open("rb") as content:
        while chunk := content.read(_CRC_CHUNK):
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
    return [size, crc]
