"""The nouns of the directory: places and numbers a citizen can turn to, and how they stand at one moment (去处)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class OfficeKind(StrEnum):
    """去处的种类: what a citizen can be sent to. The list is closed."""

    LEGAL_AID = "legal_aid"
    """法律援助中心"""
    SERVICE_CENTRE = "service_centre"
    """公共法律服务中心"""
    STATION = "station"
    """乡镇(街道)公共法律服务工作站，法律援助工作站"""
    DUTY_POINT = "duty_point"
    """法院、看守所、检察院的值班律师点"""
    CIRCUIT = "circuit"
    """流动服务、巡回服务"""
    VILLAGE_ADVISER = "village_adviser"
    """村(居)法律顾问"""
    JUSTICE_OFFICE = "justice_office"
    """司法所"""
    MEDIATION = "mediation"
    """人民调解委员会"""
    NOTARY = "notary"
    """公证处"""
    APPRAISAL = "appraisal"
    """司法鉴定机构"""
    LABOUR_ARBITRATION = "labour_arbitration"
    """劳动人事争议仲裁委员会"""
    LABOUR_INSPECTION = "labour_inspection"
    """劳动保障监察"""
    POLICE = "police"
    """公安派出所"""
    COURT = "court"
    """法院诉讼服务中心"""
    PROCURATORATE = "procuratorate"
    """检察院检察服务中心"""
    WOMENS_FEDERATION = "womens_federation"
    """妇联"""
    DISABLED_FEDERATION = "disabled_federation"
    """残联"""
    TRADE_UNION = "trade_union"
    """工会"""
    NUMBER = "number"
    """热线电话"""


class Accessibility(StrEnum):
    """无障碍: what a place offers to people who could not use it otherwise."""

    WHEELCHAIR = "wheelchair"
    """轮椅能进"""
    SIGN_LANGUAGE = "sign_language"
    """有手语"""
    BRAILLE = "braille"
    """有盲文"""
    LARGE_PRINT = "large_print"
    """有大字材料"""
    TEXT = "text"
    """可以用文字沟通"""
    HOME_VISIT = "home_visit"
    """可以上门"""


class Checked(StrEnum):
    """核实情况: how far an entry of the directory can be relied on, on the day it is given."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """未核实: nobody has checked it."""
    STALE = "stale"
    """Checked too long ago, or promised by a plan that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A place or number a citizen can turn to, as an operator filed it; what is None nobody has filed."""

    id: str
    name: str
    kind: OfficeKind
    region: str
    phone: str | None = None
    address: str | None = None
    hours: str | None = None
    note: str | None = None
    source: str | None = None
    verified_on: date | None = None
    checked: Checked = Checked.UNVERIFIED
    serves: tuple[OfficeKind, ...] = ()
    """What a number can be called for instead."""
    accessibility: tuple[Accessibility, ...] = ()
    languages: tuple[str, ...] = ()
    point: tuple[float, float] | None = None
    """Latitude and longitude."""


class Openness(StrEnum):
    """开没开门: as far as the hours on file say."""

    OPEN = "open"
    CLOSED = "closed"
    BY_APPOINTMENT = "by_appointment"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Whether a place is open at one moment, and when that changes; what is None is not known or does not come."""

    state: Openness
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    opens_on: date | None = None
    """The next day it opens, where the day is filed and the time of day is not."""
    sure_of_holidays: bool = True
    """False where the year's holidays are not on file: then the hours of that day may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One office as it stands at one moment; `missing` names the facts that nobody has filed."""

    office: Office
    opening: Opening
    missing: tuple[str, ...] = ()
    place: str | None = None
    """The name of the place it lies in, where that is not the place that was asked for."""
    kilometres: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions:
    """去处: who to turn to, nearest first, and the numbers that can be called for it from anywhere."""

    kind: OfficeKind
    at: datetime
    region: str | None = None
    place: str | None = None
    offices: tuple[Listing, ...] = ()
    numbers: tuple[Listing, ...] = ()
