"""What the stage knows of the law: a few words of its own, or our own cards as they ship, for conversations a lawyer reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from knowledge_base.answer import KnowledgeBase
from knowledge_base.embedding import Vector
from knowledge_base.safety import SafetyGate
from knowledge_base.triage import Classifier
from knowledge_base.types import Answer, NoAnswer, SafetyFinding, Triage
from tests.dialogue.fakes import FakeKnowledge, classify
from tests.fakes import check_safety


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards, found by the model of meaning, triage as it was trained when the project was set up, and the safety rules."""

    knowledge: KnowledgeBase
    classifier: Classifier
    safety: SafetyGate


@dataclass(slots=True)
class Shelf:
    """Knowledge, triage and the safety gate of a stage. Whoever puts cards on it takes them away again."""

    fake: FakeKnowledge = field(default_factory=FakeKnowledge)
    cards: Cards | None = None

    def embed(self, text: str, /) -> Vector | None:
        return self.fake.embed(text) if self.cards is None else self.cards.knowledge.embed(text)

    def ask(  # noqa: PLR0913 - a question and all that it is about
        self,
        query: str,
        /,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
        follow_up: bool = False,
    ) -> Answer | NoAnswer:
        asked = self.fake.ask if self.cards is None else self.cards.knowledge.ask
        return asked(query, region=region, on=on, matters=matters, vector=vector, follow_up=follow_up)

    def classify(self, text: str, /, *, vector: Vector | None) -> Triage:
        if self.cards is None:
            return classify(text, vector=vector)
        return self.cards.classifier.classify(text, vector=vector)

    def check(self, text: str, /) -> SafetyFinding:
        return check_safety(text) if self.cards is None else self.cards.safety.check(text)
