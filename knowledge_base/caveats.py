"""Says why the words of a text may no longer hold, in sentences for the caller."""

from collections.abc import Iterable
from datetime import date
from typing import assert_never

from knowledge_base.corpus import Document, plain_title
from knowledge_base.types import Standing


def caveats(parts: Iterable[tuple[Document, str]], on: date) -> tuple[str, ...]:
    """Say, once for each, why the words of a text, or of one article that changed while the others hold, may not hold.

    A part is a document and the mark of a clause in it.
    """
    found = dict.fromkeys(filter(None, (_caveat(document, mark, on) for document, mark in parts)))
    return tuple(found)


def of_the_mainland(place: str) -> str:
    """Say to a caller from a place with a law of its own whose rule they were told."""
    return f"这是内地的规定。{place}有自己的法律，那里的事怎么办，请向当地问清楚。"


def _caveat(document: Document, mark: str, on: date) -> str | None:
    title = plain_title(document.title)
    standing = document.standing_of(mark, on)
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
            article = mark if document.standing(on) is Standing.IN_FORCE else ""
            return f"《{title}》{article}现在是否仍然照此执行，资料里没有写明，请工作人员核实。"
        case _:
            assert_never(standing)
