"""移送: an application goes on at another institution, with everything that was done for it, so that nobody begins again."""

from dataclasses import dataclass, field
from enum import StrEnum


class TransferGround(StrEnum):
    """移送的理由: where Legal Aid Law art. 38 puts the application, or what else keeps it from being ours."""

    HANDLING_ORGAN = "handling_organ_place"
    DISPUTE_BODY = "dispute_body_place"
    EVENT = "event_place"
    OTHER = "other"
    """Say, that it is the superior institution's (级别管辖), or that it was agreed between the two."""


class Agreed(StrEnum):
    """How the applicant agreed that their data go there (Personal Information Protection Law art. 23)."""

    IN_TALK = "in_talk"
    BY_PHONE = "by_phone"
    IN_PERSON = "in_person"
    IN_WRITING = "in_writing"


class Verified(StrEnum):
    """已核实: what the receiving institution need not ask again."""

    IDENTITY = "identity"
    STATUS = "status"
    """The papers that prove a status of art. 42."""
    MEANS = "means"
    """经济困难状况, by information sharing (art. 41)."""
    COMMITMENT = "commitment"
    """个人诚信承诺, given in place of that (art. 41)."""
    EVIDENCE = "evidence"


class ServiceRequest(StrEnum):
    """服务请求: what the applicant needs done, beside the case itself."""

    SIGN_INTERPRETER = "sign_interpreter"
    INTERPRETER = "interpreter"
    TEXT_ONLY = "text_only"
    HOME_VISIT = "home_visit"
    ADVANCE_AID = "advance_aid"
    """A time limit is near, or something must be preserved (art. 44)."""
    PREFERRED_PROVIDER = "preferred_provider"
    SAFE_CONTACT = "safe_contact"
    """Somebody in danger: only by the way that was agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """移送记录: to whom, why, with whose consent, and what it carries."""

    office: str
    ground: TransferGround = TransferGround.OTHER
    region: str | None = None
    """The receiving institution's place, GB/T 2260."""
    office_phone: str = ""
    """What the applicant is told to ring."""
    agreed: Agreed | None = None
    """None only where an organ gave notice: no applicant is asked then."""
    consent: str = ""
    """The version of the text that was agreed to."""
    verified: tuple[Verified, ...] = ()
    requests: tuple[ServiceRequest, ...] = ()
    note: str = field(default="", repr=False)

    def codes(self) -> dict[str, str | int]:
        """Return what the audit chain keeps of it."""
        codes: dict[str, str | int] = {
            "ground": self.ground,
            "verified": ",".join(self.verified),
            "requests": ",".join(self.requests),
        }
        if self.agreed is not None:
            codes |= {"agreed": self.agreed, "consent": self.consent}
        return codes
