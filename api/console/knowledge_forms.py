"""Reads what staff write about cards and texts from plain fields, and writes it back into them."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from api.console.forms import Form, FormRefused
from knowledge_base.drafts import CardDraft, Particulars, SourceDraft
from knowledge_base.types import NATION

_SPLIT: Final = re.compile(r"[｜|]")
_CODES: Final = re.compile(r"[\s,，、;；]+")
_COLON: Final = re.compile(r"[:：]")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_MOST_KEY: Final = 50
_CARD_FIELDS: Final = ("questions", "answer", "sources", "matters", "region", "valid_from", "valid_to")


def key_of(form: Form) -> str:
    """Return a key for a card that its writer gave none, made of its first question."""
    asked = (*form.lines("questions"), "")[0]
    return f"desk.{hashlib.sha256(asked.encode()).hexdigest()[:8]}"


def fits(key: str) -> bool:
    """Tell whether a card may have this key."""
    return len(key) <= _MOST_KEY and _KEY.fullmatch(key) is not None


def typed(form: Form) -> dict[str, str]:
    """Return what somebody typed, to be shown again as it was."""
    return {name: form[name] for name in _CARD_FIELDS}


def card_of(form: Form, *, key: str) -> CardDraft:
    """Return the card a form describes. Raises FormRefused."""
    return CardDraft(
        id=key,
        questions=form.lines("questions"),
        answer="".join(form["answer"].split()),
        sources=tuple(source_of(line) for line in form.lines("sources")),
        matters=tuple(code for code in _CODES.split(form["matters"]) if code),
        region=_region(form),
        valid_from=_day(form, "valid_from"),
        valid_to=_day(form, "valid_to"),
    )


def particulars_of(form: Form) -> Particulars:
    """Return what a form says about a text. Raises FormRefused."""
    return Particulars(
        title=form["title"].strip(),
        number=form["number"].strip() or None,
        issuer=form["issuer"].strip() or None,
        region=_region(form),
        issued=_day(form, "issued"),
        published=_day(form, "published"),
        effective_from=_day(form, "effective_from"),
        plan_end=_day(form, "plan_end"),
        valid_to=_day(form, "valid_to"),
        document=form["document"].strip() or None,
    )


def source_of(line: str) -> SourceDraft:
    """Read one source: 《法律援助法》第四十二条第三项：进城务工人员｜免予核查."""
    title, rest = _titled(line.strip())
    clause, *words = _COLON.split(rest, maxsplit=1)
    said = tuple(part.strip() for part in _SPLIT.split(words[0]) if part.strip()) if words else ()
    return SourceDraft(document=title, clause=clause.strip(), words=said)


def source_line(source: SourceDraft) -> str:
    """Write a source as a person would."""
    return f"《{source.document.strip('《》')}》{source.clause}：{'｜'.join(source.words)}"


def lines(values: Sequence[str]) -> str:
    """Return values as the lines of a field."""
    return "\n".join(values)


def _titled(line: str) -> tuple[str, str]:
    """Part a title from what follows; titles hold titles: 《关于适用《民法典》的解释》."""
    depth = 0
    for at, character in enumerate(line):
        depth += {"《": 1, "》": -1}.get(character, 0)
        if depth == 0 and character == "》":
            return line[1:at], line[at + 1 :]
    return line, ""


def _region(form: Form) -> str:
    return form["region"].strip().upper()[:6] or NATION


def _day(form: Form, name: str) -> date | None:
    if not form[name].strip():
        return None
    try:
        return date.fromisoformat(form[name].strip())
    except ValueError as unreadable:
        raise FormRefused("form_malformed") from unreadable
