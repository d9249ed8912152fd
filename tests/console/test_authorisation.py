"""Every route of the desk for every role, in their own region and in another: nothing is left out of the table."""

import re
import uuid

import pytest
from fastapi.routing import APIRoute

from api.console.router import console_router
from api.domain.conversation import LEASE
from api.domain.curation import Kind, Step
from api.domain.staff import Role
from api.http.staff import staff_router
from api.services import calls, curation, editing, lodging, staff
from api.services.attachment_ports import Document, MediaType
from api.services.curation import Written
from api.services.records import Ticket, TicketKind
from api.services.staff import StaffMember
from knowledge_base.assess import Assessor
from knowledge_base.types import SafetyKind, Urgency
from knowledge_base.workbench import Workbench
from tests.console.office import TheOffice
from tests.console.register import entered
from tests.console.route_table import OPEN, OTHER, OWN, TABLE, Line
from tests.console.test_staff_api import API
from tests.library import TODAY, real_library, wages

pytestmark = pytest.mark.http

PAPER = Document(media_type=MediaType.PDF, content=b"%PDF-1.7")
AUTHOR = StaffMember(id="author", name="author", display_name="作者", role=Role.MANAGER)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return real_library(tmp_path_factory.mktemp("home")).workbench()


@pytest.fixture(scope="module")
def law() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def desk(bare_office: TheOffice, library: Workbench, law: Assessor) -> TheOffice:
    """Open an office whose staff all look after one region; its streams end by themselves."""
    bare_office.regions = dict.fromkeys(Role, (OWN,))
    bare_office.closing.set()
    bare_office.library = library
    bare_office.law = law
    await bare_office.hire()
    return bare_office


class TestEveryRoute:
    def test_stands_in_the_table(self, desk: TheOffice) -> None:
        routes = (*console_router(desk.desk()).routes, *staff_router(desk.desk()).routes)
        there = {
            (method, route.path)
            for route in routes
            if isinstance(route, APIRoute)
            for method in route.methods - {"HEAD"}
        }
        table = {
            (line.method, line.path.replace("task_id", "ticket_id").replace("call_back_id", "ticket_id"))
            for line in TABLE
        } | OPEN
        assert table == there

    @pytest.mark.parametrize("line", TABLE, ids=str)
    async def test_is_open_to_whom_the_table_says_and_shut_for_all_others(self, desk: TheOffice, line: Line) -> None:
        untouched = await things(desk, region=OWN, stands=line.stands)
        for role in sorted(Role, key=line.who.__contains__):
            named = untouched
            if role in line.who and line.method != "GET":
                named = await things(desk, region=OWN, stands=line.stands)
            found = await asked(desk, line, role=role, named=named, held=line.holding and role in line.who)
            assert found == (line.own if role in line.who else 403), role

    @pytest.mark.parametrize("line", [line for line in TABLE if line.other is not None], ids=str)
    async def test_is_shut_in_another_region(self, desk: TheOffice, line: Line) -> None:
        elsewhere = await things(desk, region=OTHER, stands=line.stands)
        for role in Role:
            found = await asked(desk, line, role=role, named=elsewhere)
            assert found in ({line.other} if role in line.who else {403, 404}), role

    @pytest.mark.parametrize("line", TABLE, ids=str)
    async def test_is_shut_for_strangers(self, desk: TheOffice, line: Line) -> None:
        named = dict.fromkeys(re.findall(r"{(\w+)}", line.path), "1")
        assert await asked(desk, line, role=None, named=named) == (401 if line.path.startswith(API) else 303)


async def asked(office: TheOffice, line: Line, *, role: Role | None, named: dict[str, str], held: bool = False) -> int:
    """Try one line on the things that are named, holding the conversation first where that is wanted; return the status."""
    browser = office.browser() if role is None else await office.signed_in(role)
    colleague = "idoperator" if role is not Role.OPERATOR else "idreviewer"
    if held:
        thread = named["call_id" if "call_id" in line.path else "conversation_id"]
        claimed = await browser.http.post(f"{API}/conversations/{thread}/claim")
        assert claimed.status_code == 200
    path = line.path.format(**named | {"kind": "card", "number": "1", "step": line.step, "version": "0" * 16})
    fresh = f"aid.{uuid.uuid4().hex[:8]}"
    number = "".join(chr(0x4E00 + int(digit, 16) * 97) for digit in fresh[4:])
    content = f"关于发放{number}工资的通知\n2026年1月1日\n第一条　单位应当按月发放{number}工资。\n".encode()
    if line.form is not None:
        token = "" if role is None else await browser.form_token("/staff")
        known = {"{colleague}": colleague, "{fresh}": fresh}
        fields = {key: known.get(value, value) for key, value in line.form.items()}
        files = {"file": ("通知.txt", content)} if line.file else None
        answer = await browser.http.post(path, data={"form_token": token, **fields}, files=files)
        if role is None:
            assert answer.headers["location"].startswith("/staff/sign-in")
    elif line.file:
        answer = await browser.http.post(path, params={"name": "通知.txt", "region": OWN}, content=content)
    else:
        known = {"{colleague}": colleague, "{fresh}": fresh}
        given = {
            key: known.get(value, value) if isinstance(value, str) else value
            for key, value in (line.body or {}).items()
        }
        answer = await browser.http.request(line.method, path, json=given or None)
    return answer.status_code


async def things(office: TheOffice, *, region: str, stands: str) -> dict[str, str]:
    """Bring about one of everything that a route may be about, in a region."""
    conversation_id = await office.conversation(region=region)
    reference = await office.application(conversation_id=conversation_id, region=region)
    await office.in_danger(conversation_id, SafetyKind.CHILD_HARM)
    job = await office.gives_up("notice", error="telegram_away")
    task, account, key = uuid.uuid4().hex, uuid.uuid4().hex, f"aid.{uuid.uuid4().hex[:8]}"
    assert office.library is not None
    written = Written(kind=Kind.CARD, key=key, body=wages(id=key, region=region))
    review = await editing.review(office.library, written.body, on=TODAY)
    async with office.database.unit_of_work() as uow:
        (alert,) = await uow.tickets.open_ones(conversation_id=conversation_id)
        await uow.tickets.add(
            Ticket(
                id=task,
                kind=TicketKind.TASK,
                reason="tell_provider:grant",
                urgency=Urgency.S2,
                region=region,
                opened_at=office.clock(),
                reference=reference,
            )
        )
        await staff.add_staff(
            uow,
            name=account,
            display_name="同事",
            role=Role.OPERATOR,
            password_hash="",
            new_id=lambda: account,
            regions=(region,),
            now=office.clock(),
        )
        wished = await lodging.lodge(
            uow, conversation_id=conversation_id, kind=TicketKind.CALL_BACK, words="明天", now=office.clock()
        )
        complaint = await lodging.lodge(
            uow, conversation_id=conversation_id, kind=TicketKind.COMPLAINT, words="不接电话", now=office.clock()
        )
        call = await calls.begin(uow, member=AUTHOR, region=region, now=office.clock() - 2 * LEASE)
        await curation.save(uow, member=AUTHOR, written=written, now=office.clock())
        if stands:
            await curation.decide(
                uow,
                member=AUTHOR,
                kind=Kind.CARD,
                key=key,
                version=1,
                step=Step(stands),
                review=review,
                note="",
                now=office.clock(),
            )
        await uow.commit()
    return {
        "reference": reference,
        "conversation_id": conversation_id,
        "ticket_id": alert.id,
        "task_id": task,
        "job_id": str(job),
        "staff_id": account,
        "key": key,
        "call_id": call,
        "call_back_id": wished.id,
        "complaint_id": complaint.id,
        "attachment_id": await office.hands_in(conversation_id, PAPER),
        "provider_id": await entered(office, region=region),
    }
