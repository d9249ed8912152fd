"""Keeps what was said before readable: every wording of every card that was ever part of an index, under its version."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from knowledge_base.cards import Card

_FOLDER: Final = Path("history") / "cards"
_LENGTH: Final = 16
_CARD: Final = TypeAdapter(Card)


def build_name(manifest: Mapping[str, object]) -> str:
    """Return the name of a build by what it was made from: the same sources answer the same."""
    return str(manifest["corpus"])[:12]


def card_version(card: Card) -> str:
    """Return a name for exactly this wording of a card."""
    return hashlib.sha256(_CARD.dump_json(card)).hexdigest()[:_LENGTH]


def keep_history(home: Path, cards: Sequence[Card]) -> None:
    """Keep these wordings, each once."""
    place = home / _FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for card in cards:
        file = place / f"{card_version(card)}.json"
        if not file.exists():
            write_whole(file, _CARD.dump_json(card))


def earlier_card(home: Path, version: str) -> Card | None:
    """Return a card in the wording of a version; None for an unknown one."""
    file = home / _FOLDER / f"{version}.json"
    if len(version) != _LENGTH or not version.isalnum() or not file.is_file():
        return None
    return _CARD.validate_json(file.read_bytes())


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, whatever happens meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)
