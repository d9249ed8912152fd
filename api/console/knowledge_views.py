"""Cards, texts and lists as their pages show them: every code in words, every decision made here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from api.console import knowledge_labels as labels
from api.console.knowledge_forms import source_line
from api.console.knowledge_shelf import BASE, href, name_of
from api.console.views import day
from api.domain.curation import Kind, Stage, Step, StepRefused, check, writable
from api.services import curation
from api.services.curation import Item
from api.services.curation_ports import ItemVersion, WeeklyList
from api.services.staff import StaffMember
from knowledge_base.drafts import CardDraft, Finding, Flaw, Particulars, Review, SourceSeen
from knowledge_base.standings import STANDINGS
from knowledge_base.types import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One line of an item's history: a version that was saved, or a decision on one."""

    title: str
    by: str
    at: datetime
    note: str = ""
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """A step this reader may take now."""

    step: str
    title: str
    note: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """What the draft says of a clause, beside the clause."""

    said: str
    name: str
    text: str
    about: str
    ended: str
    """What has become of the text, where that is to be seen at once."""
    flaws: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """The result of holding a draft against its sources.

    `absent` are the texts that a card in use rests on and that were never taken in: nothing is wrong with the card.
    """

    problems: tuple[str, ...]
    sources: tuple[SourceView, ...]
    absent: tuple[str, ...] = ()


def history(item: Item, *, names: Mapping[str, str]) -> tuple[StepView, ...]:
    """Return everything that was written and decided, oldest first."""
    saved = [
        StepView(
            title=f"第 {one.version.number} 版" + ("（原来在用的）" if one.version.author is None else ""),
            by=name_of(one.version.author, names),
            at=one.version.created_at,
            note=labels.STAGE[item.history.stage(one.version.number)],
            href=f"{href(item.kind, item.key)}/versions/{one.version.number}",
        )
        for one in item.versions
    ]
    decided = [
        StepView(
            title=f"{labels.STEP[one.step]}（第 {one.version} 版）", by=name_of(one.by, names), at=one.at, note=one.note
        )
        for one in item.history.decisions
    ]
    return tuple(sorted((*saved, *decided), key=lambda step: step.at))


def moves(item: Item, *, me: StaffMember, review: Review | None) -> tuple[MoveView, ...]:
    """Return the steps this reader may take on the version that is worked on."""
    region, number = item.latest.region, item.latest.version.number
    passed = review is not None and review.passed
    offered = (
        (Step.PROPOSE, curation.may_edit(me, region) and passed),
        (Step.APPROVE, curation.may_approve(me, region) and passed),
        (Step.RETURN, curation.may_edit(me, region)),
    )
    return tuple(
        MoveView(step=step, title=labels.STEP[step], note=step is Step.RETURN, main=step is not Step.RETURN)
        for step, may in offered
        if may and _allowed(item, step, version=number, me=me)
    )


def own_proposal(item: Item, *, me: StaffMember) -> bool:
    """Tell a reader who could approve, were it not their own writing."""
    try:
        check(item.history, Step.APPROVE, version=item.latest.version.number, by=me.id)
    except StepRefused as refused:
        return refused.code == "second_person_required"
    return False


def may_write(item: Item | None, *, me: StaffMember, region: str) -> bool:
    """Tell whether this reader may save a new version now."""
    return curation.may_edit(me, region) and writable(item.history if item else None)


def _allowed(item: Item, step: Step, *, version: int, me: StaffMember) -> bool:
    try:
        check(item.history, step, version=version, by=me.id)
    except StepRefused:
        return False
    return True


def review_view(review: Review, *, in_use: bool) -> ReviewView:
    """Return a review in words. What is in use was held against its sources by whoever wrote it."""
    absent = [finding.about for finding in review.problems if in_use and finding.flaw is Flaw.DOCUMENT_UNKNOWN]
    told = [finding for finding in review.problems if not in_use or finding.flaw is not Flaw.DOCUMENT_UNKNOWN]
    return ReviewView(
        problems=tuple(finding_words(finding) for finding in told),
        absent=tuple(absent),
        sources=tuple(_source_view(seen, in_use=in_use) for seen in review.sources),
    )


def _source_view(seen: SourceSeen, *, in_use: bool) -> SourceView:
    at_hand = Flaw.DOCUMENT_UNKNOWN not in seen.flaws
    ended = seen.standing in {Standing.PLAN_ENDED, Standing.SUPERSEDED}
    standing = STANDINGS[seen.standing] if at_hand else ""
    about = (seen.number, day(seen.issued) if seen.issued else "", "" if ended else standing)
    return SourceView(
        said=source_line(seen.source),
        name=f"《{seen.title}》{seen.clause}" if at_hand else "" if in_use else "没有找到",
        text=seen.text,
        about="，".join(filter(None, about)),
        ended=standing if ended else "",
        flaws=tuple(labels.FLAW[flaw] for flaw in seen.flaws if at_hand or not in_use),
    )


def finding_words(finding: Finding) -> str:
    """Return a flaw in words, with what it is about."""
    return labels.FLAW[finding.flaw] + (f"：{finding.about}" if finding.about else "")


def card_pairs(card: CardDraft) -> tuple[tuple[str, str], ...]:
    """Return what a card says, field by field."""
    period = _period(card.valid_from, card.valid_to)
    return (
        ("问法", "\n".join(card.questions)),
        ("答案", card.answer),
        ("出处", "\n".join(source_line(source) for source in card.sources)),
        ("事项", "、".join(card.matters)),
        ("适用地区", card.region),
        *((("使用期间", period),) if period else ()),
    )


def text_pairs(text: Particulars) -> tuple[tuple[str, str], ...]:
    """Return what is said about a text, field by field."""
    fields = (
        ("名称", text.title),
        ("文号", text.number),
        ("发文机关", text.issuer),
        ("适用地区", text.region),
        ("成文日期", _day(text.issued)),
        ("网页日期", _day(text.published)),
        ("施行日期", _day(text.effective_from)),
        ("计划期止于", _day(text.plan_end)),
        ("停止使用", _day(text.valid_to)),
    )
    return tuple((name, value) for name, value in fields if value)


def body_pairs(version: ItemVersion) -> tuple[tuple[str, str], ...]:
    """Return what a version says, field by field."""
    body = curation.draft_of(version)
    return card_pairs(body) if isinstance(body, CardDraft) else text_pairs(body)


def weekly_view(weekly: WeeklyList, *, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return a week's list with its links."""
    content = weekly.content
    return {
        "week": weekly.week,
        "days": week_days(weekly.week),
        "made_at": weekly.made_at,
        "asked": content["asked"],
        "clusters": [
            {
                **cluster,
                "matter": titles.get(cluster["matter"] or "", ""),
                "write": f"{BASE}/card/new?{urlencode({'question': ' '.join(cluster['phrases'])})}",
                "card_href": entry_href(cluster["card"]["entry"]) if cluster["card"] else None,
            }
            for cluster in content["clusters"]
        ],
        "scattered": [(titles.get(code, "还没分清的事项"), count) for code, count in content["scattered"].items()],
        "endings": [
            {
                **ending,
                "ends": day(date.fromisoformat(ending["ends"])),
                "why": labels.ENDS[Standing(ending["why"])] if ending["source"] else labels.STAGE[Stage.EXPIRED],
                "href": entry_href(ending["entry"]),
            }
            for ending in content["endings"]
        ],
    }


def week_days(week: str) -> str:
    """Return the days of a week in words: 2026-W47 says nothing to anybody at a desk."""
    year, _, number = week.partition("-W")
    first, last = (date.fromisocalendar(int(year), int(number), weekday) for weekday in (1, 7))
    return f"{first.year} 年 {first.month} 月 {first.day} 日到 {last.month} 月 {last.day} 日"


def entry_href(entry: str) -> str | None:
    """Return where an entry of the library is worked on: a card's own page; a clause has none."""
    return href(Kind.CARD, entry.removeprefix("card:")) if entry.startswith("card:") else None


def _day(value: date | None) -> str:
    return day(value) if value else ""


def _period(begin: date | None, end: date | None) -> str:
    return "".join((f"{day(begin)}起" if begin else "", f"，到{day(end)}停止" if end else "")).strip("，")
