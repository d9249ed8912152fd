"""Tells what the library holds, card by card and text by text, and how each of them serves now (书架)."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from knowledge_base import curated
from knowledge_base.cards import Card, load_cards
from knowledge_base.corpus import Document, plain_title
from knowledge_base.drafts import Kept, KeptAs, Shelf
from knowledge_base.index import Index
from knowledge_base.types import NATION, Standing
from knowledge_base.wordings import build_name


def read_shelf(home: Path, index: Index, *, on: date, waiting: bool) -> Shelf:
    """Return everything an index holds and everything that lies among the office's files, each thing once."""
    manifest = index.manifest
    faults: Mapping[str, str] = manifest["stale_cards"]
    cards = {
        card.id: replace(_card(card, state=_state(card, on=on)), standing=_rests_on(card, index, on=on))
        for card in index.cards
    }
    cards |= {card.id: _card(card, state=KeptAs.SET_ASIDE) for card in _set_aside(faults.keys() - cards.keys())}
    texts = {document.id: _text(document, on=on) for document in _ordered(index.documents)}
    for filed in curated.listing(home):
        state = KeptAs.SET_ASIDE if faults.keys() & {filed.key, filed.file} else filed.state
        if filed.kind == curated.CARD:
            held = cards.get(filed.key)
            cards[filed.key] = replace(held, file=filed.file) if held else replace(filed, state=state)
        elif known := texts.get(filed.document or ""):
            texts[str(known.document)] = replace(known, key=filed.key, file=filed.file)
        else:
            texts[filed.key] = replace(filed, state=state)
    return Shelf(
        build=build_name(manifest),
        kept=(*cards.values(), *texts.values()),
        faults=tuple(faults.items()),
        absent=tuple(dict.fromkeys(_absent(index.cards, manifest["links"]))),
        waiting=waiting,
    )


def _set_aside(names: AbstractSet[str]) -> Sequence[Card]:
    """Return those of our cards that no longer answer: somebody has to read them anew."""
    return [card for card in load_cards().cards if card.id in names] if names else []


def _card(card: Card, *, state: KeptAs) -> Kept:
    asked, *also = card.questions
    return Kept(kind=curated.CARD, key=card.id, title=asked, also=tuple(also), region=card.region, state=state)


def _state(card: Card, *, on: date) -> KeptAs:
    if card.gap:
        return KeptAs.SILENT
    if card.valid_to is not None and card.valid_to <= on:
        return KeptAs.ENDED
    return KeptAs.QUOTED if card.quotes else KeptAs.IN_USE


def _rests_on(card: Card, index: Index, *, on: date) -> Standing | None:
    """Return what has become of the first of a card's texts that has ended."""
    entries = (index.entry_of(link) for link in index.manifest["links"].get(card.id, ()) if link)
    found = (index.document_of(entry).standing(on) for entry in entries if entry is not None)
    return next((one for one in found if one in {Standing.SUPERSEDED, Standing.PLAN_ENDED}), None)


def _text(document: Document, *, on: date) -> Kept:
    standing = document.standing(on)
    return Kept(
        kind=curated.DOCUMENT,
        key="",
        title=document.title,
        number=document.number,
        issued=document.issued,
        region=document.region,
        document=document.id,
        standing=standing,
        state=KeptAs.ENDED if standing is Standing.SUPERSEDED else KeptAs.IN_USE,
    )


def _ordered(documents: Sequence[Document]) -> list[Document]:
    """Put the nation's texts first, and the newest edition of a text first."""
    newest = sorted(documents, key=lambda d: d.day or date.min, reverse=True)
    return sorted(newest, key=lambda d: (d.region != NATION, d.region, plain_title(d.title)))


def _absent(cards: Sequence[Card], links: Mapping[str, Any]) -> Iterator[str]:
    for card in cards:
        for reference, link in zip(card.references, links.get(card.id, ()), strict=False):
            if link is None and not card.gap:
                yield reference.document.title
