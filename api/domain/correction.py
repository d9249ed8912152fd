"""改判: what staff say a pre-screen should have come to, and why, so that the rules can learn from it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from knowledge_base.types import Outcome

WHY_LIMIT: Final = 500
_ARTICLE_LIMIT: Final = 100
_ARTICLE: Final = re.compile(
    r"《([^《》]{2,60})》第[零〇一二两三四五六七八九十百千]{1,9}条(?:[第之款项、，零〇一二两三四五六七八九十百千]{0,20})"
)

Cites = Callable[[str], bool]
"""Tells whether the rulebook rests on a text of this title."""


class Ground(StrEnum):
    """What was wrong. The list is closed, because it leaves the vault with the case."""

    RULE_MISSING = "rule_missing"
    RULE_WRONG = "rule_wrong"
    LOCAL_RULE = "local_rule"
    FACT_MISHEARD = "fact_misheard"
    LAW_CHANGED = "law_changed"


class CorrectionRefused(Exception):
    """The correction cannot be kept as it is; `field` says where."""

    def __init__(self, code: str, *, field: str) -> None:
        """Keep the stable code: `correction_same`, `correction_why_empty`, `correction_too_long`, `article_malformed`, `article_unknown`."""
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One correction. `why` is in staff's own words and stays sealed; the rest names nobody."""

    was: Outcome
    outcome: Outcome
    ground: Ground
    article: str | None = None
    """The law it goes by, one that the rulebook knows, so that no name can stand in it: 《…》第…条."""
    why: str = field(default="", repr=False)


def corrected(  # noqa: PLR0913 - keyword-only
    *, was: Outcome, outcome: Outcome, ground: Ground, article: str, why: str, cites: Cites
) -> Correction:
    """Return a correction of a pre-screen. Raises CorrectionRefused."""
    why, article = why.strip(), article.strip()
    if outcome is was:
        raise CorrectionRefused("correction_same", field="outcome")
    if not why:
        raise CorrectionRefused("correction_why_empty", field="why")
    if len(why) > WHY_LIMIT:
        raise CorrectionRefused("correction_too_long", field="why")
    if article:
        named = _ARTICLE.fullmatch(article) if len(article) <= _ARTICLE_LIMIT else None
        if named is None:
            raise CorrectionRefused("article_malformed", field="article")
        if not cites(named[1]):
            raise CorrectionRefused("article_unknown", field="article")
    return Correction(was=was, outcome=outcome, ground=ground, article=article or None, why=why)
