"""Answers a citizen's question from our cards and the official texts, or says that they do not say.

Never a sentence without a source: the words are a card's or a clause's, and where neither fits the answer is
NoAnswer. Something broken is neither: it raises KnowledgeUnavailable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Final

from knowledge_base.calibration import Calibration
from knowledge_base.cards import Card
from knowledge_base.caveats import of_the_mainland
from knowledge_base.choosing import Chooser
from knowledge_base.corpus import passage_id, place_chain
from knowledge_base.embedding import Embedder, ModelUnavailable, Reading, Vector, load_embedder
from knowledge_base.engines.choice import Engines
from knowledge_base.evidence import Asked, Evidence, Witness
from knowledge_base.index import Index, open_index
from knowledge_base.judgement import Choice, Judge, load_judge
from knowledge_base.named import Named, Names, cites_named, cites_numbers_of
from knowledge_base.placing import Place, Placed, place_with
from knowledge_base.plain import PlainQuestions
from knowledge_base.regions import Regions
from knowledge_base.rerank import Reranker, RerankerUnavailable, load_reranker
from knowledge_base.search import Searcher
from knowledge_base.short import ShortQuestions, core
from knowledge_base.telling import Teller
from knowledge_base.text import bigrams
from knowledge_base.types import OWN_LAW, Answer, Hit, NoAnswer, NoAnswerReason, Passage

_LEGAL: Final = 0.15
"""Below this probability a question is plainly none of the law's: «not our business», said to somebody who asks about their
rights, turns them away, while «not in my documents» costs whoever asks about the weather nothing. Of our own questions
(`python -m tests.evaluation business`) it turns away 2 of 723 about law, as does every line from 0.02 to 0.2, and 9 of 10
others; at 0.6 it would be 7 of the 723, and no more of the others."""
_FEWEST_WORDS: Final = 3
"""Pairs of characters; with fewer a question names a field, and only a card of which the judge is sure answers it."""
_SURE: Final = 0.985


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
        self._judge = judge or load_judge(None, model=_model(searcher))
        self.witness = Witness(searcher, self._calibration)
        self._teller, self._chooser = Teller(self._index), Chooser(searcher, self.witness)
        self._all_hold = max((card.valid_from for card in self._index.cards if card.valid_from), default=date.min)

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
        asked = self.asked(query, region=region, on=on, vector=vector)
        if (meant := self._plain.meant(asked.bare)) and meant != asked.bare:
            asked = replace(asked, query=meant, bare=meant, vector=self.searcher.embed(meant))
        others = self.short.of_other_matters(query, matters, self._index.cards) if follow_up else ()
        without = [self._index.passages + number for number in others]
        return self._ask(asked, without=without)

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
        found = self._found(asked, without=without)
        own_law = OWN_LAW.get(asked.region or "")
        if own_law is None or isinstance(found, NoAnswer):
            return found
        return replace(found, caveats=(of_the_mainland(own_law), *found.caveats), another_law=True)

    def _found(self, asked: Asked, *, without: Sequence[int]) -> Answer | NoAnswer:
        named = self._named(asked)
        if named and named.known:
            if named.provisions:
                return self._teller.word_for_word(named.provisions, asked)
            return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS, because=named.why)
        evidence = self.witness.weigh(asked, without=without)
        best, choice = self._judged(evidence, asked)
        local = (best, choice)
        if not named and choice is not None and self._chooser.gives_way(best, asked):
            best, choice = self._at_large(best, asked, without=without) or local
        if not named and (then := self._as_it_was(best, asked, without=without)):
            return then
        if choice is None or best is None:
            return self._nothing(choice, asked, self._silence(asked, evidence, named))
        if named and not (self._index.is_card(best) and cites_named(asked.query, self._index.card(best))):
            return self._silence(asked, evidence, named)
        entries = (best, *self._chooser.beside(best, local[1] or choice, asked))
        first, *beside = (self._teller.answer(entry, asked, score=choice.probability) for entry in entries)
        return replace(first, beside=tuple(beside))

    def _nothing(self, choice: Choice | None, asked: Asked, silence: NoAnswer) -> NoAnswer:
        """Say nothing; staff see how near it was, and to what."""
        if choice is None:
            return silence
        near = self._teller.answer(choice.entries[0], asked, score=choice.probability) if choice.odds[0] > 0 else None
        return replace(silence, score=choice.probability, nearest=near)

    def _judged(self, evidence: Evidence, asked: Asked) -> tuple[int | None, Choice | None]:
        """Return what answers a question, None where nothing surely does, and what was judged, if anything."""
        same = self._in_own_words(evidence, asked)
        if not evidence.entries or (same.gap if same else self._is_known_gap(evidence, asked)):
            return None, None
        choice = self._judge.choose(evidence)
        if same:
            return self._index.passages + self._index.cards.index(same), choice
        best = self._chooser.best(choice, evidence, asked)
        told_enough = len(bigrams(asked.query)) >= _FEWEST_WORDS
        sure = choice.answers and (told_enough or (self._index.is_card(best) and choice.probability >= _SURE))
        return best if sure else None, choice

    def _at_large(self, best: int | None, asked: Asked, *, without: Sequence[int]) -> tuple[int, Choice] | None:
        """Return what answers somebody of whom no place is known, instead of silence; instead of an extract, a card of ours."""
        anywhere = replace(asked, region=None)
        found, choice = self._judged(self.witness.weigh(anywhere, without=without), anywhere)
        if found is None or choice is None or not (best is None or self._index.is_card(found)):
            return None
        return found, choice

    def _as_it_was(self, best: int | None, asked: Asked, *, without: Sequence[int]) -> Answer | None:
        """Answer about a day before what answers today held: with the same clause, as it read on that day.

        People ask as they do today, and only today's cards and articles know how; so the question is judged as if it
        were asked on the first day on which all our cards hold.
        """
        if asked.on >= self._all_hold or (best is not None and self._index.is_card(best)):
            return None
        later = replace(asked, on=self._all_hold)
        now, choice = self._judged(self.witness.weigh(later, without=without), later)
        if now is None or choice is None:
            return None
        return self._teller.as_it_was(now, asked, score=choice.probability)

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

    @cached_property
    def _plain(self) -> PlainQuestions:
        return PlainQuestions.load()

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

    def _hits(self, chosen: Sequence[int], evidence: Evidence, asked: Asked) -> Iterator[Hit]:
        """Return what was chosen, then the rest as it was found; a clause that a card has shown is not shown again."""
        shown: set[str] = set()
        scores = {found.entry: found.score for found in evidence.ranked}
        for entry in dict.fromkeys((*chosen, *(found.entry for found in evidence.ranked))):
            if self._index.is_card(entry) and self._index.card(entry).gap:
                continue
            hit = self._teller.hit(entry, asked, score=scores.get(entry, 0.0))
            if hit.passage.citation.source_id not in shown:
                shown.add(hit.passage.citation.source_id)
                yield hit

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


def _model(searcher: Searcher) -> str | None:
    model: str | None = searcher.index.manifest["model"] if searcher.by_meaning else None
    return model
