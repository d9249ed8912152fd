"""Below which probability a question may be called none of our business: a sweep over our own questions, not a held-out set."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

QUESTIONS: Final = Path(__file__).resolve().parents[2] / "nlu_data" / "answers"
LINES: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
_OFF_TOPIC: Final = "off_topic"
_EITHER: Final = frozenset({"other_subject"})
"""Tax, visas, patents: law to some, and whoever asks is not wronged by either answer."""


def sweep(probability: Callable[[str], float | None], *, folder: Path = QUESTIONS) -> Iterator[str]:
    """Say for each line how many would be turned away: of those who ask about law, and of those who do not.

    `probability` is that a question is for this service, None where no model can tell.
    """
    law, strangers = [], []
    for name in ("answerable.jsonl", "unanswerable.jsonl"):
        for row in map(json.loads, (folder / name).read_text(encoding="utf-8").splitlines()):
            family = row.get("family")
            if family in _EITHER:
                continue
            found = probability(str(row["query"]))
            if found is None:
                yield "no model of meaning here: by words alone there is no such line"
                return
            (strangers if family == _OFF_TOPIC else law).append(found)
    for line in LINES:
        wronged, caught = (sum(one < line for one in some) for some in (law, strangers))
        yield f"below {line:.2f}: turned away {wronged}/{len(law)} who ask about law, {caught}/{len(strangers)} who do not"
