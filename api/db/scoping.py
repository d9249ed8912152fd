"""Whose regions a row lies in, as a condition."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, or_, true

from api.domain.scope import stem
from api.services.records import Viewer


def in_scope(table: FromClause, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that `Viewer.sees` checks."""
    return within(table, viewer.regions)


def within(table: FromClause, regions: Collection[str]) -> ColumnElement[bool]:
    """Return the condition that a row lies in one of these regions, nowhere yet, or that none is named."""
    if not regions:
        return true()
    below = (table.c.region.startswith(stem(own), autoescape=True) for own in regions)
    return or_(table.c.region.is_(None), *below)
