"""Chooses, among what the judge lets answer, what is said first and what of other places stands beside it.

The judge weighs what is alike; what he cannot see is who is speaking: a card written for a question is plainer than the
article it rests on, and the nation's rule is part of the answer to whoever is told a city's.
"""

from collections.abc import Iterator
from typing import Final

from knowledge_base.evidence import FEATURES, Asked, Evidence, Witness
from knowledge_base.judgement import Choice
from knowledge_base.placing import taken_out
from knowledge_base.search import Searcher
from knowledge_base.types import NATION

_NEAR_CITED: Final = 2.3
_NEAR: Final = 3.2
"""Spreads above accident from which a card is asked for in words like these: one that rests on the very clause, any."""
_ASKED_NEAR: Final = FEATURES.index("asked_near")


class Chooser:
    """Chooses among the entries of one index."""

    def __init__(self, searcher: Searcher, witness: Witness) -> None:
        self._searcher, self._index, self._witness = searcher, searcher.index, witness

    def best(self, choice: Choice, evidence: Evidence, asked: Asked) -> int:
        """Return what is said first: what names the place asked about, a fitting card before an extract, else the judge's."""
        likely = [entry for entry, odds in zip(choice.entries, choice.odds, strict=True) if odds > 0]
        place = taken_out(asked.query, asked.bare)
        if speaking := [entry for entry in likely if self._speaks_of(place, entry, asked)]:
            return next(filter(self._index.is_card, speaking), speaking[0])
        best = choice.entries[0]
        return best if self._index.is_card(best) else self._fitting_card(best, choice, evidence) or best

    def gives_way(self, best: int | None, asked: Asked) -> bool:
        """Tell whether what the caller's own place has to say must not stand before, or instead of, the nation's rule.

        So it is where its texts leave nothing to be said, and where all they have is an extract of one that is not
        known to be in force. Whoever names the place asks for its own rule.
        """
        if asked.named or not self._has_texts(asked):
            return False
        return best is None or self._is_doubtful(best, asked)

    def _has_texts(self, asked: Asked) -> bool:
        """Tell whether the caller's place has texts or cards of its own."""
        here, anywhere = (self._searcher.scope(region=region, on=asked.on) for region in (asked.region, None))
        return bool((here != anywhere).any())

    def _is_doubtful(self, entry: int, asked: Asked) -> bool:
        """Tell whether an entry is an extract of a local text that is not known to be in force."""
        if self._index.is_card(entry) or self._witness.region(entry) == NATION:
            return False
        return self._witness.is_doubtful(entry, asked.on)

    def beside(self, best: int, choice: Choice, asked: Asked) -> Iterator[int]:
        """Return what other places that the caller belongs to say of the same: one entry a place, the likeliest.

        A card names its counterparts, and so do the cards that rest on a clause for it. Where a clause answers,
        whatever else is likely to answer is one too. An extract that gave way to a card stands beside it.
        """
        ranks = {entry: rank for rank, entry in enumerate(choice.entries)}
        likely = [entry for entry, odds in zip(choice.entries, choice.odds, strict=True) if odds > 0]
        if self._index.is_card(best):
            speaking, others = [best], [entry for entry in likely[:1] if self._is_doubtful(entry, asked)]
        else:
            speaking, others = [card for card in self._witness.citing(best) if card in ranks], likely
        names = {name for card in speaking for name in self._index.card(card).beside}
        mask = self._searcher.scope(region=asked.region, on=asked.on)
        cards = range(self._index.passages, len(self._index))
        named = [entry for entry in cards if mask[entry] and self._index.card(entry).id in names]
        told = {self._witness.region(best)}
        by_rank = sorted({*others, *named}, key=lambda one: (ranks.get(one, len(ranks)), one))
        for entry in sorted(by_rank, key=lambda one: self._is_doubtful(one, asked)):
            place = self._witness.region(entry)
            if place not in told:
                told.add(place)
                yield entry

    def _speaks_of(self, place: str, entry: int, asked: Asked) -> bool:
        """Tell whether an entry of a wider place speaks of the very place that a question names."""
        return bool(place) and self._witness.region(entry) != asked.region and place in self._witness.said(entry)

    def _fitting_card(self, clause: int, choice: Choice, evidence: Evidence) -> int | None:
        """Return the card that was written for such a question, the likeliest; one that rests on the clause sooner."""
        near = dict(zip(evidence.entries, evidence.rows[:, _ASKED_NEAR].tolist(), strict=True))
        place = self._witness.region(clause)
        cards = (e for e in choice.entries if self._index.is_card(e) and self._witness.region(e) == place)
        needed = ((card, _NEAR_CITED if clause in self._witness.cited[card] else _NEAR) for card in cards)
        return next((card for card, least in needed if near[card] >= least), None)
