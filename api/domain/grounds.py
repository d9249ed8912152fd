"""On which grounds the law lets aid end, and lets it come before the papers: closed lists (终止与先行援助的情形)."""

from enum import StrEnum


class TerminationGround(StrEnum):
    """第四十八条: the closed list of grounds to end aid."""

    DECEIT = "deceit"
    HID_FACTS = "hid_facts"
    ILLEGAL_USE = "illegal_use"
    MEANS_CHANGED = "means_changed"
    CASE_ENDED = "case_ended"
    OWN_LAWYER = "own_lawyer"
    ON_REQUEST = "on_request"
    OTHER = "other"


class AdvanceGround(StrEnum):
    """第四十四条: when aid may come before the papers."""

    TIME_LIMIT = "time_limit_under_seven_days"
    PRESERVATION = "preservation_or_advance_enforcement"
    OTHER = "other_urgent"
