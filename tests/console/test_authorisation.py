"""Every route of the desk for every role, in their own region and in another: one table, and nothing is left out of it."""

import re
import uuid
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute

from api.console.router import console_router
from api.domain.conversation import LEASE
from api.domain.curation import Kind, Step
from api.domain.staff import Role
from api.http.staff import staff_router
from api.services import calls, curation, editing, lodging, staff
from api.services.curation import Written
from api.services.records import Ticket, TicketKind
from api.services.staff import StaffMember
from knowledge_base.assess import Assessor
from knowledge_base.types import SafetyKind, Urgency
from knowledge_base.workbench import Workbench
from tests.console.office import PASSWORD, TheOffice
from tests.console.register import entered
from tests.console.test_calls import HANDED
from tests.console.test_staff_api import API, DECIDERS, DESK, READERS
from tests.library import TODAY, real_library, wages

pytestmark = pytest.mark.http

OWN, OTHER = "231000", "140581"
PAGES = "/staff"
EDITORS = frozenset({Role.DUTY_LAWYER, Role.REVIEWER, Role.MANAGER})
APPROVERS = DECIDERS
MANAGERS = frozenset({Role.MANAGER})
CASE, THREAD, CARD = "/applications/{reference}", "/conversations/{conversation_id}", "/knowledge/{kind}/{key}"
ITEM, CALL = "/knowledge/items/{kind}/{key}", "/seat/{call_id}"
OPEN = {
    ("GET", f"{PAGES}/sign-in"),
    ("POST", f"{PAGES}/sign-in"),
    ("POST", f"{PAGES}/display"),
    ("GET", f"{PAGES}/static/{{name}}"),
    ("POST", f"{API}/session"),
}
"""What needs nobody to be signed in."""
AUTHOR = StaffMember(id="author", name="author", display_name="作者", role=Role.MANAGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One route: who may, what they get in their region and in another, and what is sent."""

    method: str
    path: str
    who: frozenset[Role]
    own: int = 200
    other: int | None = None
    """None where nothing in it belongs to a region."""
    body: dict[str, object] | None = None
    form: dict[str, str] | None = None
    file: bool = False
    holding: bool = False
    """Whether they hold the conversation first."""
    step: str = ""
    stands: str = ""
    """The step a card has taken before."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.step or self.body or ''}"


def get(path: str, who: frozenset[Role], *, other: int | None = None, own: int = 200) -> Line:
    return Line(method="GET", path=path, who=who, own=own, other=other)


def sent(  # noqa: PLR0913 - keyword-only
    path: str,
    who: frozenset[Role],
    *,
    other: int | None = None,
    own: int = 303,
    holding: bool = False,
    step: str = "",
    stands: str = "",
    **form: str,
) -> Line:
    """Return a form of the pages."""
    return Line(
        method="POST",
        path=f"{PAGES}{path}",
        who=who,
        own=own,
        other=other,
        form=form,
        holding=holding,
        step=step,
        stands=stands,
    )


def told(  # noqa: PLR0913 - keyword-only
    path: str,
    who: frozenset[Role],
    *,
    other: int | None = None,
    own: int = 200,
    holding: bool = False,
    stands: str = "",
    method: str = "POST",
    **body: object,
) -> Line:
    """Return a JSON call."""
    return Line(
        method=method,
        path=f"{API}{path}",
        who=who,
        own=own,
        other=other,
        body=body,
        holding=holding,
        stands=stands,
    )


CORRECTED = {"outcome": "needs_person", "ground": "rule_missing", "why": "没问到。"}
DRAFT = {
    "questions": ["讨要工资能不能申请援助"],
    "answer": "可以。请求支付劳动报酬的，可以申请援助。",
    "sources": [{"document": "援助法", "clause": "第二条", "words": ["请求支付劳动报酬"]}],
    "matters": ["labour.wages"],
}
TYPED = {
    "questions": "讨要工资能不能申请援助",
    "answer": "可以。请求支付劳动报酬的，可以申请援助。",
    "sources": "《援助法》第二条：请求支付劳动报酬",
    "matters": "labour.wages",
    "region": OWN,
}
REGISTERED = {"kind": "lawyer", "practising_since": "2019-05-01", "region": OWN}
KEPT: dict[str, object] = {"display_name": "王", "role": "reviewer", "regions": [OWN]}
TABLE = (
    # The queue, cases and conversations as pages.
    get(PAGES, READERS),
    get(f"{PAGES}/queue/parts", READERS),
    get(f"{PAGES}/queue/stream", READERS),
    *(get(f"{PAGES}{item}{part}", READERS, other=404) for item in (CASE, THREAD) for part in ("", "/parts", "/stream")),
    *(sent(f"{item}/claim", DESK, other=404) for item in (CASE, THREAD)),
    *(sent(f"{item}/messages", DESK, other=404, holding=True, text="您好。") for item in (CASE, THREAD)),
    *(sent(f"{item}/hand-over", DESK, other=404, holding=True, to="{colleague}") for item in (CASE, THREAD)),
    *(sent(f"{item}/release", DESK, other=404, holding=True) for item in (CASE, THREAD)),
    sent(f"{CASE}/contact", DESK, own=200, other=404, purpose="call_back", what="contact"),
    # No such token in this conversation: whoever gets as far as that was let in.
    sent(f"{THREAD}/contact", DESK, own=404, other=404, purpose="call_back", what="<pii:phone:1>"),
    sent(f"{CASE}/events", DECIDERS, other=404, event="begin_review"),
    sent(f"{CASE}/events", DESK, other=404, event="withdraw"),
    sent(f"{CASE}/matter", DESK, other=404, matter="family.maintenance"),
    sent(f"{CASE}/correction", DESK, other=404, **CORRECTED),
    sent(f"{THREAD}/erase", MANAGERS, own=409, other=404),  # a ticket of it is open
    sent("/alerts/{ticket_id}/take", DESK, other=404),
    sent("/alerts/{ticket_id}/report", DESK, other=404, to="police"),
    sent("/tasks/{task_id}/done", DESK, other=404, outcome="told_by_phone"),
    sent("/failures/{job_id}/retry", MANAGERS),
    *(sent(f"{item}/notes", DESK, other=404, note="对方律师来过电话。") for item in (CASE, THREAD)),
    sent(f"{CASE}/preference", DESK, other=404, preference="李律师"),
    sent(f"{CASE}/progress", DESK, own=409, other=404, kind="hearing", on="2026-12-03"),
    sent(f"{CASE}/paper", DESK, own=200, other=404, purpose="notice", paper="form"),
    sent(f"{THREAD}/signs", DESK, own=204, other=404, read="1", typing="yes"),
    # No other application of this telephone: whoever gets as far as that was let in.
    sent(f"{CASE}/merge", DECIDERS, own=409, other=404, into="LA-2026-2222-2"),
    # Call-backs.
    get(f"{PAGES}/slots", READERS),
    sent("/slots", MANAGERS, region=OWN, half="am", capacity="3"),
    sent("/call-backs/{call_back_id}/attempts", DESK, other=404, outcome="engaged"),
    # No such half-day: whoever gets as far as that was let in.
    sent("/call-backs/{call_back_id}/slot", DESK, own=422, other=404, slot="2020-01-01.am"),
    # Calls.
    get(f"{PAGES}/seat", DESK),
    sent("/seat", DESK),
    get(f"{PAGES}{CALL}", DESK, other=404),
    sent(f"{CALL}/take", DESK, other=404),
    sent(f"{CALL}/answers", DESK, other=404, holding=True),
    sent(f"{CALL}/notes", DESK, other=404, own=200, holding=True, notes="老板欠工资"),
    sent(f"{CALL}/end", DESK, other=404, holding=True, notes="老板欠工资", outcome="answered"),
    sent(f"{CALL}/application", DESK, other=404, holding=True, notes="老板欠工资", **HANDED),
    sent("/sign-out", READERS),
    # Accounts.
    get(f"{PAGES}/account", READERS),
    sent("/account/password", READERS, password=PASSWORD, new="four words of mine", again="four words of mine"),
    sent("/account/second-factor/begin", READERS),
    sent("/account/second-factor", READERS, own=409, code="1"),
    sent("/people", MANAGERS, own=200, name="new", display_name="新", role="operator", regions=OWN),
    *(sent(f"/people/{{staff_id}}/{step}", MANAGERS, other=404) for step in ("disable", "enable")),
    sent("/people/{staff_id}", MANAGERS, other=404, display_name="王", role="reviewer", regions=OWN),
    sent("/people/{staff_id}/password", MANAGERS, own=200, other=404),
    *(get(f"{root}/{page}", MANAGERS) for root in (PAGES, API) for page in ("people", "providers")),
    sent("/providers", MANAGERS, name="李律师", credential="{fresh}", **REGISTERED),
    sent("/providers/{provider_id}", MANAGERS, other=404, name="李律师", credential="{fresh}", **REGISTERED),
    # The knowledge base: read by all, of whatever region; written and approved within one's own.
    get(f"{PAGES}/knowledge", READERS),
    get(f"{PAGES}/knowledge/questions", READERS),
    get(f"{PAGES}/knowledge/wordings/{{version}}", READERS, own=404),
    get(f"{PAGES}/knowledge/card/new", EDITORS),
    get(f"{PAGES}/knowledge/document/new", EDITORS),
    get(f"{PAGES}{CARD}", READERS),
    get(f"{PAGES}{CARD}/versions/{{number}}", READERS),
    sent("/knowledge/card", EDITORS, key="{fresh}", **TYPED),
    Line(method="POST", path=f"{PAGES}/knowledge/documents", who=EDITORS, own=303, form={"region": OWN}, file=True),
    sent(CARD, EDITORS, other=403, base="1", **TYPED),
    sent(f"{CARD}/{{step}}", EDITORS, other=403, step="propose", version="1"),
    sent(f"{CARD}/{{step}}", APPROVERS, other=403, step="approve", stands="propose", version="1"),
    sent(f"{CARD}/{{step}}", EDITORS, other=403, step="return", stands="propose", version="1", note="再写写"),
    sent(f"{CARD}/expire", APPROVERS, own=409, other=403, note="不用了"),
    # The same as JSON.
    get(f"{API}/session", READERS),
    Line(method="DELETE", path=f"{API}/session", who=READERS, own=204),
    get(f"{API}/queue", READERS),
    get(f"{API}{CASE}", READERS, other=404),
    get(f"{API}{THREAD}", READERS, other=404),
    told(f"{CASE}/events", DECIDERS, other=404, event="begin_review"),
    told(f"{CASE}/events", DESK, other=404, event="withdraw"),
    told(f"{CASE}/correction", DESK, own=201, other=404, **CORRECTED),
    told(f"{THREAD}/claim", DESK, other=404),
    told(f"{THREAD}/messages", DESK, own=201, other=404, holding=True, text="您好。"),
    told(f"{THREAD}/hand-over", DESK, other=404, holding=True, to="{colleague}"),
    told(f"{THREAD}/release", DESK, other=404, holding=True),
    told("/alerts/{ticket_id}/take", DESK, other=404),
    told("/alerts/{ticket_id}/report", DESK, other=404, to="police"),
    told("/failures/{job_id}/retry", MANAGERS, own=204),
    told("/people", MANAGERS, own=201, name="{fresh}", **KEPT),
    told("/people/{staff_id}", MANAGERS, other=404, method="PUT", **KEPT),
    *(told(f"/people/{{staff_id}}/{step}", MANAGERS, own=204, other=404) for step in ("disable", "enable")),
    told("/people/{staff_id}/password", MANAGERS, other=404),
    told("/providers", MANAGERS, own=201, name="李律师", credential="{fresh}", **REGISTERED),
    told("/providers/{provider_id}", MANAGERS, other=404, method="PUT", name="李", credential="{fresh}", **REGISTERED),
    get(f"{API}/knowledge/items", READERS),
    get(f"{API}{ITEM}", READERS),
    get(f"{API}/knowledge/questions", READERS),
    get(f"{API}/knowledge/wordings/{{version}}", READERS, own=404),
    told("/knowledge/items/card/{key}/versions", EDITORS, own=201, other=403, base=1, region=OWN, **DRAFT),
    # There is no such text yet, and nobody starts one by this route; a role that may not write learns nothing else.
    told("/knowledge/items/document/{key}/versions", EDITORS, own=404, title="通知", region=OWN),
    Line(method="POST", path=f"{API}/knowledge/documents", who=EDITORS, own=201, file=True),
    told(f"{ITEM}/decisions", EDITORS, other=403, step="propose", version=1),
    told(f"{ITEM}/decisions", APPROVERS, other=403, stands="propose", step="approve", version=1),
)


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
        "provider_id": await entered(office, region=region),
    }
