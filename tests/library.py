"""A library for the desk's tests: two texts and three cards, really built with an embedder that needs no model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import BuildReport
from knowledge_base.cards import CardBook
from knowledge_base.drafts import CardDraft, SourceDraft
from knowledge_base.types import NATION
from knowledge_base.workbench import Workbench
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, open_base, source_texts

TODAY = date(2026, 11, 21)
PLACES = frozenset({NATION, "140581", "231000"})
MATTERS = frozenset({"general.legal_aid", "labour.wages"})


@dataclass(slots=True)
class RealLibrary:
    """A home that is built for real, and reopened after every build as the service does."""

    home: Path
    embedder: PairEmbedder | None = field(default_factory=PairEmbedder)
    cards: CardBook | None = None
    base: KnowledgeBase | None = None

    def build(self) -> BuildReport:
        report = make(self.home, embedder=self.embedder, cards=self.cards)
        self.base = open_base(self.home, self.embedder)
        return report

    def opened(self) -> KnowledgeBase:
        assert self.base is not None
        return self.base

    @contextmanager
    def using(self) -> Iterator[KnowledgeBase]:
        yield self.opened()

    def workbench(self) -> Workbench:
        return Workbench(
            home=self.home,
            using=self.using,
            knows_region=PLACES.__contains__,
            knows_matter=MATTERS.__contains__,
        )


def real_library(home: Path) -> RealLibrary:
    """Fill a home and build it."""
    fill(home, source_texts())
    library = RealLibrary(home=home)
    library.build()
    return library


def wages(**changed: object) -> CardDraft:
    """Return a card that stands up to its source."""
    draft = {
        "id": "aid.wages",
        "questions": ("讨要工资能不能申请援助", "老板拖欠劳动报酬可以申请援助吗"),
        "answer": "可以。请求支付劳动报酬的，可以申请援助。",
        "sources": (SourceDraft(document="援助法", clause="第二条", words=("请求支付劳动报酬",)),),
        "matters": ("labour.wages",),
    }
    return CardDraft(**{**draft, **changed})  # type: ignore[arg-type]  # the fields of a card, by name
