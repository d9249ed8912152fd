"""Cards, texts and lists as their pages show them: every code in words, every decision made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from api.console import knowledge_labels as labels
from api.console.knowledge_forms import source_line
from api.console.pages import ROOT
from api.console.views import day
from api.domain.curation import Kind, Stage, Step, StepRefused, check, writable
from api.services import curation
from api.services.curation import Item
from api.services.curation_ports import ItemVersion, WeeklyList
from api.services.staff import StaffMember
from knowledge_base.drafts import CardDraft, Finding, Kept, Particulars, Review, Shelf
from knowledge_base.types import Standing

BASE: Final = f"{ROOT}/knowledge"
_MOST_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One line of the list; without an address where there is nothing to look at yet."""

    href: str | None
    title: str
    kind: str
    key: str
    region: str
    stage: str
    mark: str
    by: str = ""
    at: datetime | None = None
    note: str = ""


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
    flaws: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """The result of holding a draft against its sources."""

    problems: tuple[str, ...]
    sources: tuple[SourceView, ...]
    passed: bool


def href(kind: Kind | str, key: str) -> str:
    """Return the address of an item."""
    return f"{BASE}/{kind}/{quote(key)}"


def item_rows(items: Sequence[Item], *, stages: frozenset[Stage], names: Mapping[str, str]) -> tuple[RowView, ...]:
    """Return the items whose newest version stands at one of these stages."""
    return tuple(
        RowView(
            href=href(item.kind, item.key),
            title=item.latest.title or item.key,
            kind=labels.KIND[item.kind],
            key=item.key,
            region=item.latest.region,
            stage=labels.STAGE[item.history.stage_now],
            mark=labels.STAGE_MARK[item.history.stage_now],
            by=_name(item.latest.version.author, names),
            at=item.latest.version.created_at,
        )
        for item in items
        if item.history.stage_now in stages
    )


def kept_rows(shelf: Shelf, texts: Sequence[Particulars], *, items: Sequence[Item], part: str) -> tuple[RowView, ...]:
    """Return what the library holds, filtered by some words."""
    worked_on = {(item.kind.value, item.key) for item in items}
    cards = [
        _kept_row(kept, linked=kept.opened or (kept.kind, kept.key) in worked_on)
        for kept in shelf.kept
        if part in kept.title or part in kept.key
    ]
    found = [
        RowView(
            href=f"{BASE}/document/{curation.document_key(text.document or '')}?{urlencode({'text': text.document or ''})}",
            title=text.title,
            kind=labels.KIND[Kind.DOCUMENT],
            key=text.number or (day(text.issued) if text.issued else ""),
            region=text.region,
            stage=labels.STAGE[Stage.APPROVED],
            mark=labels.STAGE_MARK[Stage.APPROVED],
        )
        for text in texts
    ]
    return tuple([*cards, *found][:_MOST_ROWS])


def _kept_row(kept: Kept, *, linked: bool) -> RowView:
    return RowView(
        href=href(kept.kind, kept.key) if linked else None,
        title=kept.title,
        kind=labels.KIND[Kind(kept.kind)],
        key=kept.key,
        region=kept.region,
        stage=labels.STAGE[Stage.APPROVED],
        mark=labels.STAGE_MARK[Stage.APPROVED],
        note="由文件放入" if kept.by_hand else "",
    )


def history(item: Item, *, names: Mapping[str, str]) -> tuple[StepView, ...]:
    """Return everything that was written and decided, oldest first."""
    saved = [
        StepView(
            title=f"第 {one.version.number} 版" + ("（原来在用的）" if one.version.author is None else ""),
            by=_name(one.version.author, names),
            at=one.version.created_at,
            note=labels.STAGE[item.history.stage(one.version.number)],
            href=f"{href(item.kind, item.key)}/versions/{one.version.number}",
        )
        for one in item.versions
    ]
    decided = [
        StepView(
            title=f"{labels.STEP[one.step]}（第 {one.version} 版）", by=_name(one.by, names), at=one.at, note=one.note
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


def review_view(review: Review) -> ReviewView:
    """Return a review in words."""
    return ReviewView(
        problems=tuple(finding_words(finding) for finding in review.problems),
        passed=review.passed,
        sources=tuple(
            SourceView(
                said=source_line(seen.source),
                name=f"《{seen.title}》{seen.clause}" if seen.title else "没有找到",
                text=seen.text,
                about="，".join(
                    filter(None, (seen.number, day(seen.issued) if seen.issued else "", labels.STANDING[seen.standing]))
                ),
                flaws=tuple(labels.FLAW[flaw] for flaw in seen.flaws),
            )
            for seen in review.sources
        ),
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
                "why": labels.STANDING[Standing(ending["why"])],
                "href": entry_href(ending["entry"]),
            }
            for ending in content["endings"]
        ],
    }


def entry_href(entry: str) -> str | None:
    """Return where an entry of the library is worked on: a card's own page; a clause has none."""
    return href(Kind.CARD, entry.removeprefix("card:")) if entry.startswith("card:") else None


def _name(staff_id: str | None, names: Mapping[str, str]) -> str:
    return "随程序或文件放入" if staff_id is None else names.get(staff_id, "已离岗人员")


def _day(value: date | None) -> str:
    return day(value) if value else ""


def _period(begin: date | None, end: date | None) -> str:
    return "".join((f"{day(begin)}起" if begin else "", f"，到{day(end)}停止" if end else "")).strip("，")
