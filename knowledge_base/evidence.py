"""Lays out what speaks for each card and clause that might answer a question, as plain figures that can be learnt from.

A card is known by how people ask it and by the clauses it rests on, a clause by its text and by the cards that rest on
it: so both are described by the same figures and compete with one another.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.calibration import Accident, Calibration, shared
from knowledge_base.corpus import Document, plain_title
from knowledge_base.demands import (
    HELD,
    Demand,
    asks_to_foretell,
    demanded,
    holds,
    names_another_text,
    of_another_year,
    years_in,
)
from knowledge_base.embedding import Vector
from knowledge_base.index import Index
from knowledge_base.index_writer import ASKED, PASSAGES
from knowledge_base.search import Ranked, Searcher, Wanted
from knowledge_base.text import bigrams, tokenise
from knowledge_base.types import NATION, Standing

Row = NDArray[np.float64]

_LOOK_AT: Final = 100
_CARDS: Final = 12
_CLAUSES: Final = 14
_CITED_BY: Final = 3
_FAR: Final = -3.0  # what is nowhere near, in spreads
_UNRANKED: Final = 100
_NO_SCORE: Final = -5.0
_SATURATION: Final = 2.5  # BM25 gives a word at most k1 + 1 times its rarity

_OF_CANDIDATE: Final = (
    "card", "untold", "asked_near", "text_near", "asked_words", "text_words", "asked_share", "text_share", "likeness",
    "cover", "cover_asked", "cover_text", "rarest_missing", "margin", "gap_nearer", "gap_likelier", "rank", "score",
    "local", "named_national", "doubtful",
)  # fmt: skip
_OF_WRITTEN: Final = ("written_near", "written_margin")
_OF_QUESTION: Final = ("gap_near", "gap_likeness", "legal", "length", "named", "year", "story")
_BY_MEANING: Final = frozenset(
    {"asked_near", "text_near", "margin", "gap_nearer", "gap_near", "legal", "score", *_OF_WRITTEN}
)
_CROSSED: Final = (
    *(("card", one) for one in ("asked_near", "likeness", "cover", "asked_words", "text_near", "text_words")),
    *(("length", one) for one in ("cover", "likeness", "asked_near")),
    ("cover", "cover"),
    ("named_national", "asks_figure"),
    ("named_national", "asks_sum"),
    *(("untold", one) for one in ("asked_near", "likeness", "cover", "margin", "length", "asked_share")),
    *(("story", one) for one in ("asked_near", "likeness", "cover", "card")),
    *(("local", one) for one in ("asks_figure", "likeness", "cover", "asked_near", "asks_paper", "asks_present")),
)
_LACKS: Final = {demand: f"lacks_{demand.value}" for demand in HELD}
_PRODUCTS: Final = {f"{one}*{other}": (one, other) for one, other in _CROSSED}
FEATURES: Final = (
    *_OF_CANDIDATE,
    *_OF_WRITTEN,
    *_OF_QUESTION,
    *(f"asks_{demand.value}" for demand in Demand),
    *_LACKS.values(),
    *_PRODUCTS,
)
"""The columns of a row of evidence, in order."""
WORDS_ONLY: Final = np.asarray([not _BY_MEANING & set(name.split("*")) for name in FEATURES])
"""The columns that stand without a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question: its words, the same without its place, that place or the caller's, and its day.

    `named` of a place whose own rules are asked for.
    """

    query: str
    bare: str
    region: str | None
    named: bool
    on: date
    vector: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Candidates with their rows; `ranked` is everything that was looked at, `vector` the question's."""

    entries: tuple[int, ...]
    rows: Row
    ranked: Sequence[Ranked]
    vector: Vector | None


@dataclass(frozen=True, slots=True)
class Ways:
    """How some cards are asked for, in pairs of characters: each way by itself, and all of them in one text."""

    each: tuple[frozenset[str], ...]
    together: frozenset[str]


class Witness:
    """Gathers evidence from one index."""

    def __init__(self, searcher: Searcher, calibration: Calibration) -> None:
        self._searcher = searcher
        self._index: Index = searcher.index
        self._calibration = calibration
        self.cited: Mapping[int, tuple[int, ...]] = self._links()
        """Which clauses a card rests on, as far as they are in the index."""
        self._citing: dict[int, list[int]] = {}
        for card, clauses in self.cited.items():
            for clause in clauses:
                self._citing.setdefault(clause, []).append(card)
        self._tokens = lru_cache(maxsize=8192)(self._tokens_of)
        self._ways = lru_cache(maxsize=8192)(self._ways_of)

    def _links(self) -> Mapping[int, tuple[int, ...]]:
        links: Mapping[str, Sequence[str | None]] = self._index.manifest["links"]
        found = {}
        for number, card in enumerate(self._index.cards):
            entries = (self._index.entry_of(link) for link in links.get(card.id, ()) if link)
            found[self._index.passages + number] = tuple(entry for entry in entries if entry is not None)
        return found

    def weigh(self, asked: Asked, *, count: int = 0, without: Collection[int] = ()) -> Evidence:
        """Return the cards and clauses that might answer, each with what speaks for it.

        `count` more are looked at than are judged; `without` are entries to be passed over as if they were not there.
        """
        mask = self._searcher.scope(region=asked.region, on=asked.on)
        if without:
            mask = mask.copy()
            mask[list(without)] = False
        ranked = self._searcher.rank(
            Wanted(query=asked.query, on=asked.on, mask=mask, vector=asked.vector, count=_LOOK_AT + count)
        )
        cards = sorted((r for r in ranked if self._index.is_card(r.entry)), key=lambda r: (-r.cosine, -r.words))
        gaps = [r for r in cards if self._index.card(r.entry).gap]
        answering = [r.entry for r in cards if not self._index.card(r.entry).gap][:_CARDS]
        clauses = [r.entry for r in ranked if not self._index.is_card(r.entry)][:_CLAUSES]
        cited = [clause for card in answering[:_CITED_BY] for clause in self.cited[card] if mask[clause]]
        if asks_to_foretell(asked.query) or names_another_text(asked.query, self._index.documents):
            answering, clauses, cited = [], [], []
        contact = Demand.CONTACT in demanded(asked.query)
        considered = dict.fromkeys((*answering, *clauses, *cited))
        entries = tuple(e for e in considered if self._can_answer(e, asked, asks_contact=contact))
        table = _Table(self, asked, mask=mask, entries=entries, ranked=ranked, gaps=gaps)
        rows = np.asarray([table.row(entry) for entry in entries], np.float64).reshape(len(entries), len(FEATURES))
        return Evidence(entries=entries, rows=rows, ranked=ranked, vector=asked.vector)

    def _can_answer(self, entry: int, asked: Asked, *, asks_contact: bool) -> bool:
        """Tell whether an entry may be considered at all: a contact where one is asked for, a plan of the year named."""
        said = self.said(entry)
        if asks_contact and not holds(Demand.CONTACT, said):
            return False
        return not of_another_year(asked.query, said, self.documents(entry))

    def said(self, entry: int) -> str:
        """Return the words that an entry would answer with."""
        return self._index.card(entry).answer if self._index.is_card(entry) else self._index.clause(entry).text

    def documents(self, entry: int) -> Sequence[Document]:
        """Return the documents that an entry speaks for."""
        if self._index.is_card(entry):
            return [reference.document for reference in self._index.card(entry).references]
        return [self._index.document_of(entry)]

    def is_doubtful(self, entry: int, on: date) -> bool:
        """Tell whether anything that an entry speaks for is not known to be in force on that day."""
        if self._index.is_card(entry):
            parts = [(reference.document, reference.clause) for reference in self._index.card(entry).references]
        else:
            parts = [(self._index.document_of(entry), self._index.clause(entry).mark)]
        return any(document.standing_of(mark, on) is not Standing.IN_FORCE for document, mark in parts)

    def region(self, entry: int) -> str:
        """Return the place whose rule an entry tells."""
        return self._index.card(entry).region if self._index.is_card(entry) else self._index.document_of(entry).region

    @property
    def index(self) -> Index:
        """Return what is searched."""
        return self._index

    @property
    def calibration(self) -> Calibration:
        """Return the scales of nearness."""
        return self._calibration

    def citing(self, clause: int) -> Sequence[int]:
        """Return the cards that rest on a clause."""
        return self._citing.get(clause, ())

    def tokens(self, entry: int) -> frozenset[str]:
        """Return the pairs of characters of a card's answer, or of a clause with its title and headings."""
        return self._tokens(entry)

    def _tokens_of(self, entry: int) -> frozenset[str]:
        if self._index.is_card(entry):
            return bigrams(self._index.card(entry).answer)
        document, clause = self._index.document_of(entry), self._index.clause(entry)
        return bigrams(f"{plain_title(document.title)} {' '.join(clause.headings)} {clause.text}")

    def ways(self, *cards: int) -> Ways:
        """Return how these cards are asked for."""
        return self._ways(cards)

    def _ways_of(self, cards: Sequence[int]) -> Ways:
        questions = [question for card in cards for question in self._index.card(card).questions]
        return Ways(tuple(map(bigrams, questions)), bigrams(" ".join(questions)))


class _Table:
    """The rows of one question; what they share is worked out once."""

    def __init__(  # noqa: PLR0913 - one question's material, made in one place
        self,
        witness: Witness,
        asked: Asked,
        *,
        mask: NDArray[np.bool_],
        entries: Sequence[int],
        ranked: Sequence[Ranked],
        gaps: Sequence[Ranked],
    ) -> None:
        self._witness, self._asked, self._index = witness, asked, witness.index
        self._shown = {
            entry: [entry] if self._index.is_card(entry) else [c for c in witness.citing(entry) if mask[c]]
            for entry in entries
        }
        self._texts = {e: list(witness.cited[e]) if self._index.is_card(e) else [e] for e in entries}
        self._card_near = self._near({c for cards in self._shown.values() for c in cards}, of_cards=True)
        self._clause_near = self._near({c for clauses in self._texts.values() for c in clauses}, of_cards=False)
        self._written = self._near_of(
            {c for clauses in self._texts.values() for c in clauses}, witness.calibration.cards, field=ASKED
        )
        self._words = self._index.word_scores(asked.query)
        self._most_words = max(float(self._words.max(initial=0.0)), 1e-6)
        self._rarity = {token: self._index.rarity(token) for token in sorted(bigrams(asked.bare))}
        self._all_rarity = sum(self._rarity.values()) or 1.0
        self._full_words = _SATURATION * sum(map(self._index.rarity, tokenise(asked.query))) or 1.0
        self._places = {found.entry: place for place, found in enumerate(ranked)}
        self._scores = {found.entry: found.score for found in ranked}
        self._demands = demanded(asked.query)
        cards = witness.calibration.cards
        self._gap_near = max((cards.deviations(g.cosine) for g in gaps), default=_FAR) if self._by_meaning else _FAR
        self._asked_words = bigrams(asked.query)
        self._gap_likeness = max((shared(self._asked_words, witness.ways(g.entry).each) for g in gaps), default=0.0)
        self._of_question = {
            "gap_near": self._gap_near,
            "gap_likeness": self._gap_likeness,
            "legal": witness.calibration.legal_probability(asked.vector) or 0.0,
            "length": math.log1p(len(asked.bare)),
            "named": float(asked.named),
            "year": float(bool(years_in(asked.query, on=asked.on))),
            "story": float(not self._demands),
            **{f"asks_{demand.value}": float(demand in self._demands) for demand in Demand},
        }

    @property
    def _by_meaning(self) -> bool:
        return self._asked.vector is not None

    def _near(self, entries: set[int], *, of_cards: bool) -> Mapping[int, float]:
        calibration = self._witness.calibration
        return self._near_of(entries, calibration.cards if of_cards else calibration.clauses, field=PASSAGES)

    def _near_of(self, entries: set[int], scale: Accident, *, field: str) -> Mapping[int, float]:
        if self._asked.vector is None or not entries:
            return {}
        listed = np.asarray(sorted(entries), np.int32)
        cosines = self._index.cosines(self._asked.vector, listed, field=field)
        return {int(e): max(scale.deviations(float(c)), _FAR) for e, c in zip(listed, cosines, strict=True)}

    def row(self, entry: int) -> list[float]:
        """Return the figures of one candidate, in the order of FEATURES."""
        cards, clauses = self._shown[entry], self._texts[entry]
        is_card = self._index.is_card(entry)
        said = self._witness.said(entry)
        asked_near = max((self._card_near.get(card, _FAR) for card in cards), default=_FAR)
        asked_words = max((float(self._words[card]) for card in cards), default=0.0)
        # Where the text a card rests on was not taken in, the card speaks for it.
        text_near = max((self._clause_near.get(clause, _FAR) for clause in clauses), default=asked_near)
        text_words = max((float(self._words[clause]) for clause in clauses), default=asked_words)
        written = max((self._written.get(clause, _FAR) for clause in clauses), default=asked_near)
        ways = self._witness.ways(*cards)
        like = shared(self._asked_words, ways.each)
        of_text = self._witness.tokens(entry).union(*map(self._witness.tokens, clauses))
        of_either = ways.together | of_text
        national = self._witness.region(entry) == NATION
        figures = {
            "card": float(is_card),
            "untold": float(not clauses),
            "asked_near": asked_near,
            "text_near": text_near,
            "asked_words": asked_words / self._full_words,
            "text_words": text_words / self._full_words,
            "asked_share": asked_words / self._most_words,
            "text_share": text_words / self._most_words,
            "likeness": like,
            "cover": self._cover(of_either),
            "cover_asked": self._cover(ways.together),
            "cover_text": self._cover(of_text),
            "rarest_missing": max((r for t, r in self._rarity.items() if t not in of_either), default=0.0),
            "margin": asked_near - self._nearest_besides(entry) if is_card else -1.0,
            "written_near": written,
            "written_margin": written - max(self._written.values(), default=written),
            "gap_nearer": self._gap_near - asked_near,
            "gap_likelier": self._gap_likeness - like,
            "rank": math.log1p(self._places.get(entry, _UNRANKED)),
            "score": self._scores.get(entry, _NO_SCORE),
            "local": float(not national),
            "named_national": float(self._asked.named and national),
            "doubtful": float(self._witness.is_doubtful(entry, self._asked.on)),
            **self._of_question,
        }
        for demand, lacks in _LACKS.items():
            figures[lacks] = float(demand in self._demands and not holds(demand, said))
        for crossed, (one, other) in _PRODUCTS.items():
            figures[crossed] = figures[one] * figures[other]
        return [figures[name] for name in FEATURES]

    def _nearest_besides(self, card: int) -> float:
        return max((near for other, near in self._card_near.items() if other != card), default=_FAR)

    def _cover(self, tokens: frozenset[str]) -> float:
        return sum(rarity for token, rarity in self._rarity.items() if token in tokens) / self._all_rarity
