"""Finds the clauses that cards rest on among the ingested documents, and what of a card they still bear out."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from knowledge_base.cards import Card, Reference
from knowledge_base.corpus import Clause, Document, DocumentKind, passage_id, title_key
from knowledge_base.text import article_numbers, bigrams, normalise

_WORD: Final = re.compile(r"[^\W_]+")
_DIGEST_LENGTH: Final = 8
_SHARED: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where a reference was found among the ingested texts; None when its document is not there.

    With a fault, `reworded` is the document and the clause as they read now, if the clause is still there.
    """

    document: Document | None = None
    clause: Clause | None = None
    fault: str | None = None
    reworded: tuple[Document, Clause] | None = None


def clause_digest(text: str) -> str:
    """Return a short digest of what a clause says, deaf to punctuation and gaps, which repairs of a text may change."""
    words = "".join(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:_DIGEST_LENGTH]


class Library:
    """Finds the clause a card means among the ingested documents."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_title: dict[str, list[Document]] = {}
        self._by_number: dict[str, Document] = {}
        for document in documents:
            self._by_title.setdefault(title_key(document.title), []).append(document)
            if document.number and document.kind is DocumentKind.POLICY:
                self._by_number[document.number] = document
        for versions in self._by_title.values():
            versions.sort(key=lambda d: d.issued or date.min, reverse=True)

    def resolve(self, reference: Reference) -> Resolved:
        """Return the clause, or what is wrong with it; nothing at all when the document was not ingested.

        Only a version that is as new as the one the card was written from can prove the card wrong; an older one, or
        a collection without dates, can only supply the words.
        """
        missing, changed, reworded = None, None, None
        for document in self._candidates(reference.document):
            clause = next((c for c in document.clauses if c.mark == reference.mark), None)
            lost = _lost(reference, clause) if clause else []
            proves = _as_new(document, reference.document)
            differs = bool(clause and proves and reference.digest and clause_digest(clause.text) != reference.digest)
            if clause and not lost and not differs:
                return Resolved(document=document, clause=clause)
            if not proves:
                continue
            if clause:
                fault = f"里已经没有“{'”“'.join(lost)}”" if lost else "的文字和写这张卡时不一样了"
                changed = changed or f"{_called(document)}{clause.mark}{fault}"
                reworded = reworded or (document, clause)
            elif _should_have(document, reference.mark):
                missing = missing or f"{_called(document)}里没有{reference.mark}了"
        return Resolved(fault=changed or missing, reworded=reworded)

    def quoting(self, card: Card) -> Card | None:
        """Return a card whose clauses were reworded as one that gives a clause itself; None where they are not about it.

        People go on asking in the same words, and the text answers them until somebody has read the card anew.
        """
        found = [self.resolve(reference) for reference in card.references]
        faulty = [one for one in found if one.fault]
        if not faulty or not all(one.reworded and _is_about(card, one.reworded[1]) for one in faulty):
            return None
        held = [one.reworded or (one.document, one.clause) for one in found]
        clauses = [(document, clause) for document, clause in held if document and clause]
        text = "\n".join(clause.text for _, clause in clauses)
        return replace(card, answer=text, quotes=tuple(passage_id(*one) for one in clauses), beside=())

    def while_sources_last(self, card: Card) -> Card:
        """Return the card for as long as all its sources hold: from the last that began until the first that ends."""
        found = [self.resolve(reference) for reference in card.references]
        held = [one.reworded[0] if one.reworded else one.document for one in found]
        documents = [d for d in (*(r.document for r in card.references), *held) if d]
        begins = [begin for d in documents if (begin := d.effective_from or d.issued)]
        ends = [end for d in documents if (end := d.superseded_from)]
        return replace(
            card,
            valid_from=max([*begins, *filter(None, [card.valid_from])], default=None),
            valid_to=min([*ends, *filter(None, [card.valid_to])], default=None),
        )

    def cited(self, reference: Reference) -> Clause | None:
        """Return the clause in the very version the card cites, whatever it says; None where that is not at hand."""
        wanted = reference.document
        held = (d for d in self._candidates(wanted) if d.issued and d.issued == wanted.issued)
        return next((c for d in held for c in d.clauses if c.mark == reference.mark), None)

    def _candidates(self, wanted: Document) -> Sequence[Document]:
        if wanted.number and (found := self._by_number.get(wanted.number)):
            return (found,)
        versions = self._by_title.get(title_key(wanted.title), [])
        if wanted.kind is DocumentKind.POLICY:
            return [d for d in versions if d.region == wanted.region]
        same = [d for d in versions if d.issued == wanted.issued]
        return same or versions


def _called(document: Document) -> str:
    edition = f"（{document.issued.isoformat()}）" if document.issued else ""
    return f"《{document.title.strip('《》')}》{edition}"


def _lost(reference: Reference, clause: Clause) -> list[str]:
    text = normalise("\n".join((*clause.headings, clause.text)))  # a plan may print its dates in a heading
    return [words for words in reference.has if normalise(words) not in text]


def _is_about(card: Card, clause: Clause) -> bool:
    """Tell whether a clause still speaks of what a card does: after a renumbering another may stand in its place.

    Nine in ten cards share a fifth of their words with a clause they cite, one in twenty with another of the same law.
    """
    text = bigrams(clause.text)
    words = bigrams(" ".join((card.answer, *card.questions, *(words for r in card.references for words in r.has))))
    return len(words & text) >= _SHARED * min(len(words), len(text))


def _should_have(document: Document, mark: str) -> bool:
    """Tell a clause that is gone from one that belongs to another book of the same code."""
    wanted = article_numbers(mark)
    if not wanted:
        return True
    held = [number for clause in document.clauses for number in article_numbers(clause.mark)]
    return bool(held) and min(held) <= wanted[0] <= max(held)


def _as_new(document: Document, wanted: Document) -> bool:
    return document.issued is not None and (wanted.issued is None or document.issued >= wanted.issued)
