"""Answers a citizen's question from our cards and the official texts, or says that they do not say.

Never a sentence without a source: the words are a card's or a clause's, and where neither fits the answer is
NoAnswer. Something broken is neither: it raises KnowledgeUnavailable.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge_base import wordings
from knowledge_base.calibration import Calibration
from knowledge_base.card_sources import clause_digest
from knowledge_base.cards import Card, Reference
from knowledge_base.caveats import caveats
from knowledge_base.corpus import citation, cite, passage_id, place_chain, plain_title
from knowledge_base.embedding import Embedder, ModelUnavailable, Reading, Vector, load_embedder
from knowledge_base.engines.choice import Engines
from knowledge_base.evidence import Asked, Evidence, Witness
from knowledge_base.index import Index, open_index
from knowledge_base.judgement import Choice, Judge, load_judge
from knowledge_base.named import Named, Names, cites_named, cites_numbers_of, word_for_word
from knowledge_base.placing import Place, Placed, place_with
from knowledge_base.quote import pointed, quote
from knowledge_base.regions import Regions
from knowledge_base.rerank import Reranker, RerankerUnavailable, load_reranker
from knowledge_base.search import Searcher
from knowledge_base.short import ShortQuestions, core
from knowledge_base.text import bigrams
from knowledge_base.types import Answer, Citation, Hit, NoAnswer, NoAnswerReason, Passage, Provenance

_LEGAL: Final = 0.5
_FEWEST_WORDS: Final = 3
"""Pairs of characters; with fewer a question names a field, and only a card of which the judge is sure answers it."""
_SURE: Final = 0.985
_REWORDED: Final = "这一条的文字和我们写答案时不一样了，这里给的是现在的原文；具体怎么适用，请工作人员核实。"


class KnowledgeBase:
    """All that is known, opened once and asked from many threads."""

    def __init__(
        self,
        searcher: Searcher,
        *,
        judge: Judge | None = None,
        place: Place | None = None,
        missing_model: str | None = None,
        missing_reranker: str | None = None,
    ) -> None:
        self.searcher = searcher
        self._index: Index = searcher.index
        self._place = place or (lambda text: Placed(text=text))
        self._missing_model, self._missing_reranker = missing_model, missing_reranker
        self._calibration = Calibration.from_json(self._index.manifest["calibration"])
        self._links: Mapping[str, Sequence[str | None]] = self._index.manifest["links"]
        self._judge = judge or load_judge(None, model=_model(searcher))
        self.witness = Witness(searcher, self._calibration)

    @classmethod
    def load(  # noqa: PLR0913 - what a knowledge base is opened with
        cls,
        home: Path,
        *,
        embedder_spec: str,
        reranker_spec: str = "",
        models: Path | None = None,
        place: Place | None = None,
        engines: Engines | None = None,
    ) -> "KnowledgeBase":
        """Open the index of a home. Raises KnowledgeUnavailable with its cause; a missing model only costs its part."""
        embedder, reranker, missing, missing_reranker = None, None, None, None
        try:
            embedder = load_embedder(embedder_spec, models=models or home.parent / "models")
        except ModelUnavailable as error:
            missing = str(error)
        try:
            reranker = load_reranker(reranker_spec)
        except RerankerUnavailable as error:
            missing_reranker = str(error)
        return cls.open(
            home,
            embedder=embedder,
            reranker=reranker,
            missing_model=missing,
            missing_reranker=missing_reranker,
            place=place,
            engines=engines,
        )

    @classmethod
    def open(  # noqa: PLR0913 - the same, already loaded
        cls,
        home: Path,
        *,
        embedder: Embedder | None,
        reranker: Reranker | None = None,
        missing_model: str | None = None,
        missing_reranker: str | None = None,
        place: Place | None = None,
        engines: Engines | None = None,
        build: Path | None = None,
    ) -> "KnowledgeBase":
        """Open the index of a home with an embedder already at hand. Raises KnowledgeUnavailable."""
        index = open_index(home, model=embedder.name if embedder else None, engines=engines, build=build)
        searcher = Searcher(index, embedder, reranker)
        return cls(
            searcher,
            judge=load_judge(home, model=_model(searcher)),
            place=place or place_with(Regions.load()),
            missing_model=missing_model,
            missing_reranker=missing_reranker,
        )

    def close(self) -> None:
        """Give back files and connections; nobody asks any more."""
        self._index.close()

    def read(self, text: str) -> Reading | None:
        """Return what the model makes of a text, for all who need it in one turn; None in sparse-only mode."""
        return self.searcher.read(text)

    def embed(self, text: str) -> Vector | None:
        """Return the vector that triage and search share in one turn; None in sparse-only mode."""
        return self.searcher.embed(text)

    def search(
        self, query: str, *, region: str | None, on: date, k: int = 5, vector: Vector | None = None
    ) -> tuple[Hit, ...]:
        """Return the best clauses and cards for that place and day, best first; gaps are never shown."""
        asked = self.asked(query, region=region, on=on, vector=vector)
        evidence = self.witness.weigh(asked, count=k)
        chosen = self._judge.choose(evidence).entries if evidence.entries else ()
        chosen = (*self._named_entries(asked), *self.searcher.in_learned_order(chosen, evidence.ranked))
        return tuple(islice(self._hits(chosen, evidence, asked), k))

    def ask(  # noqa: PLR0913 - a question and all that it is about
        self,
        query: str,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
        follow_up: bool = False,
    ) -> Answer | NoAnswer:
        """Answer from a card or a clause, or say why not.

        `matters` are what this is about; `follow_up` tells that they are known from the conversation alone.
        """
        if self.short.is_short(query):
            # «那多久呢» says what is asked, the conversation about what.
            if meant := self.short.spelled_out(query, matters):
                return self._ask(self.asked(meant, region=region, on=on))
            if not self.short.stands_alone(query):
                return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS)
        others = self.short.of_other_matters(query, matters, self._index.cards) if follow_up else ()
        without = [self._index.passages + number for number in others]
        return self._ask(self.asked(query, region=region, on=on, vector=vector), without=without)

    def asked(self, query: str, *, region: str | None, on: date, vector: Vector | None = None) -> Asked:
        """Read a question: what it is without the place it names, and which place decides."""
        placed = self._place(query)
        named = placed.region
        if named in place_chain(region)[:-1]:
            named = None  # «山西» said by a caller in 高平 widens nothing
        # The caller's vector serves when no place had to be taken out.
        same = vector is not None and placed.text == query
        return Asked(
            query=query,
            bare=placed.text,
            region=named or region,
            named=placed.region is not None and not placed.told,
            on=on,
            vector=vector if same else self.searcher.embed(placed.text),
        )

    def _ask(self, asked: Asked, *, without: Sequence[int] = ()) -> Answer | NoAnswer:
        named = self._named(asked)
        if named and named.known:
            if named.provisions:
                told = word_for_word(named.provisions, query=asked.query, on=asked.on)
                first = named.provisions[0].document, named.provisions[0].clauses[0]
                return replace(told, provenance=self._provenance(passage_id(*first), clause_digest(first[1].text)))
            return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS, because=named.why)
        evidence = self.witness.weigh(asked, without=without)
        same = self._in_own_words(evidence, asked)
        if not evidence.entries or (same.gap if same else self._is_known_gap(evidence, asked)):
            return self._silence(asked, evidence, named)
        choice = self._judge.choose(evidence)
        best = self._index.passages + self._index.cards.index(same) if same else choice.entries[0]
        told_enough = len(bigrams(asked.query)) >= _FEWEST_WORDS
        sure = choice.answers and (told_enough or (self._index.is_card(best) and choice.probability >= _SURE))
        if not same and not sure:
            near = self._from(best, asked, score=choice.probability) if choice.odds[0] > 0 else None
            return replace(self._silence(asked, evidence, named), score=choice.probability, nearest=near)
        if named and not (self._index.is_card(best) and cites_named(asked.query, self._index.card(best))):
            return self._silence(asked, evidence, named)
        answer = self._from(best, asked, score=choice.probability)
        beside = tuple(self._from(e, asked, score=choice.probability) for e in self._beside(best, choice, asked))
        return replace(answer, beside=beside)

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
            "reranker": self.searcher.reranker.name if self.searcher.reranker else None,
            "reranker_missing": self._missing_reranker,
            "documents": manifest["documents"],
            "passages": manifest["passages"],
            "cards": manifest["cards"],
            "stale_cards": dict(manifest["stale_cards"]),
            "corpus": manifest["corpus"],
        }

    @cached_property
    def _names(self) -> Names:
        return Names(self._index)

    @cached_property
    def short(self) -> ShortQuestions:
        """Return what a word or two can mean."""
        return ShortQuestions.load()

    def _in_own_words(self, evidence: Evidence, asked: Asked) -> Card | None:
        """Return the card, or the known gap, that is asked for with just these words."""
        said = core(asked.query)
        cards = (self._index.card(found.entry) for found in evidence.ranked if self._index.is_card(found.entry))
        return next((card for card in cards if said in map(core, card.questions)), None)

    def _is_known_gap(self, evidence: Evidence, asked: Asked) -> bool:
        """Tell whether what comes nearest to the question is one we know the documents do not answer."""
        cards = [found for found in evidence.ranked if self._index.is_card(found.entry)]
        if not cards:
            return False
        nearest = max(cards, key=lambda found: (found.cosine, found.words))
        return self._index.card(nearest.entry).gap and cites_numbers_of(asked.query, self._index.card(nearest.entry))

    def _beside(self, best: int, choice: Choice, asked: Asked) -> Iterator[int]:
        """Return what other places that the caller belongs to say of the same: one entry a place, the likeliest.

        A card names its counterparts; where a clause answers, the clause of another place that is as good as the best
        is one.
        """
        ranks = {entry: rank for rank, entry in enumerate(choice.entries)}
        mask = self.searcher.scope(region=asked.region, on=asked.on)
        if self._index.is_card(best):
            names = set(self._index.card(best).beside)
            cards = range(self._index.passages, len(self._index))
            others = [entry for entry in cards if mask[entry] and self._index.card(entry).id in names]
        else:
            others = [e for e, odds in zip(choice.entries, choice.odds, strict=True) if odds > 0]
            others = [entry for entry in others if not self._index.is_card(entry)]
        told = {self.witness.region(best)}
        for entry in sorted(others, key=lambda one: ranks.get(one, len(ranks))):
            place = self.witness.region(entry)
            if place not in told:
                told.add(place)
                yield entry

    def _hits(self, chosen: Sequence[int], evidence: Evidence, asked: Asked) -> Iterator[Hit]:
        """Return what was chosen, then the rest as it was found; a clause that a card has shown is not shown again."""
        shown: set[str] = set()
        scores = {found.entry: found.score for found in evidence.ranked}
        for entry in dict.fromkeys((*chosen, *(found.entry for found in evidence.ranked))):
            if self._index.is_card(entry) and self._index.card(entry).gap:
                continue
            hit = self._hit(entry, asked, score=scores.get(entry, 0.0))
            if hit.passage.citation.source_id not in shown:
                shown.add(hit.passage.citation.source_id)
                yield hit

    def _hit(self, entry: int, asked: Asked, *, score: float) -> Hit:
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

    def _named(self, asked: Asked) -> Named | None:
        return self._names.named(asked.query, region=asked.region, on=asked.on, place_named=asked.named)

    def _named_entries(self, asked: Asked) -> Iterator[int]:
        """Return the clauses that a question points at."""
        named = self._named(asked)
        for provision in named.provisions if named else ():
            ids = (passage_id(provision.document, clause) for clause in provision.clauses)
            yield from (entry for one in ids if (entry := self._index.entry_of(one)) is not None)

    def _silence(self, asked: Asked, evidence: Evidence, named: Named | None) -> NoAnswer:
        """Say why there is no answer; a text that is named without being ours is a matter of law all the same."""
        if named:
            return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS, because=named.why)
        legal = self._calibration.legal_probability(asked.vector)
        outside = legal < _LEGAL if legal is not None else not any(found.words for found in evidence.ranked)
        return NoAnswer(reason=NoAnswerReason.OFF_TOPIC if outside else NoAnswerReason.NOT_IN_DOCUMENTS)

    def _from(self, entry: int, asked: Asked, *, score: float) -> Answer:
        quoted = self._quoted(entry, asked)
        if quoted is None:
            return self._from_card(self._index.card(entry), asked, score=score)
        answer = self._from_clause(quoted, asked, score=score)
        if quoted == entry:
            return answer
        return replace(answer, matters=self._index.card(entry).matters, caveats=(*answer.caveats, _REWORDED))

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

    def _from_card(self, card: Card, asked: Asked, *, score: float) -> Answer:
        citations = self._citations(card, asked)
        return Answer(
            text=card.answer,
            citations=citations,
            score=score,
            matters=card.matters,
            caveats=caveats([reference.document for reference in card.references], asked.on),
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
        entries = [self._index.entry_of(link) if link else None for link in self._links.get(card.id, ())]
        known = [entry for entry in entries if entry is not None]
        return cited[entries.index(self._nearest(known, asked))] if known else cited[0]

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
            caveats=caveats([document], asked.on),
            provenance=self._provenance(passage_id(document, clause), clause_digest(clause.text)),
            region=document.region,
        )

    def _provenance(self, entry: str, version: str) -> Provenance:
        return Provenance(build=wordings.build_name(self._index.manifest), entry=entry, version=version)


def _model(searcher: Searcher) -> str | None:
    model: str | None = searcher.index.manifest["model"] if searcher.by_meaning else None
    return model
