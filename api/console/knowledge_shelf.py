"""The list of all cards and texts: what waits, what is written, what answers, what ended; every one of them can be reached."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlencode

from api.console import knowledge_labels as labels
from api.console.pages import ROOT
from api.console.queue import Tab
from api.console.views import day
from api.domain.curation import Kind, Stage
from api.services import curation
from api.services.curation import Item
from knowledge_base.drafts import Kept, KeptAs, Shelf
from knowledge_base.standings import STANDINGS
from knowledge_base.types import NATION

BASE: Final = f"{ROOT}/knowledge"
_ROWS: Final = 50
_STAGES: Final[Mapping[str, frozenset[Stage]]] = MappingProxyType(
    {
        "proposed": frozenset({Stage.PROPOSED}),
        "drafts": frozenset({Stage.DRAFT, Stage.RETURNED}),
        "kept": frozenset(),
        "ended": frozenset({Stage.EXPIRED}),
    }
)
_CARE: Final = "care"
_TO_LOOK_AT: Final = frozenset({KeptAs.QUOTED, KeptAs.SET_ASIDE, KeptAs.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One line of the list; without an address where there is nothing to look at yet."""

    href: str | None
    title: str
    kind: Kind
    key: str
    region: str
    stage: str
    mark: str
    words: str
    """What it is looked for by."""
    care: bool = False
    by: str = ""
    at: datetime | None = None
    note: str = ""

    @property
    def kind_title(self) -> str:
        """Return what it is, in a word."""
        return labels.KIND[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What part of the list somebody wants to see; anything else an address may hold counts as nothing."""

    show: str
    kind: str
    part: str
    page: int

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Wish":
        """Read it from an address."""
        show, kind, page = given.get("show", ""), given.get("kind", ""), given.get("page", "")
        return cls(
            show=show if show in labels.TABS else "proposed",
            kind=kind if kind in labels.FILTERS else "",
            part=given.get("q", "").strip()[:100],
            page=int(page) if page.isdecimal() and page.isascii() and len(page) < 9 else 1,  # noqa: PLR2004 - no number of a page
        )

    @property
    def narrowed(self) -> bool:
        """Tell whether somebody looks for something in particular."""
        return bool(self.kind or self.part)

    def wants(self, row: RowView) -> bool:
        """Tell whether a line is among those looked for."""
        fits = row.care if self.kind == _CARE else self.kind in {"", row.kind}
        return fits and self.part in row.words

    def href(self, *, page: int) -> str:
        """Return the address of a page of it."""
        given = {"show": self.show, "kind": self.kind, "q": self.part, "page": str(page) if page > 1 else ""}
        return f"{BASE}?{urlencode({name: value for name, value in given.items() if value})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfView:
    """One page of the list, with how much there is of everything."""

    tabs: tuple[Tab, ...]
    rows: tuple[RowView, ...]
    found: int
    first: int
    page: int
    pages: int
    before: str | None
    after: str | None
    faults: tuple[tuple[str, str | None, str], ...]
    """Each with its name, its address if it has one, and what is wrong with it."""

    @property
    def last(self) -> int:
        """Return the number of the last line shown."""
        return self.first + len(self.rows) - 1


def href(kind: Kind | str, key: str) -> str:
    """Return the address of an item."""
    return f"{BASE}/{kind}/{quote(key)}"


def shelf_view(
    wish: Wish,
    *,
    shelf: Shelf,
    items: Sequence[Item],
    names: Mapping[str, str],
    region_name: Callable[[str], str],
) -> ShelfView:
    """Return the page that was asked for; beyond the last one, the last."""
    worked_on = {(item.kind, item.key): item for item in items}
    lists = _Lists(worked_on=worked_on, names=names, region_name=region_name)
    kept = {kept: lists.kept_row(kept) for kept in shelf.kept}
    listed = {tab: lists.item_rows(stages) for tab, stages in _STAGES.items()}
    listed["kept"] = tuple(row for one, row in kept.items() if one.state is not KeptAs.ENDED)
    shown = {row.href for row in listed["ended"]}
    listed["ended"] += tuple(row for one, row in kept.items() if one.state is KeptAs.ENDED and row.href not in shown)
    found = [row for row in listed[wish.show] if wish.wants(row)]
    pages = max(1, -(-len(found) // _ROWS))
    page = min(max(1, wish.page), pages)
    begin = (page - 1) * _ROWS
    hrefs = {name: row.href for one, row in kept.items() for name in (one.key, one.file) if name}
    return ShelfView(
        tabs=tuple(
            Tab(href=f"{BASE}?show={tab}", title=title, count=len(listed[tab]), current=tab == wish.show)
            for tab, title in labels.TABS.items()
        ),
        rows=tuple(found[begin : begin + _ROWS]),
        found=len(found),
        first=begin + 1,
        page=page,
        pages=pages,
        before=wish.href(page=page - 1) if page > 1 else None,
        after=wish.href(page=page + 1) if page < pages else None,
        faults=tuple((name, hrefs.get(name), fault_words(fault)) for name, fault in shelf.faults),
    )


def fault_words(fault: str) -> str:
    """Return why the build set something aside, in words; what the build itself says in words stands as it is."""
    known = {flaw.value: words for flaw, words in labels.FLAW.items()}
    told = (part.partition(" ") for part in fault.split("; "))
    return "；".join(
        f"{known[code]}{'：' if about else ''}{about}" if code in known else f"{code}{gap}{about}"
        for code, gap, about in told
    )


def name_of(staff_id: str | None, names: Mapping[str, str]) -> str:
    """Return who wrote something."""
    return "随程序或文件放入" if staff_id is None else names.get(staff_id, "已离岗人员")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    """Puts what the desk worked on and what the library holds into lines of one shape."""

    worked_on: Mapping[tuple[Kind, str], Item]
    names: Mapping[str, str]
    region_name: Callable[[str], str]

    def item_rows(self, stages: frozenset[Stage]) -> tuple[RowView, ...]:
        """Return the items whose newest version stands at one of these stages."""
        return tuple(self._item_row(item) for item in self.worked_on.values() if item.history.stage_now in stages)

    def _item_row(self, item: Item) -> RowView:
        asked = item.latest.body.get("questions", ())
        return RowView(
            href=href(item.kind, item.key),
            title=item.latest.title or item.key,
            kind=item.kind,
            key=item.key,
            region=self._region(item.latest.region),
            stage=labels.STAGE[item.history.stage_now],
            mark=labels.STAGE_MARK[item.history.stage_now],
            words="\n".join((item.latest.title, item.key, *asked)),
            by=name_of(item.latest.version.author, self.names),
            at=item.latest.version.created_at,
        )

    def kept_row(self, kept: Kept) -> RowView:
        """Return a line of what the library holds."""
        kind = Kind(kept.kind)
        worked_on = self.worked_on.get((kind, kept.key))
        used = worked_on.in_use if worked_on else None
        return RowView(
            href=self._href(kept, worked_on),
            title=kept.title,
            kind=kind,
            key=kept.key if kind is Kind.CARD else kept.number or (day(kept.issued) if kept.issued else ""),
            region=self._region(kept.region),
            stage=labels.KEPT[kept.state],
            mark=labels.KEPT_MARK[kept.state],
            words=kept.words,
            care=kept.state in _TO_LOOK_AT or _on_ended(kept),
            by=name_of(used.version.author, self.names) if used else "",
            at=used.version.created_at if used and used.version.author else None,
            note="，".join(_notes(kept)),
        )

    def _href(self, kept: Kept, worked_on: Item | None) -> str | None:
        if worked_on is not None:
            return href(kept.kind, kept.key)
        if kept.document is not None and kept.standing is not None:
            return f"{href(kept.kind, curation.document_key(kept.document))}?{urlencode({'text': kept.document})}"
        # A card of the office that was set aside is to be mended where it lies.
        opens = kept.state is not KeptAs.WAITING and not (kept.state is KeptAs.SET_ASIDE and kept.by_hand)
        return href(kept.kind, kept.key) if kept.kind == Kind.CARD and opens else None

    def _region(self, code: str) -> str:
        return "" if code == NATION else self.region_name(code)


def _on_ended(kept: Kept) -> bool:
    """Tell a card that answers from a text that has ended."""
    return kept.kind == Kind.CARD and kept.state is KeptAs.IN_USE and kept.standing is not None


def _notes(kept: Kept) -> Iterator[str]:
    if kept.standing is not None and kept.state is KeptAs.IN_USE:
        yield f"{'出处' if _on_ended(kept) else ''}{STANDINGS[kept.standing]}"
    if kept.by_hand:
        yield f"由文件放入：{kept.file}"
