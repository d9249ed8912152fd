"""Holds how people ask for an article of law, so that their words lead to it although the article has none of them.

Writing questions onto a text before it is indexed is document expansion (Nogueira and Lin, 2019: doc2query); ours were
written by people, an article at a time, and lie in `nlu_data/retrieval`. They are searched, and never shown.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from knowledge_base.corpus import Clause, Document, plain_title
from knowledge_base.types import KnowledgeUnavailable

FOLDER: Final = Path(__file__).parent.parent / "nlu_data" / "retrieval"


class AskedUnreadable(KnowledgeUnavailable):
    """A file of questions is damaged; the message names file and line."""

    code = "asked_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    law: str
    article: str
    asked: tuple[str, ...]


_LINE: Final = TypeAdapter(_Line)


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions by law (without 中华人民共和国) and article mark, and a digest of the files they come from."""

    questions: Mapping[tuple[str, str], Sequence[str]]
    digest: str

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Asked":
        """Read every file of a folder. Raises AskedUnreadable."""
        questions: dict[tuple[str, str], list[str]] = {}
        digest = hashlib.sha256()
        for file in sorted(folder.glob("*.jsonl")):
            raw = file.read_bytes()
            digest.update(raw)
            for number, line in enumerate(raw.splitlines(), 1):
                try:
                    read = _LINE.validate_json(line)
                except ValidationError as error:
                    msg = f"{file.name}, line {number}: {error.errors()[0]['msg']}"
                    raise AskedUnreadable(msg) from error
                questions.setdefault((plain_title(read.law), read.article), []).extend(read.asked)
        return cls(questions, digest.hexdigest())

    def of(self, document: Document, clause: Clause) -> Sequence[str]:
        """Return the questions that ask for a clause."""
        return self.questions.get((plain_title(document.title), clause.mark), ())
