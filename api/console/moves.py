"""What staff may record next in a case, and what the law wants written with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from api.console import aid_labels, labels, origin_labels
from api.domain.application import Event
from api.domain.clocks import SUPPLEMENT_DAYS
from api.domain.origin import Origin
from api.services.consents import TRANSFER_READ, own_text
from api.services.providers import Candidate
from api.services.records import ConsentKind

_Code = TypeVar("_Code", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferring:
    """What a transfer is chosen from."""

    grounds: tuple[tuple[str, str], ...]
    verified: tuple[tuple[str, str], ...]
    requests: tuple[tuple[str, str], ...]
    agreed: tuple[tuple[str, str], ...] = ()
    """How the applicant agreed; empty where none is asked."""
    consent: str = ""
    """What is read to them first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """An event this person may record now, and what the law wants written with it."""

    value: str
    title: str
    papers: bool = False
    papers_days: int = SUPPLEMENT_DAYS
    """What is given for them where no day is chosen."""
    reason: bool = False
    reason_required: bool = False
    assigns: bool = False
    candidates: tuple[tuple[str, str], ...] = ()
    """Whom the case could go to: entry of the register, and words to choose by."""
    transfer: Transferring | None = None
    closing: tuple[tuple[str, str], ...] = ()
    """What may have come of a case."""
    grounds: tuple[tuple[str, str], ...] = ()
    grounds_title: str = ""


def move(  # noqa: PLR0911 - one line a kind of event
    event: Event, *, candidates: Sequence[Candidate] = (), origin: Origin = Origin.SELF
) -> Move:
    """Return an event as the page offers it."""
    title = labels.EVENT[event]
    match event:
        case Event.REQUEST_SUPPLEMENT:
            return Move(value=event, title=title, papers=True)
        case Event.REFUSE | Event.UPHOLD:
            return Move(value=event, title=title, reason=True, reason_required=True)
        case Event.TERMINATE:
            grounds = tuple((ground.value, words) for ground, words in labels.TERMINATION.items())
            return Move(
                value=event,
                title=title,
                reason=True,
                reason_required=True,
                grounds=grounds,
                grounds_title="终止的情形（第四十八条）",
            )
        case Event.ADVANCE_AID:
            grounds = tuple((ground.value, words) for ground, words in labels.ADVANCE.items())
            return Move(
                value=event,
                title=title,
                assigns=True,
                candidates=_choices(candidates),
                grounds=grounds,
                grounds_title="紧急情形（第四十四条）",
            )
        case Event.ASSIGN:
            return Move(value=event, title=title, assigns=True, candidates=_choices(candidates))
        case Event.CLOSE:
            outcomes = tuple((outcome.value, words) for outcome, words in aid_labels.CLOSING.items())
            return Move(value=event, title=title, closing=outcomes)
        case Event.TRANSFER:
            return Move(value=event, title=title, transfer=_transferring(origin))
        case Event.WITHDRAW if origin is Origin.NOTIFIED:
            return Move(value=event, title="办案机关撤回通知", reason=True, reason_required=True)
        case _:
            return Move(value=event, title=title, reason=True)


def _transferring(origin: Origin) -> Transferring:
    asked = origin is not Origin.NOTIFIED
    return Transferring(
        grounds=_codes(origin_labels.TRANSFER_GROUND),
        verified=_codes(origin_labels.VERIFIED),
        requests=_codes(origin_labels.SERVICE_REQUEST),
        agreed=_codes(origin_labels.AGREED) if asked else (),
        consent=own_text(ConsentKind.TRANSFER, TRANSFER_READ) if asked else "",
    )


def _codes(words: Mapping[_Code, str]) -> tuple[tuple[str, str], ...]:
    return tuple((code.value, title) for code, title in words.items())


def _choices(candidates: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    return tuple((one.provider.id, _choice(one)) for one in candidates)


def _choice(one: Candidate) -> str:
    provider = one.provider
    about = [aid_labels.PROVIDER[provider.kind], provider.organisation, f"手上 {one.in_hand} 件"]
    about += ["满三年"] if one.experienced else ["不能办死刑、无期案件"]
    about += ["会" + "、".join(provider.languages)] if provider.languages else []
    return f"{provider.name}（{'，'.join(part for part in about if part)}）"
