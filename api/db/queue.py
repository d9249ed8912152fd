"""The staff queue, in order, counted and paged where the rows lie: an index is walked as far as the page asked for.

Two things depend on the hour, and so are not stored: whether a clock presses, and whether a promise is due. The walk
therefore goes through each tier by an index of its own, and leaves out what stands further up in the same line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, assert_never

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from api.db.queue_items import queue_items
from api.db.scoping import within
from api.db.session import Session
from api.db.tables import Moment
from api.domain.clocks import end_of_day
from api.domain.priority import Rank
from api.services.queue_ports import Place, Show, Tally
from api.services.records import Viewer
from knowledge_base.types import Urgency

_ORDER: Final = ("tier", "until", "since", "application", "id")
_NOW: Final = bindparam("now", type_=Moment)
_STATEMENTS: Final = 256
"""How many statements are kept: one for each filter and each set of regions that staff have."""


class SqlQueue:
    """Adapter of the `Queue` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def page(
        self, *, viewer: Viewer, now: datetime, show: Show, page: int, size: int
    ) -> tuple[Tally, tuple[Place, ...]]:
        """Return the figures and one page; both from one statement, so that they agree."""
        asked = {
            "now": now,
            # As the page marks a limit: on its last day and on the day before.
            "soon": end_of_day(now, days=1),
            "me": viewer.staff,
            "walked": page * size,
            "size": size,
            "skipped": (page - 1) * size,
        }
        query = _page(viewer.regions, show)
        rows = (await self._session.connection.execute(query, asked)).all()
        figures = rows[0]
        return (
            Tally(
                all=figures.everything,
                danger=figures.danger,
                today=figures.today,
                due=figures.due,
                unowned=figures.unowned,
                mine=figures.mine,
            ),
            tuple(Place(id=row.id, ticket=not row.application, line=row.line) for row in rows if row.id is not None),
        )

    async def mark(self) -> str:
        """Return how much waits, and the sum of what it was stamped with."""
        query = select(func.count(), func.coalesce(func.sum(queue_items.c.stamp), 0))
        found = (await self._session.connection.execute(query)).one()
        return " ".join(str(int(each)) for each in found)


@lru_cache(maxsize=_STATEMENTS)
def _page(regions: tuple[str, ...], show: Show) -> Select[Any]:
    """Return the statement of a page. It is long, and to build it takes longer than to run it: so it is built once."""
    waiting = _Waiting(regions=regions)
    walked = union_all(
        *(tier.limit(bindparam("walked", type_=Integer)).subquery().select() for tier in waiting.heads(show))
    ).subquery()
    leaf = (
        select(walked.c.line)
        .order_by(*(walked.c[name] for name in _ORDER))
        .limit(bindparam("size", type_=Integer))
        .offset(bindparam("skipped", type_=Integer))
        .cte("leaf")
    )
    tally = waiting.figures().cte("tally")
    part = queue_items.alias("part")
    shown = part.join(leaf, and_(leaf.c.line == part.c.line, waiting.sees(part)))
    return (
        select(tally, part.c.id, part.c.application, part.c.line)
        .select_from(tally.outerjoin(shown, true()))
        .order_by(*_place(part))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """What is waiting in some regions, as parts of a statement."""

    regions: tuple[str, ...]

    def sees(self, item: FromClause) -> ColumnElement[bool]:
        return within(item, self.regions)

    def heads(self, show: Show) -> Iterator[Select[Any]]:
        """Yield the first part of every line that is shown, tier by tier, each in the order of an index."""
        item = queue_items.alias("item")
        calm = and_(item.c.urgency != Urgency.S0, or_(item.c.pressing_from.is_(None), item.c.pressing_from > _NOW))
        later = or_(item.c.promised_from.is_(None), item.c.promised_from > _NOW)
        same_day, other_day = item.c.same_day.is_(True), item.c.same_day.is_(False)
        tiers = (
            (Rank.DANGER, item.c.since, _danger(item)),
            (Rank.STATUTORY_CLOCK, item.c.clock_due, and_(not_(_danger(item)), _presses(item))),
            (Rank.SAME_DAY, item.c.since, and_(calm, same_day)),
            (Rank.SAME_DAY, item.c.since, and_(calm, other_day, item.c.promised_from <= _NOW)),
            (Rank.OLDEST, item.c.since, and_(calm, other_day, later)),
        )
        for tier, until, there in tiers:
            place = (literal(tier.value), until, item.c.since, item.c.application, item.c.id)
            yield (
                select(item.c.line, *(value.label(name) for name, value in zip(_ORDER, place, strict=True)))
                .where(self.sees(item), there, self._shown(item, show), ~self._part(item, before=place))
                .order_by(until, item.c.since, item.c.application, item.c.id)
            )

    def figures(self) -> Select[Any]:
        """Count lines. A line is nobody's while an alert of it is nobody's, and else of whoever owns its first owned part."""
        item = queue_items.alias("counted")
        lines = (
            select(
                func.max(case((_danger(item), 1), else_=0)).label("danger"),
                func.min(item.c.clock_due).label("clock_due"),
                func.max(case((item.c.unanswered, 1), else_=0)).label("unanswered"),
                func.max(item.c.owner).label("owner"),
            )
            .where(self.sees(item))
            .group_by(item.c.line)
            .subquery()
        )
        first, own = queue_items.alias("first"), queue_items.alias("own")
        today = select(func.count()).where(
            self.sees(first), first.c.urgency == Urgency.S1, ~self._part(first, before=_place(first))
        )
        mine = select(func.count()).where(self._own(own))
        return select(
            func.count().label("everything"),
            func.coalesce(func.sum(lines.c.danger), 0).label("danger"),
            today.scalar_subquery().label("today"),
            _count(lines.c.clock_due <= bindparam("soon", type_=Moment)).label("due"),
            _count(or_(lines.c.unanswered == 1, lines.c.owner.is_(None))).label("unowned"),
            mine.scalar_subquery().label("mine"),
        ).select_from(lines)

    def _shown(self, item: FromClause, show: Show) -> ColumnElement[bool]:
        match show:
            case Show.ALL:
                return true()
            case Show.MINE:
                own = queue_items.alias("own")
                return item.c.line.in_(select(own.c.line).where(self._own(own)))
            case Show.FREE:
                return or_(self._unanswered(item), ~self._part(item, owned=True))
            case _:
                assert_never(show)

    def _own(self, item: FromClause) -> ColumnElement[bool]:
        """Tell whether an item makes its line the viewer's: the first of it that anybody owns is theirs."""
        return and_(
            self.sees(item),
            item.c.owner == bindparam("me", type_=String),
            ~self._part(item, before=_place(item), owned=True),
            ~self._unanswered(item),
        )

    def _unanswered(self, item: FromClause) -> ColumnElement[bool]:
        return self._part(item, unanswered=True)

    def _part(
        self,
        item: FromClause,
        *,
        before: tuple[ColumnElement[Any], ...] | None = None,
        owned: bool = False,
        unanswered: bool = False,
    ) -> ColumnElement[bool]:
        """Tell whether the line of an item has a part like that, in its order before a place where one is given."""
        other = queue_items.alias("other")
        conditions = [other.c.line == item.c.line, self.sees(other)]
        if owned:
            conditions.append(other.c.owner.is_not(None))
        if unanswered:
            conditions.append(other.c.unanswered.is_(True))
        if before is not None:
            conditions.append(tuple_(*_place(other)) < tuple_(*before))
        return exists().where(*conditions)


def _place(item: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Return what `priority.sort_key` would make of an item, and what tells two of one age apart."""
    danger, presses = _danger(item), _presses(item)
    tier = case(
        (danger, Rank.DANGER.value),
        (presses, Rank.STATUTORY_CLOCK.value),
        (or_(item.c.same_day, item.c.promised_from <= _NOW), Rank.SAME_DAY.value),
        else_=Rank.OLDEST.value,
    )
    until = case((and_(not_(danger), presses), item.c.clock_due), else_=item.c.since)
    return tier, until, item.c.since, item.c.application, item.c.id


def _danger(item: FromClause) -> ColumnElement[bool]:
    return item.c.urgency == Urgency.S0


def _presses(item: FromClause) -> ColumnElement[bool]:
    return item.c.pressing_from <= _NOW


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
