"""The closed list of what a matter can be, so that triage, rules, statistics and staff use one set of codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

_DEFAULT: Final = Path(__file__).with_name("taxonomy.yml")


class UnknownMatter(LookupError):
    """A code outside the taxonomy was asked for."""

    code = "unknown_matter"

    def __init__(self, matter: str) -> None:
        super().__init__(f"no such matter: {matter!r}; the closed list is in knowledge_base/taxonomy.yml")
        self.matter = matter


class TaxonomyInvalid(ValueError):
    """The taxonomy file contradicts itself; nothing starts on it."""

    code = "taxonomy_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """案由: one code. `category` is where the hotline's statistics count it; `handlers` is who else deals with it."""

    code: str
    title: str
    parent: str | None
    about: str
    category: str
    handlers: tuple[str, ...]
    distinguish: str | None = None
    assignable: bool = True


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All topics, parents before their leaves."""

    topics: Mapping[str, Topic]
    coverage: Mapping[str, Mapping[str, tuple[str, ...]]]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Taxonomy":
        """Read and check the list. Raises TaxonomyInvalid."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        names: dict[str, str] = data["handlers"]
        topics: dict[str, Topic] = {}
        for raw in data["topics"]:
            _add(topics, raw, parent=None, names=names)
            for leaf in raw.get("leaves", ()):
                _add(topics, leaf, parent=topics[raw["code"]], names=names)
        coverage = {
            source: MappingProxyType({kind: tuple(codes) for kind, codes in kinds.items()})
            for source, kinds in data["coverage"].items()
        }
        for source, kinds in coverage.items():
            for kind, codes in kinds.items():
                for code in codes:
                    if code not in topics:
                        msg = f"{source}/{kind} names {code!r}, which is not a topic"
                        raise TaxonomyInvalid(msg)
        return cls(MappingProxyType(topics), MappingProxyType(coverage))

    @property
    def titles(self) -> Mapping[str, str]:
        """Chinese title of every code."""
        return MappingProxyType({code: topic.title for code, topic in self.topics.items()})

    def all(self) -> tuple[Topic, ...]:
        """Return every topic, parents before their leaves."""
        return tuple(self.topics.values())

    def get(self, code: str, /) -> Topic:
        """Return one topic. Raises UnknownMatter."""
        try:
            return self.topics[code]
        except KeyError:
            raise UnknownMatter(code) from None

    def parent(self, code: str, /) -> str | None:
        """Return the first-level code above a leaf, None above the first level. Raises UnknownMatter."""
        return self.get(code).parent

    def root(self, code: str, /) -> str:
        """Return the first-level code a code counts under: itself, or its parent. Raises UnknownMatter."""
        return self.get(code).parent or code

    def assignable(self) -> tuple[str, ...]:
        """Return the codes a message can be given: leaves, and headings that are a matter themselves."""
        return tuple(code for code, topic in self.topics.items() if topic.assignable)


def _add(topics: dict[str, Topic], raw: Mapping[str, Any], *, parent: Topic | None, names: Mapping[str, str]) -> None:
    code: str = raw["code"]
    if code in topics:
        msg = f"{code!r} is listed twice"
        raise TaxonomyInvalid(msg)
    if parent is not None and not code.startswith(f"{parent.code}."):
        msg = f"{code!r} stands under {parent.code!r}"
        raise TaxonomyInvalid(msg)
    unknown = [name for name in raw.get("handlers", ()) if name not in names]
    if unknown:
        msg = f"{code!r} names unknown handlers {unknown}"
        raise TaxonomyInvalid(msg)
    own = tuple(names[name] for name in raw.get("handlers", ()))
    topics[code] = Topic(
        code=code,
        title=raw["title"],
        parent=parent.code if parent else None,
        about=raw["about"],
        category=raw.get("category") or (parent.category if parent else raw["title"]),
        handlers=own or (parent.handlers if parent else ()),
        distinguish=raw.get("not"),
        assignable=raw.get("itself", "leaves" not in raw),
    )
