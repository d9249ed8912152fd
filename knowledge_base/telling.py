"""Puts a card or a clause into an answer: its words, what is asked for first, and every source with its standing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from knowledge_base import wordings
from knowledge_base.card_sources import clause_digest
from knowledge_base.cards import Card, Reference
from knowledge_base.caveats import caveats
from knowledge_base.corpus import citation, cite, passage_id, plain_title
from knowledge_base.editions import Editions
from knowledge_base.evidence import Asked
from knowledge_base.index import Index
from knowledge_base.named import word_for_word
from knowledge_base.provisions import Provision
from knowledge_base.quote import first_part, pointed, quote
from knowledge_base.text import bigrams
from knowledge_base.types import Answer, Citation, Hit, Passage, Provenance

_REWORDED: Final = "这一条的文字和我们写答案时不一样了，这里给的是现在的原文；具体怎么适用，请工作人员核实。"


class Teller:
    """Tells what the entries of one index say."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._links: Mapping[str, Sequence[str | None]] = index.manifest["links"]
        self._editions = Editions(index)

    def answer(self, entry: int, asked: Asked, *, score: float) -> Answer:
        """Answer with a card's own words, or with the clause that an entry is or quotes."""
        quoted = self._quoted(entry, asked)
        if quoted is None:
            return self._from_card(self._index.card(entry), asked, score=score)
        told = self._from_clause(quoted, asked, score=score)
        if quoted == entry:
            return told
        return replace(told, matters=self._index.card(entry).matters, caveats=(*told.caveats, _REWORDED))

    def as_it_was(self, entry: int, asked: Asked, *, score: float) -> Answer | None:
        """Answer about a day before an entry held with its clause as that read then; None where it held, or nothing did."""
        is_card = self._index.is_card(entry)
        rests_on = self._held(self._index.card(entry)) if is_card else [entry]
        held = [clause for clause in rests_on if clause is not None]
        if not held or self._begun(entry, asked.on):
            return None
        then = self._editions.on(self._nearest(held, asked), asked.on)
        if then is None:
            return None
        told = self._from_clause(then, asked, score=score)
        matters = self._index.card(entry).matters if is_card else ()
        return replace(told, matters=matters, caveats=(*told.caveats, _of_that_day(asked.on)))

    def _begun(self, entry: int, on: date) -> bool:
        if self._index.is_card(entry):
            begin = self._index.card(entry).valid_from
        else:
            begin = self._index.document_of(entry).effective_from
        return begin is None or begin <= on

    def word_for_word(self, provisions: Sequence[Provision], asked: Asked) -> Answer:
        """Give what a question names as it is printed."""
        told = word_for_word(provisions, query=asked.query, on=asked.on)
        document, clause = provisions[0].document, provisions[0].clauses[0]
        return replace(told, provenance=self._provenance(passage_id(document, clause), clause_digest(clause.text)))

    def hit(self, entry: int, asked: Asked, *, score: float) -> Hit:
        """Show an entry among what was found."""
        quoted = self._quoted(entry, asked)
        if quoted is not None:
            return Hit(passage=self._index.passage(quoted, on=asked.on), score=score)
        card = self._index.card(entry)
        cited = self._nearest_citation(card, asked)
        passage = Passage(
            id=f"card:{card.id}",
            document_id=f"card:{card.id}",
            title=card.questions[0],
            clause=cited.clause,
            text=card.answer,
            citation=cited,
            effective_from=card.valid_from,
            effective_to=card.valid_to,
        )
        return Hit(passage=passage, score=score)

    def _quoted(self, entry: int, asked: Asked) -> int | None:
        """Return the clause whose text is given: the entry itself, or what a card quotes; None for a card's own words."""
        if not self._index.is_card(entry):
            return entry
        found = [self._index.entry_of(name) for name in self._index.card(entry).quotes]
        clauses = [clause for clause in found if clause is not None]
        return self._nearest(clauses, asked) if clauses else None

    def _nearest(self, clauses: Sequence[int], asked: Asked) -> int:
        """Return the clause that comes nearest to the question, by meaning, or by words where there is no vector."""
        if asked.vector is not None:
            return clauses[int(self._index.cosines(asked.vector, np.asarray(clauses, np.int32)).argmax())]
        return max(clauses, key=lambda one: len(bigrams(self._index.clause(one).text) & bigrams(asked.query)))

    def _held(self, card: Card) -> Sequence[int | None]:
        """Return the clause that each reference of a card rests on; None where the index does not hold it."""
        return [self._index.entry_of(link) if link else None for link in self._links.get(card.id, ())]

    def _from_card(self, card: Card, asked: Asked, *, score: float) -> Answer:
        return Answer(
            text=first_part(card.answer, asked.query),
            citations=self._citations(card, asked),
            score=score,
            matters=card.matters,
            caveats=caveats(((reference.document, reference.clause) for reference in card.references), asked.on),
            provenance=self._provenance(f"card:{card.id}", wordings.card_version(card)),
            region=card.region,
        )

    def _citations(self, card: Card, asked: Asked) -> tuple[Citation, ...]:
        links = self._links.get(card.id, ())
        pairs = zip(card.references, links, strict=True)
        return tuple(self._citation(card, reference, link, asked) for reference, link in pairs)

    def _nearest_citation(self, card: Card, asked: Asked) -> Citation:
        """Return the one source of a card that comes nearest to the question."""
        cited = self._citations(card, asked)
        held = self._held(card)
        known = [entry for entry in held if entry is not None]
        return cited[held.index(self._nearest(known, asked))] if known else cited[0]

    def _citation(self, card: Card, reference: Reference, link: str | None, asked: Asked) -> Citation:
        """Cite the ingested clause with its words where there is one, else what the card knows of it."""
        entry = self._index.entry_of(link) if link else None
        document = reference.document
        source, words = f"card:{card.id}", None
        if entry is not None:
            document = self._index.document_of(entry)
            about = f"{asked.query} {card.answer}"
            source, words = str(link), quote(self._index.clause(entry).text, about, must_have=reference.has)
        return cite(document, reference.clause, on=asked.on, source_id=source, quote=words)

    def _from_clause(self, entry: int, asked: Asked, *, score: float) -> Answer:
        document, clause = self._index.document_of(entry), self._index.clause(entry)
        words = quote(clause.text, asked.query)
        return Answer(
            text=f"《{plain_title(document.title)}》{clause.mark}：{pointed(clause.text, words, asked.query)}",
            citations=(citation(document, clause, on=asked.on, quote=words),),
            score=score,
            caveats=caveats([(document, clause.mark)], asked.on),
            provenance=self._provenance(passage_id(document, clause), clause_digest(clause.text)),
            region=document.region,
        )

    def _provenance(self, entry: str, version: str) -> Provenance:
        return Provenance(build=wordings.build_name(self._index.manifest), entry=entry, version=version)


def _of_that_day(on: date) -> str:
    return f"您问的是{on.year}年{on.month}月{on.day}日的事，这里给的是那一天适用的条文；现在的规定可能已经不一样了。"
