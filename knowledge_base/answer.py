"""Answers a citizen's question from our cards and the official texts, or says that they do not say.

Never a sentence without a source: the words are a card's or a clause's, and where neither fits the answer is
NoAnswer. Something broken is neither: it raises KnowledgeUnavailable.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final, assert_never

from knowledge_base import curated
from knowledge_base.calibration import Calibration, likeness, sigmoid
from knowledge_base.cards import Card, Reference, clause_digest
from knowledge_base.corpus import Document, DocumentKind, citation, passage_id, place_chain, plain_title
from knowledge_base.embedding import Embedder, ModelUnavailable, Vector, load_embedder
from knowledge_base.engines.choice import Engines
from knowledge_base.index import Index, open_index
from knowledge_base.placing import Place, Placed, place_with
from knowledge_base.quote import quote
from knowledge_base.regions import Regions
from knowledge_base.search import Ranked, Searcher, Wanted
from knowledge_base.text import article_numbers, bigrams, normalise
from knowledge_base.types import NATION, Answer, Citation, Hit, NoAnswer, NoAnswerReason, Passage, Provenance, Standing

# In spreads above what unrelated questions reach by accident (calibration.py). Measured on tests/knowledge/questions.yml.
_CARD_SURE: Final = 2.5
_CLAUSE_LEAST: Final = 2.5
_CLAUSE_SURE: Final = 4.7
_COVER_WEIGHT: Final = 3.0  # what it is worth that a clause has all the words of the question
_LOCAL_BONUS: Final = 0.5
_MATTER_BONUS: Final = 0.5
# By words alone: the share of character pairs that question and card have in common.
_CARD_LIKENESS: Final = 0.4
_LEGAL: Final = 0.5
_LOOK_AT: Final = 50
_CLAUSES_TRIED: Final = 3
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_LATER: Final = re.compile(r"明年|后年|下一?年度?")
_PHONE: Final = (re.compile(r"电话|号码|热线|联系方式"), re.compile(r"\d{5,}"))
_DEMANDS: Final = (
    (re.compile(r"几点"), re.compile(r"\d\s*[点时:：]|小时")),
    (
        re.compile(r"多少|多久|多长|几(?:天|日|年|个|件|元|次|倍)"),
        re.compile(r"[\d〇零一二两三四五六七八九十百千万半]"),
    ),
)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A question: its words, the same without its place, that place, and the day it is asked."""

    query: str
    bare: str
    region: str | None
    on: date


class KnowledgeBase:
    """All that is known, opened once and asked from many threads."""

    def __init__(self, searcher: Searcher, *, place: Place | None = None, missing_model: str | None = None) -> None:
        self.searcher = searcher
        self._index: Index = searcher.index
        self._place = place or (lambda text: Placed(text=text))
        self._missing_model = missing_model
        self._calibration = Calibration.from_json(self._index.manifest["calibration"])
        self._links: Mapping[str, Sequence[str | None]] = self._index.manifest["links"]

    @classmethod
    def load(
        cls,
        home: Path,
        *,
        embedder_spec: str,
        models: Path | None = None,
        place: Place | None = None,
        engines: Engines | None = None,
    ) -> "KnowledgeBase":
        """Open the index of a home. Raises KnowledgeUnavailable with its cause; a missing model only costs meaning."""
        embedder, missing = None, None
        try:
            embedder = load_embedder(embedder_spec, models=models or home.parent / "models")
        except ModelUnavailable as error:
            missing = str(error)
        return cls.open(home, embedder=embedder, missing_model=missing, place=place, engines=engines)

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        embedder: Embedder | None,
        missing_model: str | None = None,
        place: Place | None = None,
        engines: Engines | None = None,
    ) -> "KnowledgeBase":
        """Open the index of a home with an embedder already at hand. Raises KnowledgeUnavailable."""
        index = open_index(home, model=embedder.name if embedder else None, engines=engines)
        return cls(Searcher(index, embedder), place=place or place_with(Regions.load()), missing_model=missing_model)

    def close(self) -> None:
        """Give back files and connections; nobody asks any more."""
        self._index.close()

    def embed(self, text: str) -> Vector | None:
        """Return the vector that triage and search share in one turn; None in sparse-only mode."""
        return self.searcher.embed(text)

    def search(
        self, query: str, *, region: str | None, on: date, k: int = 5, vector: Vector | None = None
    ) -> tuple[Hit, ...]:
        """Return the best clauses and cards for that place and day, best first; gaps are never shown."""
        scope = self._scope(query, region, on)
        ranked = self._ranked(scope, self._vector(scope, vector), count=k + _LOOK_AT)
        hits = (self._hit(found, scope) for found in ranked if not self._is_gap(found))
        return tuple(islice(hits, k))

    def ask(
        self,
        query: str,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
    ) -> Answer | NoAnswer:
        """Answer from a card or a clause, or say why not. `matters` are what the conversation is about."""
        scope = self._scope(query, region, on)
        vector = self._vector(scope, vector)
        ranked = self._ranked(scope, vector, count=_LOOK_AT)
        named = self._named_article(scope, ranked)
        if named is not None:
            return self._from_clause(named, scope, score=1.0)
        if chosen := self._best_card(scope, ranked, matters):
            card, probability = chosen
            if card.gap or not _fits(query, card.answer, [r.document for r in card.references]):
                return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS, score=probability)
            return self._from_card(card, scope, score=probability)
        if clause := self._best_clause(scope, ranked):
            return self._from_clause(clause.entry, scope, score=clause.cosine)
        return NoAnswer(reason=self._why_not(vector, ranked))

    def passage(self, passage_id: str, *, on: date) -> Passage | None:
        """Return a clause by its id; None when there is none of that name."""
        entry = self._index.entry_of(passage_id)
        return self._index.passage(entry, on=on) if entry is not None else None

    def status(self) -> dict[str, Any]:
        """Return what /readyz and staff should see."""
        manifest = self._index.manifest
        return {
            "mode": "hybrid" if self.searcher.by_meaning else "words",
            "model": manifest["model"],
            "model_missing": self._missing_model,
            "documents": manifest["documents"],
            "passages": manifest["passages"],
            "cards": manifest["cards"],
            "stale_cards": dict(manifest["stale_cards"]),
            "corpus": manifest["corpus"],
        }

    def _scope(self, query: str, region: str | None, on: date) -> _Scope:
        placed = self._place(query)
        named = placed.region
        if named in place_chain(region)[:-1]:
            named = None  # «山西» said by a caller in 高平 widens nothing
        return _Scope(query=query, bare=placed.text, region=named or region, on=on)

    def _vector(self, scope: _Scope, vector: Vector | None) -> Vector | None:
        """Return the vector of the bare question; the caller's serves when no place had to be taken out."""
        return vector if vector is not None and scope.bare == scope.query else self.searcher.embed(scope.bare)

    def _ranked(self, scope: _Scope, vector: Vector | None, *, count: int) -> Sequence[Ranked]:
        mask = self.searcher.scope(region=scope.region, on=scope.on)
        return self.searcher.rank(Wanted(query=scope.query, on=scope.on, mask=mask, vector=vector, count=count))

    def _is_gap(self, found: Ranked) -> bool:
        return self._index.is_card(found.entry) and self._index.card(found.entry).gap

    def _hit(self, found: Ranked, scope: _Scope) -> Hit:
        if not self._index.is_card(found.entry):
            return Hit(passage=self._index.passage(found.entry, on=scope.on), score=found.score)
        card = self._index.card(found.entry)
        cited = self._citations(card, scope)[0]
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
        return Hit(passage=passage, score=found.score)

    def _best_card(self, scope: _Scope, ranked: Sequence[Ranked], matters: Sequence[str]) -> tuple[Card, float] | None:
        """Return the card that most probably answers, if that is probable enough."""
        best: tuple[float, Card] | None = None
        for found in ranked:
            if not self._index.is_card(found.entry):
                continue
            card = self._index.card(found.entry)
            sureness = self._sureness(found, card, scope)
            if sureness < 0 or not _about_named_articles(scope.query, card):
                continue
            sureness += _LOCAL_BONUS if card.region != NATION else 0.0
            sureness += _MATTER_BONUS if set(card.matters) & set(matters) else 0.0
            if best is None or sureness > best[0]:
                best = (sureness, card)
        return (best[1], sigmoid(best[0])) if best else None

    def _sureness(self, found: Ranked, card: Card, scope: _Scope) -> float:
        """Return how far above the line a card lies; below nought it does not answer."""
        if self.searcher.by_meaning:
            return self._calibration.cards.deviations(found.cosine) - _CARD_SURE
        return likeness(scope.query, card.questions) - _CARD_LIKENESS

    def _named_article(self, scope: _Scope, ranked: Sequence[Ranked]) -> int | None:
        """Return the clause when a question names both a document and its article."""
        numbers = article_numbers(normalise(scope.query))
        if not numbers:
            return None
        asked = normalise(scope.query).replace(" ", "")
        for found in ranked:
            if self._index.is_card(found.entry):
                continue
            title = plain_title(self._index.document_of(found.entry).title)
            marks = article_numbers(self._index.clause(found.entry).mark)
            if marks and marks[0] in numbers and normalise(title) in asked:
                return found.entry
        return None

    def _best_clause(self, scope: _Scope, ranked: Sequence[Ranked]) -> Ranked | None:
        """Return the best clause if meaning and words together are near enough, and it holds what was asked for."""
        if not self.searcher.by_meaning:
            return None
        asked = bigrams(scope.bare)
        for found in [r for r in ranked if not self._index.is_card(r.entry)][:_CLAUSES_TRIED]:
            clause, document = self._index.clause(found.entry), self._index.document_of(found.entry)
            words = bigrams(f"{document.title} {' '.join(clause.headings)} {clause.text}")
            share = len(asked & words) / max(len(asked), 1)
            near = self._calibration.clauses.deviations(found.cosine)
            sure = near >= _CLAUSE_LEAST and near + _COVER_WEIGHT * share >= _CLAUSE_SURE
            held = all(has.search(clause.text) for asks, has in _DEMANDS if asks.search(scope.query))
            if sure and held and _fits(scope.query, clause.text, [document]):
                return found
        return None

    def _why_not(self, vector: Vector | None, ranked: Sequence[Ranked]) -> NoAnswerReason:
        legal = self._calibration.legal_probability(vector)
        outside = legal < _LEGAL if legal is not None else not any(found.words for found in ranked)
        return NoAnswerReason.OFF_TOPIC if outside else NoAnswerReason.NOT_IN_DOCUMENTS

    def _from_card(self, card: Card, scope: _Scope, *, score: float) -> Answer:
        citations = self._citations(card, scope)
        return Answer(
            text=card.answer,
            citations=citations,
            score=score,
            matters=card.matters,
            caveats=_caveats([reference.document for reference in card.references], scope.on),
            provenance=self._provenance(f"card:{card.id}", curated.card_version(card)),
        )

    def _citations(self, card: Card, scope: _Scope) -> tuple[Citation, ...]:
        links = self._links.get(card.id, ())
        pairs = zip(card.references, links, strict=True)
        return tuple(self._citation(card, reference, link, scope) for reference, link in pairs)

    def _citation(self, card: Card, reference: Reference, link: str | None, scope: _Scope) -> Citation:
        """Cite the ingested clause with its words where there is one, else what the card knows of it."""
        entry = self._index.entry_of(link) if link else None
        document = reference.document
        source, words = f"card:{card.id}", None
        if entry is not None:
            document = self._index.document_of(entry)
            about = f"{scope.query} {card.answer}"
            source, words = str(link), quote(self._index.clause(entry).text, about, must_have=reference.has)
        return Citation(
            document=document.title,
            number=document.number,
            clause=reference.clause,
            issued=document.issued,
            standing=document.standing(scope.on),
            region=document.region,
            source_id=source,
            quote=words,
        )

    def _from_clause(self, entry: int, scope: _Scope, *, score: float) -> Answer:
        document, clause = self._index.document_of(entry), self._index.clause(entry)
        words = quote(clause.text, scope.query)
        return Answer(
            text=f"《{plain_title(document.title)}》{clause.mark}：{words}",
            citations=(citation(document, clause, on=scope.on, quote=words),),
            score=score,
            caveats=_caveats([document], scope.on),
            provenance=self._provenance(passage_id(document, clause), clause_digest(clause.text)),
        )

    def _provenance(self, entry: str, version: str) -> Provenance:
        return Provenance(build=curated.build_name(self._index.manifest), entry=entry, version=version)


def _fits(query: str, text: str, documents: Sequence[Document]) -> bool:
    """Tell whether a text can answer: it has a number where a phone is wanted, and is of the year that is named."""
    asks, has = _PHONE
    if asks.search(query) and not has.search(text):
        return False
    plans = [d for d in documents if d.kind is DocumentKind.POLICY]
    if plans and _LATER.search(query):
        return False
    years = {int(year) for year in _YEAR.findall(query)}
    if not years or not plans:
        return True
    known = {day.year for d in plans for day in (d.issued, d.published, d.plan_end) if day}
    return bool(years & known) or any(str(year) in text for year in years)


def _about_named_articles(query: str, card: Card) -> bool:
    """Tell whether a card cites what the question names by number; any card may answer a question that names none."""
    numbers = set(article_numbers(normalise(query)))
    cited = {number for reference in card.references for number in article_numbers(reference.mark)}
    return not numbers or bool(numbers & cited)


def _caveats(documents: Sequence[Document], on: date) -> tuple[str, ...]:
    """Say, once for each document, why its words may no longer hold."""
    found = dict.fromkeys(filter(None, (_caveat(document, on) for document in documents)))
    return tuple(found)


def _caveat(document: Document, on: date) -> str | None:
    title = plain_title(document.title)
    standing = document.standing(on)
    match standing:
        case Standing.IN_FORCE:
            return None
        case Standing.PLAN_ENDED:
            end = document.plan_end.year if document.plan_end else ""
            return (
                f"《{title}》是到{end}年为止的安排，计划期已过；现在怎么安排，请先打12348或向当地法律援助机构问清楚。"
            )
        case Standing.HISTORICAL:
            issued = document.issued.year if document.issued else ""
            return f"《{title}》是{issued}年的文件，年头已久，只能作参考，请工作人员核实后再用。"
        case Standing.SUPERSEDED:
            return f"《{title}》的这个版本已经被新的规定取代，请以新规定为准。"
        case Standing.UNKNOWN:
            return f"《{title}》现在是否仍然照此执行，资料里没有写明，请工作人员核实。"
        case _:
            assert_never(standing)
