"""Whether the knowledge base finds the right clause, and keeps silent where the documents do (held-out questions)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from knowledge_base.types import Answer, Citation, Hit, NoAnswer
from tests.evaluation.safety import read

FOLDER = Path(__file__).resolve().parent
ELSEWHERE = ("610100", "231000", "320400", "640100")
"""西安 has no document of its own here; 牡丹江, 常州 and 银川 have. None may take an answer of national law away."""


class Knowledge(Protocol):
    """The part of the knowledge base that is judged."""

    def search(self, query: str, *, region: str | None, on: date, k: int = 5) -> tuple[Hit, ...]:
        """Return the best passages."""

    def ask(self, query: str, *, region: str | None, on: date) -> Answer | NoAnswer:
        """Answer or keep silent."""


@dataclass(slots=True, kw_only=True)
class AnswerReport:
    """Counts over both files; right means right clause and every figure the note asks for."""

    answerable: int = 0
    found_at_3: int = 0
    answered: int = 0
    right_clause: int = 0
    right_words: int = 0
    unanswerable: int = 0
    abstained: Counter[str] = field(default_factory=Counter)
    families: Counter[str] = field(default_factory=Counter)
    placeless: int = 0
    silent_elsewhere: Counter[str] = field(default_factory=Counter)
    displaced_elsewhere: Counter[str] = field(default_factory=Counter)
    """The right clause is no longer said first."""
    misses: list[str] = field(default_factory=list)
    overreach: list[str] = field(default_factory=list)


def fold(text: str) -> str:
    """Compare as the README of the sets says: NFKC, no spaces, no title marks, no state name."""
    return re.sub(r"[\s《》]|中华人民共和国", "", unicodedata.normalize("NFKC", text))


def cites(citation: Citation, gold: Sequence[dict[str, str]]) -> bool:
    """Tell whether a citation names one of the gold clauses or a finer one inside it."""
    title, clause = fold(citation.document), fold(citation.clause)
    return any(_same_document(fold(one["document"]), title) and fold(one["clause"]) in clause for one in gold)


def _right(answer: Answer | NoAnswer, gold: Sequence[dict[str, str]]) -> bool:
    """Tell whether what is said first cites a gold clause."""
    return isinstance(answer, Answer) and any(cites(citation, gold) for citation in answer.citations)


def _same_document(wanted: str, title: str) -> bool:
    """Tell whether a fragment names this title; an Act is not its regulations or the interpretation that names it."""
    if wanted not in title:
        return False
    return all(word in wanted for word in ("条例", "解释", "规定") if word in title)


def evaluate(knowledge: Knowledge, *, on: date, folder: Path = FOLDER, sets: str = "") -> AnswerReport:
    """Ask every held-out question of two files, whose names begin with `sets`; what is asked of no place, elsewhere too."""
    report = AnswerReport()
    for line in read(folder, f"{sets}answerable.jsonl"):
        query, region = str(line["query"]), line["region"]
        place = None if region is None else str(region)
        gold, words = line["gold"], line["must_contain"]
        if not isinstance(gold, list) or not isinstance(words, list):
            raise TypeError(line["id"])
        report.answerable += 1
        hits = knowledge.search(query, region=place, on=on, k=3)
        report.found_at_3 += any(cites(hit.passage.citation, gold) for hit in hits)
        answer = knowledge.ask(query, region=place, on=on)
        if isinstance(answer, NoAnswer):
            report.misses.append(f"{line['id']} silent: {query}")
            continue
        report.answered += 1
        right = _right(answer, gold)
        if place is None:
            report.placeless += 1
            for other in ELSEWHERE:
                there = knowledge.ask(query, region=other, on=on)
                silent = isinstance(there, NoAnswer)
                report.silent_elsewhere[other] += silent
                report.displaced_elsewhere[other] += right and not silent and not _right(there, gold)
        said = fold(answer.text + "".join(citation.quote or "" for citation in answer.citations))
        report.right_clause += right
        report.right_words += right and all(fold(str(word)) in said for word in words)
        if not right:
            cited = "; ".join(f"{c.document} {c.clause}" for c in answer.citations)
            report.misses.append(f"{line['id']} cites {cited}: {query}")
    for line in read(folder, f"{sets}unanswerable.jsonl"):
        query, region = str(line["query"]), line["region"]
        family = str(line["family"])
        report.unanswerable += 1
        report.families[family] += 1
        answer = knowledge.ask(query, region=None if region is None else str(region), on=on)
        if isinstance(answer, NoAnswer):
            report.abstained[family] += 1
        else:
            report.overreach.append(f"{line['id']} {family}: {query} -> {answer.text[:60]}")
    return report


def lines(report: AnswerReport) -> Iterable[str]:
    """Say what was counted."""
    n = report.answerable
    yield f"answerable {n}: clause among the first three passages {report.found_at_3 / n:.1%} (aim 90 %)"
    yield (
        f"  answered {report.answered / n:.1%}, citing the right clause {report.right_clause / n:.1%}, "
        f"with every figure {report.right_words / n:.1%}"
    )
    there = ", ".join(
        f"{place} {report.silent_elsewhere[place]} silent, {report.displaced_elsewhere[place]} no longer first"
        for place in ELSEWHERE
    )
    yield f"  answered without a place {report.placeless}, of those once the caller is elsewhere: {there}"
    silent = report.abstained.total()
    yield f"unanswerable {report.unanswerable}: kept silent {silent / report.unanswerable:.1%} (aim 95 %)"
    for family, count in sorted(report.families.items()):
        yield f"  {family:<16}{report.abstained[family]}/{count}"
