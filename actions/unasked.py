"""Keeps what a story told of the pre-screen before it asked, and lays it beside the answers of the matter it was told of (未问先说)."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from actions.facts import to_json
from actions.matters import MATTER, is_service
from actions.services import Services
from actions.turn import with_extra
from actions.wire import Choice
from api.domain.clocks import CHINA
from api.services.records import DialogueState
from knowledge_base.told import PLACE, UNDER
from knowledge_base.types import Facts, FactValue
from knowledge_base.unasked import COMPANY, EMPLOYER, KIND, PERSON

OWN_MATTER: Final = Choice(payload={KIND: PERSON}, wording="own_matter")
"""For whoever was taken for a company and asks for themselves."""
_KEPT: Final = "unasked"
_ORDER: Final = "order"
_NO_MATTER: Final = ""
"""What was told before any matter was known belongs to whichever comes."""


def noted(
    state: DialogueState, text: str, code: str | None, services: Services, /, *, beside: Facts = MappingProxyType({})
) -> DialogueState:
    """Keep what a message tells of a matter; `beside` is what triage heard of whoever speaks."""
    told = {**beside, **services.unasked.of(text, on=services.clock().astimezone(CHINA).date())}
    place = services.region_in(text)
    if place is not None and services.unasked.tells_the_place(text):
        told = {**told, PLACE: place}
    if not told:
        return state
    kept = _kept(state)
    if told.get(KIND) == PERSON:
        # Whoever asks for themselves after all takes back what was heard anywhere; a person is presumed as it is.
        kept = {about: _without_kind(facts) for about, facts in kept.items()}
        told = _without_kind(told)
    # Who asks is the same in every matter that can be theirs; how many share a trouble is of that trouble. What is told
    # beside a question about the way is of the matter that the way is for.
    code = None if code is None or is_service(code) else code
    for fact, value in told.items():
        about = _NO_MATTER if fact in services.unasked.shared else code or _NO_MATTER
        kept = {**kept, about: {**kept.get(about, {}), fact: value}}
    return with_extra(state, **{_KEPT: kept})


def put_right(state: DialogueState, text: str, services: Services, /) -> DialogueState:
    """Return the memory with what a correction changes of what was told of the matter at hand, or of whoever speaks."""
    kept, on = _kept(state), services.clock().astimezone(CHINA).date()
    for about in _abouts(state):
        told = kept.get(about, {})
        kept = {**kept, about: {**told, **services.unasked.put_right(text, told, on=on)}}
    return placed(with_extra(state, **{_KEPT: kept}), services)


def replaced(state: DialogueState, fact: str, value: FactValue, services: Services, /) -> DialogueState:
    """Return the memory with another value for a fact that was told, wherever it was kept."""
    kept, before = _kept(state), state.facts[fact]
    for about in _abouts(state):
        told = kept.get(about, {})
        found = [name for name in UNDER.get(fact, (fact,)) if told.get(name) == before]
        kept = {**kept, about: {**told, **dict.fromkeys(found, to_json(value))}}
    return placed(with_extra(state, **{_KEPT: kept}), services)


def placed(state: DialogueState, services: Services, /) -> DialogueState:
    """Return the memory with what was told of the matter at hand among its facts; what a choice answered stays answered."""
    told = of(state, _code(state), services)
    heard = services.unasked.facts
    facts = {fact: value for fact, value in state.facts.items() if fact not in heard or _is_answered(state, fact)}
    return replace(state, facts={**told, **facts})


def of(state: DialogueState, code: str | None, services: Services, /) -> Facts:
    """Return what was told of a matter, or before any matter was known, as far as it can be so there."""
    told = services.unasked.told.settled(_fitting(state, code, services), code)
    return {**told, KIND: COMPANY} if told.get(KIND) == EMPLOYER else told


def is_company(state: DialogueState, /) -> bool:
    """Tell whether a company asks, in the matter at hand."""
    return state.facts.get(KIND) == COMPANY


def is_employer(state: DialogueState, code: str | None, services: Services, /) -> bool:
    """Tell whether whoever employs asks, in what a worker claims."""
    return _fitting(state, code, services).get(KIND) == EMPLOYER


def _fitting(state: DialogueState, code: str | None, services: Services) -> Facts:
    kept = _kept(state)
    told = {**kept.get(_NO_MATTER, {}), **kept.get(code or _NO_MATTER, {})}
    return {fact: value for fact, value in told.items() if services.unasked.fits(fact, value, code)}


def _code(state: DialogueState) -> str | None:
    code = state.facts.get(MATTER) or state.topic
    return None if code is None else str(code)


def _abouts(state: DialogueState) -> frozenset[str]:
    """Return under what is kept that the matter at hand has: its own, and what was told before any was known."""
    return frozenset({_NO_MATTER, _code(state) or _NO_MATTER}) & _kept(state).keys()


def _without_kind(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {fact: value for fact, value in facts.items() if fact != KIND}


def _kept(state: DialogueState) -> Mapping[str, Any]:
    return state.extra.get(_KEPT) or {}


def _is_answered(state: DialogueState, fact: str) -> bool:
    return fact in state.extra.get(_ORDER, ())
