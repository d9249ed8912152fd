"""Finds the files to take in and reads their bytes within limits; what cannot be opened is named, not passed over."""

import errno
import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from knowledge_base.ingest.encoding import clean
from knowledge_base.ingest.parsed import FileRefused

_WHY: Final[Mapping[int, str]] = MappingProxyType(
    {
        errno.EACCES: "没有权限",
        errno.EPERM: "没有权限",
        errno.ENOENT: "没有这个文件或者文件夹",
        errno.EISDIR: "它是一个文件夹",
        errno.ENOTDIR: "路径当中有一段不是文件夹",
        errno.ENOSPC: "磁盘满了",
        errno.EROFS: "这里只能读",
    }
)
COLLECTIONS: Final = (".jsonl", ".jsonl.gz")
MAX_COLLECTION_BYTES: Final = 256 * 1024 * 1024
MAX_PAPER_BYTES: Final = 64 * 1024 * 1024
"""One document; the Civil Code is a third of a mebibyte of text."""
_PASSED_OVER: Final = (".", "~$")
"""Files that systems and word processors leave beside documents: hidden ones, and the locks of open documents."""


_BREAKS: Final = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
"""A name may hold a line break, and a report has one line for a file."""


@dataclass(frozen=True, slots=True)
class Found:
    """One file of a folder, or why it is not read."""

    path: Path
    refusal: str | None = None


def find_files(paths: Iterable[Path]) -> Iterator[Found]:
    """Return every file of these files and folders, folders in the order of names.

    A link inside a folder is followed only to a file of the same folder: a folder received from elsewhere must not
    reach what lies outside it.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path, root=path.resolve())
        else:
            yield Found(path)


def _walk(folder: Path, *, root: Path) -> Iterator[Found]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Found(folder, f"打不开：{trouble(error)}")
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(_PASSED_OVER):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path, root=root)
        elif not entry.is_symlink():
            yield Found(path)
        else:
            yield Found(path, _refusal_of_link(path, root=root))


def _refusal_of_link(path: Path, *, root: Path) -> str | None:
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # RuntimeError is how Python 3.11 tells of a ring of links
        return "是绕回自己的链接"
    if path.is_dir():
        return "是通向文件夹的链接；请直接给出那个文件夹"
    return None if target.is_relative_to(root) else "是通到文件夹以外的链接"


def trouble(error: OSError) -> str:
    """Say why a system could not open or read something."""
    return _WHY.get(error.errno or 0, f"系统读不到它（错误号 {error.errno}）")


def _unpacked_or_read(error: OSError | EOFError | zlib.error) -> str:
    if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
        return trouble(error)
    return "压缩文件坏了，或者没有下载完"


def shown(path: Path | str) -> str:
    """Return a path as text that can be printed and stored, whatever bytes its names are made of."""
    return clean(os.fsencode(path).decode("utf-8", "replace").translate(_BREAKS))


def is_collection(path: Path) -> bool:
    """Tell a file of many documents, one clause a line, from a file that is one document."""
    return path.name.lower().endswith(COLLECTIONS)


def content_of(path: Path) -> bytes:
    """Return the bytes of a file. Raises FileRefused when they cannot be had, are too many, or are none."""
    limit = MAX_COLLECTION_BYTES if is_collection(path) else MAX_PAPER_BYTES
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            msg = "不是普通文件"
            raise FileRefused(msg)
        with path.open("rb") as file:
            packed = path.name.lower().endswith(".gz")
            content = gzip.GzipFile(fileobj=file).read(limit + 1) if packed else file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"读不出来：{_unpacked_or_read(error)}"
        raise FileRefused(msg) from error
    if len(content) > limit:
        msg = f"超过 {limit // 2**20} MiB"
        raise FileRefused(msg)
    if not content.strip():
        msg = "是空文件"
        raise FileRefused(msg)
    return content
