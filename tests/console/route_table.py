"""Every route of the desk, who may use it, and what they get in their own region and in another: one table."""

from dataclasses import dataclass

from api.domain.staff import Role
from tests.console.office import PASSWORD
from tests.console.test_calls import HANDED
from tests.console.test_staff_api import API, DECIDERS, DESK, READERS

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
NOTICE = {
    "kind": "notified",
    "organ": "court",
    "organ_name": "牡丹江市中级人民法院",
    "stage": "first_instance",
    "ground": "minor",
    "name": "赵小宝",
    "words": "涉嫌盗窃",
    "region": OWN,
    "once": "{fresh}",
}
NOTICE_JSON: dict[str, object] = {
    "once": "{fresh}",
    "paper": {
        "origin": "notified",
        "organ": "court",
        "name": "牡丹江市中级人民法院",
        "stage": "first_instance",
        "ground": "minor",
    },
    "name": "赵小宝",
    "words": "涉嫌盗窃",
    "region": OWN,
}
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
    sent("/complaints/{complaint_id}/take", DESK, other=404),
    sent("/complaints/{complaint_id}/close", DESK, other=404, outcome="upheld", result="已经处理。"),
    sent("/tasks/{task_id}/done", DESK, other=404, outcome="told_by_phone"),
    sent("/failures/{job_id}/retry", MANAGERS),
    *(sent(f"{item}/notes", DESK, other=404, note="对方律师来过电话。") for item in (CASE, THREAD)),
    sent(f"{CASE}/preference", DESK, other=404, preference="李律师"),
    sent(f"{CASE}/progress", DESK, own=409, other=404, kind="hearing", on="2026-12-03"),
    *(
        sent(f"{item}/attachments/{{attachment_id}}", DESK, own=200, other=404, purpose="notice")
        for item in (CASE, THREAD)
    ),
    sent(f"{CASE}/paper", DESK, own=200, other=404, purpose="notice", paper="form"),
    get(f"{PAGES}{CASE}/personal", MANAGERS, other=404),
    sent(f"{CASE}/personal", MANAGERS, other=404, statement="我五十三岁。", identity="in_person"),
    sent(f"{CASE}/personal/copy", MANAGERS, own=200, other=404, identity="in_person"),
    sent(f"{CASE}/opponents", DESK, other=404, opponents="宏达建筑有限公司"),
    sent(f"{CASE}/pass-phrase", DESK, other=404, pass_phrase="红灯记"),
    sent(f"{THREAD}/signs", DESK, own=204, other=404, read="1", typing="yes"),
    # No other application of this telephone: whoever gets as far as that was let in.
    sent(f"{CASE}/merge", DECIDERS, own=409, other=404, into="LA-2026-2222-2"),
    # Call-backs.
    get(f"{PAGES}/slots", READERS),
    sent("/slots", MANAGERS, region=OWN, half="am", capacity="3"),
    sent("/call-backs/{call_back_id}/attempts", DESK, other=404, outcome="engaged"),
    # No such half-day: whoever gets as far as that was let in.
    sent("/call-backs/{call_back_id}/slot", DESK, own=422, other=404, slot="2020-01-01.am"),
    # What organs send, and what goes on elsewhere.
    get(f"{PAGES}/organs", DESK),
    sent("/organs", DESK, **NOTICE),
    told("/organ-papers", DESK, own=201, **NOTICE_JSON),
    # It did not go anywhere: whoever gets as far as that was let in.
    told(f"{CASE}/handing-on", DESK, own=409, other=404, purpose="transfer"),
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
    get(f"{PAGES}/search", READERS),
    sent("/search", READERS),
    sent("/search", DESK, name="王大山"),
    told("/search", READERS, state="submitted"),
    told("/search", DESK, phone="5678"),
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
    get(f"{API}{THREAD}/attachments", READERS, other=404),
    told(f"{THREAD}/attachments/{{attachment_id}}/open", DESK, other=404, purpose="review"),
    # No other application of this telephone: whoever gets as far as that was let in.
    told(f"{CASE}/merge", DECIDERS, own=409, other=404, into="LA-2026-2222-2"),
    told(f"{CASE}/opponents", DESK, own=204, other=404, method="PUT", opponents=["宏达建筑有限公司"]),
    told(f"{CASE}/personal", MANAGERS, other=404, statement="我五十三岁。", identity="in_person"),
    told(f"{CASE}/personal/copy", MANAGERS, other=404, identity="in_person"),
    get(f"{API}/slots", READERS),
    told("/slots", MANAGERS, own=204, method="PUT", region=OWN, half="am", capacity=3),
    told("/call-backs/{call_back_id}/attempts", DESK, other=404, outcome="engaged"),
    # No such half-day.
    told("/call-backs/{call_back_id}/slot", DESK, own=409, other=404, slot="2020-01-01.am"),
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
