"""Whose regions a row lies in, as a condition."""

from sqlalchemy import ColumnElement, Table, or_, true

from api.domain.scope import stem
from api.services.records import Viewer


def in_scope(table: Table, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition that `Viewer.sees` checks."""
    if not viewer.regions:
        return true()
    below = (table.c.region.startswith(stem(own), autoescape=True) for own in viewer.regions)
    return or_(table.c.region.is_(None), *below)
