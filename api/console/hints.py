"""What stands beside a call's notes, in words: danger, what to ask next, sources, time limits. Templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.console import labels
from api.console.alerts import safety_words
from api.console.retriaging import matter_choices
from api.console.views import Pair, VerdictView, Words, cite
from api.services.call_ports import Ear
from api.services.listening import MATTER, Hints, leading
from api.services.records import JsonObject
from api.services.verdicts import citation_json, facts_json, record_json
from knowledge_base.types import Answer, FactType, NoAnswer, NoAnswerReason, Question, Urgency

_FEW: Final = 6
"""As many options stand side by side; more are a list."""
_LONGEST: Final = 160
_SILENT: Final = {
    NoAnswerReason.OFF_TOPIC: "这一句不像法律问题，没有查。",
    NoAnswerReason.NOT_IN_DOCUMENTS: "资料里没有写。不要凭印象答，可以约好核实以后回电。",
}
_BROKEN: Final = "资料库暂时打不开。可以照常记录，答复请先核实。"
_YES_NO: Final = (("true", "是"), ("false", "否"))
_NOW: Final = (
    "先问来电人现在安不安全。正有人受害的，请对方马上拨打 110，要救人拨打 120；不方便说话的，挂断以后发短信报警。"
)
_SOON: Final = "期限或者人身自由等不得：今天之内要有人接着办。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option of a question; `told` where the notes say so already."""

    value: str
    title: str
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AskView:
    """The next question of the pre-screen."""

    fact: str
    text: str
    why: str
    choices: tuple[Choice, ...]
    listed: bool
    """Too many options to stand side by side."""
    told: str
    """What the notes say already, for an answer that is typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredView:
    """One answer that was taken down."""

    fact: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """Words and where they stand."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HintsView:
    """Everything beside the notes."""

    danger: str
    now: bool
    """Somebody is in danger this minute."""
    advice: str
    startling: tuple[tuple[str, str], ...]
    """Sentences that tell of danger, and of which."""
    matters: tuple[Choice, ...]
    matter_known: bool
    ask: AskView | None
    answered: tuple[AnsweredView, ...]
    heard: tuple[Pair, ...]
    """Told, and not taken down as an answer yet."""
    verdict: VerdictView | None
    documents: tuple[str, ...]
    flags: tuple[str, ...]
    query: str
    sources: tuple[SourceView, ...]
    silent: str


class HintWords:
    """Turns hints into words."""

    def __init__(self, *, words: Words, ear: Ear) -> None:
        self._words = words
        self._ear = ear
        self._matters = matter_choices(ear.topics)

    def view(self, hints: Hints, *, facts: JsonObject) -> HintsView:
        """Return hints as the page shows them."""
        verdict, finding = hints.verdict, hints.finding
        now = finding.urgency is Urgency.S0 and bool(finding.kinds)
        suggested = leading(hints.triage)
        return HintsView(
            danger=safety_words(",".join(finding.kinds)) if finding.kinds else "",
            now=now,
            advice=_NOW if now else _SOON if finding.urgency is Urgency.S1 else "",
            startling=tuple((one.text, safety_words(",".join(one.kinds))) for one in hints.startling),
            matters=self._choices(str(facts.get(MATTER) or suggested or "")),
            matter_known=MATTER in facts,
            ask=self._ask(verdict.next_question, hints) if verdict and verdict.next_question else None,
            answered=tuple(
                AnsweredView(fact=fact, question=pair.question, answer=pair.answer)
                for fact, pair in zip(facts, self._words.facts(facts), strict=True)
                if fact != MATTER
            ),
            heard=self._words.facts(
                facts_json({fact: value for fact, value in hints.told.items() if fact not in facts})
            ),
            verdict=self._words.verdict(record_json(verdict)) if verdict else None,
            documents=verdict.documents if verdict else (),
            flags=tuple(labels.FLAG.get(flag, flag) for flag in verdict.flags) if verdict else (),
            query=hints.query,
            sources=_sources(hints),
            silent=_silence(hints),
        )

    def _choices(self, chosen: str) -> tuple[Choice, ...]:
        return tuple(Choice(value=code, title=title, told=code == chosen) for code, title in self._matters)

    def _ask(self, question: Question, hints: Hints) -> AskView | None:
        if question.fact == MATTER:
            return None  # what the matter is stands above, always
        told = facts_json(hints.told)
        said = told.get(question.fact)
        options = [(str(option.value), option.title) for option in question.options]
        if question.type is FactType.BOOL:
            named: Mapping[str, str] = {value.lower(): title for value, title in options}
            options = [(value, named.get(value, title)) for value, title in _YES_NO]
            said = None if said is None else str(said).lower()
        return AskView(
            fact=question.fact,
            text=question.text,
            why=question.why,
            choices=tuple(Choice(value=value, title=title, told=value == said) for value, title in options),
            listed=len(options) > _FEW,
            told="" if said is None or options else str(said),
        )


def _sources(hints: Hints) -> tuple[SourceView, ...]:
    found: list[SourceView] = []
    answer = hints.answer
    if isinstance(answer, Answer):
        found += [
            SourceView(text=one.text, cites=tuple(cite(citation_json(each)) for each in one.citations))
            for one in (answer, *answer.beside)
        ]
    found += [
        SourceView(text=_short(hit.passage.text), cites=(cite(citation_json(hit.passage.citation)),))
        for hit in hints.hits
    ]
    return tuple(found)


def _silence(hints: Hints) -> str:
    if hints.unavailable:
        return _BROKEN
    return _SILENT[hints.answer.reason] if isinstance(hints.answer, NoAnswer) else ""


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
