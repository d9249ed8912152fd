"""What an application must have before it can be taken in, and what makes two of them the same (受理前的核对)."""

import json
import re
import unicodedata
from dataclasses import asdict
from typing import Final

from api.domain.origin import flaw_of
from api.domain.party import OpponentUnusable, opponents, usable
from api.services import preference, verdicts
from api.services.preference import PreferenceUnusable
from api.services.records import ApplicationDraft, ConsentKind, Contact
from knowledge_base.types import NATION

_PHONE: Final = re.compile(r"\+?[0-9]{7,15}")


class DraftRefused(Exception):
    """The application cannot be taken as it is; `field` says where."""

    def __init__(self, code: str, *, field: str) -> None:
        """Keep code and field; the value stays out."""
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


def contact_of(draft: ApplicationDraft, /) -> Contact:
    """Return whom it is about, in one spelling; somebody an organ holds has no telephone. Raises DraftRefused."""
    held = draft.organ is not None and not draft.contact.phone.strip()
    return Contact(name=draft.contact.name.strip(), phone="" if held else phone_of(draft.contact.phone))


def phone_of(text: str, /) -> str:
    """Return a telephone number in its one spelling. Raises DraftRefused."""
    digits = re.sub(r"[\s()\-]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86")
    if not _PHONE.fullmatch(digits):
        raise DraftRefused("phone_malformed", field="contact.phone")
    return digits


def check(draft: ApplicationDraft, /) -> None:
    """Refuse what the law lets nobody take in. Raises DraftRefused."""
    _check_basis(draft)
    if not draft.contact.name.strip():
        raise DraftRefused("name_required", field="contact.name")
    if draft.third_party is not None and not usable(draft.pass_phrase):
        raise DraftRefused("pass_phrase_unusable", field="third_party.pass_phrase")
    try:
        opponents(draft.opponents)
    except OpponentUnusable as unusable:
        raise DraftRefused(unusable.code, field="opponents") from unusable
    if draft.preference:
        try:
            preference.usable(draft.preference)
        except PreferenceUnusable as unusable:
            raise DraftRefused(unusable.code, field="preferred_provider") from unusable
    if draft.region is not None and draft.region != NATION and not re.fullmatch(r"[0-9]{6}", draft.region):
        raise DraftRefused("region_malformed", field="region")


def _check_basis(draft: ApplicationDraft) -> None:
    """See that there is a lawful ground to take personal data in.

    Personal Information Protection Law arts 23 and 29: handing over, and sensitive facts, each by separate consent. What an
    organ must send by arts 36 and 39 of the Legal Aid Law is received by statutory duty (art. 13(3) of the former).
    """
    if draft.organ is not None:
        if (flaw := flaw_of(draft.organ)) is not None:
            raise DraftRefused(flaw[0], field=flaw[1])
        return
    needed = {ConsentKind.HANDOVER} | ({ConsentKind.SENSITIVE} if draft.facts else set())
    if not needed <= {consent.kind for consent in draft.consents}:
        raise DraftRefused("consent_required", field="consents")


def canonical(draft: ApplicationDraft, /) -> str:
    """Return a text that is the same for the same application sent twice, and for no other."""
    third = draft.third_party
    return json.dumps(
        {
            "consents": sorted([consent.kind.value, consent.version] for consent in draft.consents),
            "issues": list(draft.issues),
            "words": draft.words,
            "facts": verdicts.facts_json(draft.facts),
            "contact": [draft.contact.name, draft.contact.phone],
            "safe": draft.safe_to_contact.value,
            "delivery": draft.delivery.value,
            "urgency": draft.urgency.value,
            "region": draft.region,
            "third_party": None if third is None else [third.name, third.relationship, draft.pass_phrase],
            "conversation": draft.conversation_id,
            "custody": draft.in_custody,
            **({} if draft.organ is None else {"organ": asdict(draft.organ)}),
            **({"opponents": list(draft.opponents)} if draft.opponents else {}),
            **({"preference": draft.preference} if draft.preference else {}),
        },
        sort_keys=True,
    )
