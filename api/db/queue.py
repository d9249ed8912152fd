"""The order of the staff queue, computed where the rows lie: what is fetched is one page and six figures."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    and_,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from api.db.scoping import in_scope
from api.db.session import Session
from api.db.tables import Moment, applications, tickets
from api.domain.clocks import end_of_day
from api.domain.priority import Rank
from api.services.queue_ports import Place, Show, Tally
from api.services.records import TicketKind, Viewer
from knowledge_base.types import Urgency

_BREAK: Final = "\n"


class SqlQueue:
    """Adapter of the `Queue` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def page(
        self, *, viewer: Viewer, now: datetime, show: Show, page: int, size: int
    ) -> tuple[Tally, tuple[Place, ...]]:
        """Return the figures and one page; both from one statement, so that they agree."""
        placed = _placed(viewer=viewer, now=now)
        lines = _lines(placed)
        shown = {Show.ALL: true(), Show.MINE: lines.c.owner == viewer.staff, Show.FREE: lines.c.owner.is_(None)}[show]
        leaf = (
            select(lines.c.line, lines.c.place)
            .where(shown)
            .order_by(lines.c.place)
            .limit(size)
            .offset((page - 1) * size)
            .cte("leaf")
        )
        tally = select(
            func.count().label("everything"),
            _count(lines.c.urgency == Urgency.S0).label("danger"),
            _count(lines.c.urgency == Urgency.S1).label("today"),
            # As the page marks a limit: on its last day and on the day before.
            _count(lines.c.clock_due <= end_of_day(now, days=1)).label("due"),
            _count(lines.c.owner.is_(None)).label("unowned"),
            _count(lines.c.owner == viewer.staff).label("mine"),
        ).cte("tally")
        query = (
            select(tally, placed.c.id, placed.c.ticket)
            .select_from(tally.outerjoin(leaf, true()).outerjoin(placed, placed.c.line == leaf.c.line))
            .order_by(placed.c.place)
        )
        rows = (await self._session.connection.execute(query)).all()
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
            tuple(Place(id=row.id, ticket=bool(row.ticket)) for row in rows if row.id is not None),
        )

    async def mark(self) -> str:
        """Return the versions of open applications and what a line shows of open tickets."""
        aid, row = applications.c, tickets.c
        # Every change of an application counts its version on.
        handed_in = select(aid.reference, aid.version).where(aid.open.is_(True)).order_by(aid.reference)
        raised = (
            select(row.id, row.owner, row.urgency, row.reason, row.times, row.reported_at, row.next_at)
            .where(row.closed_at.is_(None))
            .order_by(row.id)
        )
        found = [
            *(await self._session.connection.execute(handed_in)),
            *(await self._session.connection.execute(raised)),
        ]
        return _BREAK.join(" ".join(map(str, each)) for each in found)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _items(*, viewer: Viewer, now: datetime) -> CTE:
    """Return every open application and ticket in scope, with what `priority.sort_key` would make of it."""
    moment = literal(now, Moment)
    aid, row = applications.c, tickets.c
    received = func.coalesce(aid.received_at, aid.state_since, moment)
    today = or_(aid.same_day, aid.urgency == Urgency.S1)
    pressing = aid.pressing_from <= now
    handed_in = select(
        aid.reference.label("id"),
        false().label("ticket"),
        aid.reference.label("reference"),
        aid.conversation_id,
        aid.owner,
        false().label("unanswered"),
        aid.urgency,
        aid.clock_due,
        case(
            (aid.urgency == Urgency.S0, Rank.DANGER.value),
            (pressing, Rank.STATUTORY_CLOCK.value),
            (today, Rank.SAME_DAY.value),
            else_=Rank.OLDEST.value,
        ).label("tier"),
        case((and_(aid.urgency != Urgency.S0, pressing), aid.clock_due), else_=received).label("until"),
        received.label("opened_at"),
    ).where(aid.open.is_(True), in_scope(applications, viewer))
    # What was promised for today or tomorrow stands with what is due today; a call-back waits for its own day.
    promised = and_(
        row.due.is_not(None),
        case(
            (row.next_at.is_not(None), row.next_at < end_of_day(now, days=0)),
            else_=row.due <= end_of_day(now, days=1),
        ),
    )
    raised = select(
        row.id,
        true().label("ticket"),
        row.reference,
        row.conversation_id,
        row.owner,
        and_(row.kind == TicketKind.ALERT, row.owner.is_(None)).label("unanswered"),
        row.urgency,
        literal(None, Moment).label("clock_due"),
        case(
            (row.urgency == Urgency.S0, Rank.DANGER.value),
            (or_(promised, row.urgency == Urgency.S1), Rank.SAME_DAY.value),
            else_=Rank.OLDEST.value,
        ).label("tier"),
        row.opened_at.label("until"),
        row.opened_at,
    ).where(row.closed_at.is_(None), in_scope(tickets, viewer))
    return union_all(handed_in, raised).cte("items")


def _placed(*, viewer: Viewer, now: datetime) -> CTE:
    """Return the items in their order, each with its line: what came from one conversation is one line."""
    items = _items(viewer=viewer, now=now)
    threads = (
        select(items.c.reference, func.max(items.c.conversation_id).label("conversation_id"))
        .where(items.c.reference.is_not(None), items.c.conversation_id.is_not(None))
        .group_by(items.c.reference)
        .cte("threads")
    )
    line = func.coalesce(items.c.conversation_id, threads.c.conversation_id, items.c.reference, items.c.id)
    order = (items.c.tier, items.c.until, items.c.opened_at, items.c.ticket.desc(), items.c.id)
    return (
        select(items, line.label("line"), func.row_number().over(order_by=order).label("place"))
        .select_from(items.outerjoin(threads, threads.c.reference == items.c.reference))
        .cte("placed")
    )


def _lines(placed: CTE) -> CTE:
    """Return one row a line: it stands where its most urgent part stands; nobody's while an alert of it is nobody's."""
    one = placed.c.line
    owner = func.first_value(placed.c.owner).over(partition_by=one, order_by=(placed.c.owner.is_(None), placed.c.place))
    unanswered = func.max(case((placed.c.unanswered, 1), else_=0)).over(partition_by=one)
    parts = select(
        one,
        placed.c.place,
        placed.c.urgency,
        case((unanswered == 1, null()), else_=owner).label("owner"),
        func.min(placed.c.clock_due).over(partition_by=one).label("clock_due"),
        func.row_number().over(partition_by=one, order_by=placed.c.place).label("nth"),
    ).cte("parts")
    return select(parts).where(parts.c.nth == 1).cte("lines")
