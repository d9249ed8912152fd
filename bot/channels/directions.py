"""Says where to go and whom to call: what is on file, what is not, and how far it can be relied on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from api.domain.clocks import CHINA
from bot.channels.phrases import DirectoryWords, PromiseWords
from knowledge_base.offices import Checked, Directions, Listing, Office, OfficeKind, Opening, Openness

_WEEK: Final = "一二三四五六日"
_SPOKEN: Final = str.maketrans("0123456789", "零幺二三四五六七八九")
_MOST: Final = 3


def written(directions: Directions, words: DirectoryWords, /) -> str:
    """Return the whole, a line a thought."""
    kind = words.kinds[directions.kind]
    lines: list[str] = []
    if directions.kind is not OfficeKind.NUMBER:
        head = words.head if directions.offices else words.none
        lines.append(head.format(place=directions.place or words.anywhere, kind=kind))
    line = next((one.office.phone for one in directions.numbers), None)
    for listing in directions.offices[:_MOST]:
        lines += _office(listing, directions.at, words, line=line)
    if directions.numbers:
        lines += ["", words.call] if lines else []
        lines += [_number(one) for one in directions.numbers]
        if any(one.office.checked is not Checked.VERIFIED for one in directions.numbers):
            lines.append(words.numbers_unchecked)
    return "\n".join(lines)


def spoken(directions: Directions, words: DirectoryWords, /) -> str:
    """Return two short sentences for the ear: the first door, and one number, digit by digit."""
    sentences: list[str] = []
    if directions.offices:
        first = directions.offices[0].office
        said = words.spoken_office if first.address else words.spoken_no_address
        sentences.append(said.format(name=first.name, address=first.address))
    elif directions.kind is not OfficeKind.NUMBER:
        sentences.append(words.none.format(place=directions.place or words.anywhere, kind=words.kinds[directions.kind]))
    phone = next((one.office.phone for one in (*directions.offices[:1], *directions.numbers) if one.office.phone), None)
    if phone is not None:
        sentences.append(words.spoken_call.format(phone=phone.translate(_SPOKEN)))
    return "".join(sentences)


def standing(office: Office, words: DirectoryWords, /, *, line: str | None = None) -> str:
    """Return how far an entry can be relied on; where it has no telephone, whom to call before going: the `line`."""
    call = words.call_it if office.phone or line is None else words.call_line.format(phone=line)
    day = "" if office.verified_on is None else office.verified_on.isoformat()
    return words.checked[office.checked].format(date=day, call=call)


def _office(listing: Listing, now: datetime, words: DirectoryWords, *, line: str | None) -> list[str]:
    office = listing.office
    name = office.name if listing.place is None or listing.place in office.name else f"{office.name}（{listing.place}）"
    far = "" if listing.kilometres is None else words.far.format(kilometres=listing.kilometres)
    lines = [f"· {name}{far}"]
    if office.address is not None:
        lines.append(words.address.format(address=office.address))
    if office.phone is not None:
        lines.append(words.phone.format(phone=office.phone))
    if office.hours is not None:
        lines.append(words.hours.format(hours=office.hours) + openness(listing.opening, now, words))
    if listing.missing:
        facts = words.comma.join(words.facts[fact] for fact in listing.missing)
        lines.append(words.missing.format(facts=facts))
    helps = [words.accessibility[one] for one in office.accessibility] + list(office.languages)
    if helps:
        lines.append(words.helps.format(helps=words.comma.join(helps)))
    if office.note is not None:
        lines.append(office.note)
    lines.append(standing(office, words, line=line) + words.source.format(source=office.source))
    return lines


def _number(listing: Listing) -> str:
    office = listing.office
    said = [part for part in (office.hours, office.note) if part]
    told = f"（{'；'.join(one.rstrip('。') for one in said)}）" if said else ""
    return f"· {office.phone} {office.name}{told}"


def openness(opening: Opening, now: datetime, words: DirectoryWords, /) -> str:
    """Return whether a place is open at one moment, and when that changes."""
    match opening.state:
        case Openness.OPEN if opening.closes_at is not None:
            said = words.open_until.format(time=_moment(opening.closes_at, now))
        case Openness.CLOSED if opening.opens_at is not None:
            said = words.opens_at.format(time=_moment(opening.opens_at, now))
        case Openness.CLOSED if opening.opens_on is not None:
            said = words.opens_on.format(day=_day(opening.opens_on, now))
        case state:
            said = words.state[state]
    return said if opening.sure_of_holidays else said + words.holidays


def from_when(opening: Opening, now: datetime, words: PromiseWords, /) -> str:
    """Return from when somebody is there to answer, as far as the hours on file say."""
    match opening:
        case Opening(state=Openness.OPEN):
            return words.open_now
        case Opening(opens_at=datetime() as moment):
            return words.at_moment.format(moment=_moment(moment, now))
        case Opening(opens_on=date() as day):
            return words.on_day.format(day=_day(day, now))
        case _:
            return words.unknown


def _moment(moment: datetime, now: datetime) -> str:
    return f"{_day(moment.astimezone(CHINA).date(), now)} {moment.astimezone(CHINA):%H:%M}"


def _day(day: date, now: datetime) -> str:
    near: Sequence[str] = ("今天", "明天")
    ahead = (day - now.astimezone(CHINA).date()).days
    return near[ahead] if 0 <= ahead < len(near) else f"{day.month}月{day.day}日（周{_WEEK[day.weekday()]}）"
