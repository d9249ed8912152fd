"""Who else handles a matter than legal aid (谁还管): named to callers only with the article that says so."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import yaml

from knowledge_base.taxonomy import Taxonomy

_MEDIATES: Final = "调解"
_ASIDE: Final = re.compile(r"（[^）]*）")
"""Telephone numbers belong to the directory, which says how they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One of them, and the article."""

    name: str
    source: str
    mediates: bool = False
    """Whether they bring both sides to one table."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """Everybody on file, by the code of the matter."""

    of_matters: Mapping[str, tuple[Handler, ...]]

    @classmethod
    def load(cls, taxonomy: Taxonomy) -> "Handlers":
        """Read the articles beside the names that the taxonomy has."""
        text = files("knowledge_base").joinpath("sources", "handlers.yml").read_text("utf-8")
        articles: Mapping[str, str] = yaml.safe_load(text)
        return cls(
            {
                topic.code: tuple(
                    Handler(name=_ASIDE.sub("", name), source=articles[name], mediates=_MEDIATES in name)
                    for name in topic.handlers
                    if name in articles
                )
                for topic in taxonomy.all()
            }
        )

    def of(self, code: str, /) -> tuple[Handler, ...]:
        """Return who else handles a matter, the nearest first; nobody for a code that is none."""
        return self.of_matters.get(code, ())
