"""Puts the staff pages together: one factory that every composition root mounts."""

from fastapi import APIRouter

from api.console.account import add_account
from api.console.actions import add_actions
from api.console.arriving import add_arrivals
from api.console.calling import add_calls
from api.console.caselogging import add_caselog
from api.console.cases import add_cases
from api.console.complaining import add_complaints
from api.console.correcting import add_correction
from api.console.door import add_door
from api.console.guard import Guard
from api.console.knowledge import add_knowledge
from api.console.merging import add_merging
from api.console.noting import add_notes
from api.console.opening import add_opening
from api.console.opposing import add_opposing
from api.console.pages import ROOT, Pages
from api.console.papers import add_papers
from api.console.people import add_people
from api.console.personal import add_personal
from api.console.providing import add_providers
from api.console.queue import add_queue
from api.console.retriaging import add_retriage
from api.console.ringing import add_ringing
from api.console.searching import add_search
from api.console.signing import add_signs
from api.console.speaking import add_speaking
from api.console.views import Words
from api.services.desk import StaffDesk


def console_router(desk: StaffDesk) -> APIRouter:
    """Return the routes under `/staff`. Templates and static files are read here, once."""
    pages, words = Pages(), Words(desk)
    guard = Guard(desk, pages)
    router = APIRouter(prefix=ROOT, route_class=guard.route_class(), include_in_schema=False)
    add_door(router, desk=desk, pages=pages, guard=guard)
    add_queue(router, desk=desk, pages=pages, guard=guard, words=words)
    add_search(router, desk=desk, pages=pages, guard=guard, words=words)
    add_cases(router, desk=desk, pages=pages, guard=guard, words=words)
    add_actions(router, desk=desk, pages=pages, guard=guard)
    add_merging(router, desk=desk, guard=guard)
    add_opposing(router, desk=desk, guard=guard)
    add_speaking(router, desk=desk, guard=guard)
    add_signs(router, desk=desk, guard=guard)
    add_caselog(router, desk=desk, guard=guard)
    add_notes(router, desk=desk, guard=guard)
    add_arrivals(router, desk=desk, pages=pages, guard=guard)
    add_papers(router, desk=desk, guard=guard, words=words)
    add_opening(router, desk=desk, guard=guard)
    add_complaints(router, desk=desk, guard=guard)
    add_ringing(router, desk=desk, pages=pages, guard=guard, words=words)
    add_correction(router, desk=desk, guard=guard)
    add_account(router, desk=desk, pages=pages, guard=guard)
    add_people(router, desk=desk, pages=pages, guard=guard)
    add_personal(router, desk=desk, pages=pages, guard=guard, words=words)
    add_providers(router, desk=desk, pages=pages, guard=guard)
    if desk.ear is not None:
        add_retriage(router, desk=desk, ear=desk.ear, guard=guard)
        add_calls(router, desk=desk, ear=desk.ear, pages=pages, guard=guard, words=words)
    if desk.library is not None:
        add_knowledge(router, desk=desk, library=desk.library, pages=pages, guard=guard)
    return router
