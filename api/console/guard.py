"""Stands before every staff page: who is signed in, is the form ours, and what does a refusal look like."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.console import happened
from api.console.alerts import AlertView, alert
from api.console.forms import Form, FormRefused, read_form, read_upload
from api.console.pages import ROOT, Display, Flash, Pages, redirect
from api.domain.application import TransitionRefused
from api.domain.conversation import HolderRefused
from api.domain.correction import CorrectionRefused
from api.domain.curation import StepRefused
from api.domain.staff import Permission
from api.services import desk as work
from api.services import staff
from api.services.accounts import AccountRefused, StaffNotFound
from api.services.applications import ApplicationNotFound, IdempotencyConflict
from api.services.callbacks import SlotRefused
from api.services.conversations import ConversationNotFound
from api.services.curation import DraftFlawed, ItemNotFound, NoteRequired
from api.services.desk import ColleagueUnfit, MessageUnusable, OutcomeRequired, StaffDesk
from api.services.failures import FailureNotFound
from api.services.papers import PaperNotDue
from api.services.ports import DatabaseBusy, UnitOfWork, VersionConflict
from api.services.provider_ports import CredentialTaken
from api.services.providers import AssignmentRefused, ProviderNotFound, ProviderRefused
from api.services.retriage import MatterRefused
from api.services.staff import AccountUnready, NotPermitted, Seat, SignInRequired, StaffNameTaken, StaffNameUnusable
from api.services.tickets import TicketNotFound
from api.services.vault import PurposeRequired, TokenUnknown
from knowledge_base.types import KnowledgeUnavailable

_DOOR_COOKIE: Final = "legal_aid_door"
_DISPLAY_COOKIE: Final = "legal_aid_display"
_YEAR: Final = 365 * 24 * 3600
_NOT_FOUND: Final = (HTTPStatus.NOT_FOUND, "没有找到", "可能编号不对，或者不在您负责的地区。")
_UNUSABLE: Final = HTTPStatus.UNPROCESSABLE_ENTITY
REFUSALS: Final[dict[str, tuple[HTTPStatus, str, str]]] = {
    "not_permitted": (HTTPStatus.FORBIDDEN, "您的岗位不能做这一步", "需要办理请找有权限的同事。"),
    "form_token_wrong": (HTTPStatus.FORBIDDEN, "页面已经过期", "请回到原来的页面，刷新后再试一次。"),
    "form_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "内容太长", "请缩短以后再提交。"),
    "form_malformed": (HTTPStatus.BAD_REQUEST, "提交的内容读不出来", "请回到原来的页面，刷新后再试一次。"),
    "conversation_not_found": _NOT_FOUND,
    "application_not_found": _NOT_FOUND,
    "ticket_not_found": (HTTPStatus.NOT_FOUND, "这条提醒已经处理过了", "请回到队列看最新情况。"),
    "page_not_found": _NOT_FOUND,
    "vault_token_unknown": (HTTPStatus.NOT_FOUND, "这项信息已经不在了", "可能已按保存期限删除。"),
    "purpose_required": (_UNUSABLE, "请选择用途", "查看个人信息要说明用途，用途会写入审计记录。"),
    "held_by_another": (HTTPStatus.CONFLICT, "已经有同事在接待", "等同事交还以后，您再接手。"),
    "not_the_holder": (
        HTTPStatus.CONFLICT,
        "现在不由您接待",
        "十五分钟没有发言，对话会退回队列。请重新点“由我接待”，再把话发出去。",
    ),
    "colleague_unfit": (_UNUSABLE, "不能移交给这位同事", "可能已经停用，或者不负责这个地区。请换一位同事。"),
    "failure_not_found": (HTTPStatus.NOT_FOUND, "已经有同事重新办理", "请回到队列看最新情况。"),
    "conversation_closed": (HTTPStatus.CONFLICT, "这个对话已经结束", "来访人再来说话时会重新打开。"),
    "idempotency_key_reused": (
        HTTPStatus.CONFLICT,
        "这一页已经发过一条消息",
        "这次写的没有发出去。请回到对话，刷新后再发一次。",
    ),
    "database_busy": (HTTPStatus.SERVICE_UNAVAILABLE, "系统正忙", "刚才的操作没有保存，请稍后再试一次。"),
    "version_conflict": (HTTPStatus.CONFLICT, "有人刚刚办理过", "请回去看最新的进程，再决定下一步。"),
    "illegal_move": (HTTPStatus.CONFLICT, "现在不能这样办理", "申请的状态已经变了，请回去看最新的进程。"),
    "not_entitled": (HTTPStatus.FORBIDDEN, "这一步不由法律援助机构作出", "请按法定程序办理。"),
    "supplement_told_once": (
        HTTPStatus.CONFLICT,
        "补充材料已经告知过了",
        "《法律援助法》第四十三条要求一次性告知，不能再次要求补充。",
    ),
    "papers_required": (_UNUSABLE, "请写明要补充的材料", "每行写一项，要一次写全。"),
    "no_supplement_requested": (HTTPStatus.CONFLICT, "还没有通知补充材料", "通知补充材料以后，才能打印通知书。"),
    "matter_unfit": (_UNUSABLE, "没有这个事项", "请从列表里选一个。"),
    "matter_same": (_UNUSABLE, "和原来的事项一样", "更正要选一个不同的事项。"),
    "sentence_personal": (_UNUSABLE, "这句话里有个人信息", "请去掉姓名和号码，只写一类人会怎么说。"),
    "sentence_too_long": (_UNUSABLE, "这句话太长", "请缩短到二百字以内。"),
    "slot_unknown": (_UNUSABLE, "没有这个时段", "可能已经过了，请刷新后另选一个。"),
    "slot_full": (HTTPStatus.CONFLICT, "这半天已经约满", "请另选一个时段。"),
    "capacity_malformed": (_UNUSABLE, "数量或地区写得不对", "数量写 0 到 99，地区写您负责的六位代码。"),
    "papers_due_required": (_UNUSABLE, "请写明补充材料的期限", "告诉来访人最晚哪一天补上。"),
    "papers_due_too_soon": (_UNUSABLE, "补充材料的期限已经过了", "请选今天以后的日子。"),
    "papers_not_due": (
        HTTPStatus.CONFLICT,
        "补充材料的期限还没有到",
        "期限过后仍未补充的，才视为撤回申请（《法律援助法》第四十三条）。",
    ),
    "reason_required": (_UNUSABLE, "请写明理由", "书面决定要说明理由。"),
    "provider_required": (_UNUSABLE, "请选择承办人员", "从名册里选承办律师或其他法律援助人员。"),
    "outcome_required": (_UNUSABLE, "请选择结果", "办完一件事，要写明结果。"),
    "closing_report_required": (_UNUSABLE, "请写结案报告", "结案要写明结果和办理经过。"),
    "provider_unfit": (_UNUSABLE, "不能指派给这位", "可能已经停止指派，或者不办这个地区的案件。请换一位。"),
    "experience_required": (
        _UNUSABLE,
        "这个案子要三年以上相关执业经历的律师",
        "可能判无期徒刑、死刑，或者死刑复核的案件，《法律援助法》第二十六条要求这样指派。请换一位。",
    ),
    "conflict_unresolved": (_UNUSABLE, "可能有利害冲突", "来访人提到了这位的客户。请换一位，或者核实后勾选。"),
    "provider_not_found": _NOT_FOUND,
    "provider_name_unusable": (_UNUSABLE, "请写明姓名", "姓名最多 64 个字。"),
    "credential_unusable": (_UNUSABLE, "请写明执业证号", "最多 32 个字符。"),
    "credential_taken": (HTTPStatus.CONFLICT, "这个执业证号已经在名册里", "请改原来的那一条，不要再登记一条。"),
    "practice_in_future": (_UNUSABLE, "执业起始日还没有到", "请填已经过去的日子。"),
    "entry_too_long": (_UNUSABLE, "有一项写得太长", "每项最多 100 个字，客户最多 200 个。"),
    "office_required": (_UNUSABLE, "请写明移送给哪个机构", "填写接收的法律援助机构。"),
    "termination_ground_required": (_UNUSABLE, "请选择终止的情形", "《法律援助法》第四十八条。"),
    "advance_ground_required": (_UNUSABLE, "请选择先行提供的情形", "《法律援助法》第四十四条。"),
    "correction_same": (_UNUSABLE, "和原来的结论一样", "改判要选一个不同的结论。"),
    "correction_why_empty": (_UNUSABLE, "请写明为什么", "写清楚哪里不对，改规则的人才看得明白。"),
    "correction_too_long": (_UNUSABLE, "理由太长", "请缩短到五百字以内。"),
    "article_malformed": (_UNUSABLE, "依据的条文写法不对", "例如《法律援助法》第三十二条第四项，只写法名和条号。"),
    "article_unknown": (_UNUSABLE, "规则里没有引用这部法", "请把法名和条号写进理由里，这一栏留空。"),
    "message_empty": (_UNUSABLE, "还没有写内容", "请回去写好以后再发送。"),
    "item_not_found": _NOT_FOUND,
    "draft_flawed": (_UNUSABLE, "还有地方要改", "请回到原来的页面，按校验结果改好以后再提交。"),
    "note_required": (_UNUSABLE, "请写明理由", "退回和停用都要写明理由，让同事看得明白。"),
    "under_review": (HTTPStatus.CONFLICT, "正在等人审核，不能改", "要改请先退回修改。"),
    "not_a_draft": (HTTPStatus.CONFLICT, "这一版不能提交", "可能已经提交过了，或者有更新的一版。"),
    "not_proposed": (HTTPStatus.CONFLICT, "这一版没有在等审核", "可能同事刚刚处理过，请回去看最新情况。"),
    "not_in_use": (HTTPStatus.CONFLICT, "这一版没有在用", "可能同事刚刚处理过，请回去看最新情况。"),
    "second_person_required": (HTTPStatus.FORBIDDEN, "要由另一位同事审核", "写的人和提交的人都不能审核自己的稿子。"),
    "knowledge_unavailable": (HTTPStatus.SERVICE_UNAVAILABLE, "资料库暂时打不开", "没有保存。请稍后再试一次。"),
    "staff_not_found": _NOT_FOUND,
    "staff_name_taken": (HTTPStatus.CONFLICT, "这个用户名已经有人用了", "请换一个用户名。"),
    "staff_name_unusable": (_UNUSABLE, "用户名不能用", "用户名最多 64 个字，不能是空的。"),
    "display_name_unusable": (_UNUSABLE, "请写明姓名", "姓名最多 64 个字，来访人和同事会看到。"),
    "region_unknown": (_UNUSABLE, "没有这个地区代码", "用六位行政区划代码，几个地区之间用空格隔开。"),
    "region_beyond_yours": (HTTPStatus.FORBIDDEN, "超出您负责的地区", "只能设立您负责地区以内的账号。"),
    "account_your_own": (HTTPStatus.FORBIDDEN, "不能停用或者重设自己的账号", "请另一位管理人员来办。"),
    "passwords_differ": (_UNUSABLE, "两次写的新密码不一样", "密码没有改，请再来一次。"),
    "password_short": (_UNUSABLE, "新密码太短", "至少十个字符，密码没有改。"),
    "password_long": (_UNUSABLE, "新密码太长", "最多 128 个字符，密码没有改。"),
    "password_guessable": (_UNUSABLE, "新密码太容易猜到", "不要用用户名，也不要只重复几个字符。密码没有改。"),
    "password_same": (_UNUSABLE, "新密码和现在的一样", "请换一个，密码没有改。"),
    "tried_too_often": (HTTPStatus.TOO_MANY_REQUESTS, "试得太频繁了", "请过几分钟再来。"),
    "password_wrong": (_UNUSABLE, "现在的密码不对", "密码没有改，请再来一次。"),
    "second_factor_enrolled": (HTTPStatus.CONFLICT, "动态验证码已经开通", "要换手机，请管理人员重设。"),
    "second_factor_not_begun": (HTTPStatus.CONFLICT, "还没有开始开通", "请回到我的账号，先点“开通动态验证码”。"),
    "code_wrong": (_UNUSABLE, "验证码不对", "验证码每半分钟换一次。请看手机上最新的六位数字，再来一次。"),
    "message_too_long": (_UNUSABLE, "一条消息最多 2000 字", "请分成几条发送。"),
}
"""What each named refusal says to staff, by its code; a test holds the list complete."""
_REFUSED: Final = (
    NotPermitted,
    FormRefused,
    ConversationNotFound,
    ApplicationNotFound,
    TicketNotFound,
    ColleagueUnfit,
    FailureNotFound,
    TokenUnknown,
    PurposeRequired,
    PaperNotDue,
    SlotRefused,
    MatterRefused,
    CorrectionRefused,
    HolderRefused,
    DatabaseBusy,
    IdempotencyConflict,
    VersionConflict,
    TransitionRefused,
    MessageUnusable,
    ItemNotFound,
    DraftFlawed,
    NoteRequired,
    StepRefused,
    KnowledgeUnavailable,
    AccountRefused,
    StaffNotFound,
    StaffNameTaken,
    StaffNameUnusable,
    OutcomeRequired,
    AssignmentRefused,
    ProviderRefused,
    ProviderNotFound,
    CredentialTaken,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form that carried the right token, and who sent it."""

    seat: Seat
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded(Posted):
    """A form with a file."""

    file_name: str
    content: bytes


class PageNotFound(Exception):
    """No such page."""

    code = "page_not_found"


class Guard:
    """Dependencies of the console's routes, bound to one desk."""

    def __init__(self, desk: StaffDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages
        self._cookie = staff.SECURE_COOKIE if desk.secure else staff.COOKIE

    async def seat(self, request: Request) -> Seat:
        """Return who is signed in and may work, and keep the session alive. Raises SignInRequired, AccountUnready."""
        return self._ready(await self.newcomer(request))

    async def newcomer(self, request: Request) -> Seat:
        """Return who is signed in, whether or not they may work yet, and keep the session alive. Raises SignInRequired."""
        seat = await self.known(request)
        if seat.stale:
            async with self._desk.database.unit_of_work() as uow:
                await staff.stay(uow, token=request.cookies[self._cookie], now=self._desk.clock())
                await uow.commit()
        return seat

    async def watch(self, request: Request) -> Seat:
        """Return who is signed in and may work, without counting as activity. Raises SignInRequired, AccountUnready."""
        return self._ready(await self.known(request))

    async def known(self, request: Request) -> Seat:
        """Return who is signed in, whether or not they may work yet, without counting as activity. Raises SignInRequired."""
        token = request.cookies.get(self._cookie)
        async with self._desk.database.reading() as uow:
            seat = await staff.seated(uow, token=token, now=self._desk.clock())
        request.state.seat = seat
        return seat

    async def not_too_often(self, request: Request) -> None:
        """Count one more try at a secret from this address. Raises AccountRefused."""
        if not await self.may_try(request):
            raise AccountRefused("tried_too_often")

    async def may_try(self, request: Request) -> bool:
        """Count one more try at a secret from this address and tell whether it is within the limit."""
        address = request.client.host if request.client else "unknown"
        return await self._desk.limits.allow(staff.SIGN_IN_ACTION, who=address)

    def _ready(self, seat: Seat) -> Seat:
        if not seat.ready(second_factor=self._desk.second_factor):
            raise AccountUnready
        return seat

    async def posted(self, request: Request) -> Posted:
        """Return the form of somebody who may work. Raises SignInRequired, AccountUnready, FormRefused."""
        return await self._posted(request, seat=await self.seat(request))

    async def posted_by_newcomer(self, request: Request) -> Posted:
        """Return the form of somebody signed in. Raises SignInRequired, FormRefused."""
        return await self._posted(request, seat=await self.newcomer(request))

    async def _posted(self, request: Request, *, seat: Seat) -> Posted:
        form = await read_form(request)
        if not staff.same_secret(seat.form_token, form["form_token"]):
            raise FormRefused("form_token_wrong")
        request.state.typed = tuple((title, form[name]) for name, title in happened.TYPED.items() if form[name].strip())
        return Posted(seat=seat, form=form)

    async def uploaded(self, request: Request) -> Uploaded:
        """Return the form and file of somebody signed in. Raises SignInRequired, FormRefused."""
        seat = await self.seat(request)
        uploaded = await read_upload(request)
        if not staff.same_secret(seat.form_token, uploaded.form["form_token"]):
            raise FormRefused("form_token_wrong")
        return Uploaded(seat=seat, form=uploaded.form, file_name=uploaded.file_name, content=uploaded.content)

    async def posted_at_door(self, request: Request) -> Form:
        """Return the form of somebody who may not be signed in yet. Raises FormRefused."""
        form = await read_form(request)
        try:
            expected = (await self.known(request)).form_token
        except SignInRequired:
            expected = request.cookies.get(_DOOR_COOKIE, "")
        if not expected or not staff.same_secret(expected, form["form_token"]):
            raise FormRefused("form_token_wrong")
        return form

    def context(
        self, request: Request, *, seat: Seat | None, alerts: tuple[AlertView, ...] = (), section: str | None = None
    ) -> dict[str, object]:
        """Return what the frame around every page needs."""
        done = happened.DONE.get(request.query_params.get("done", ""))
        query = f"?{request.url.query}" if request.url.query else ""
        return {
            "me": seat.member if seat else None,
            "form_token": seat.form_token if seat else request.cookies.get(_DOOR_COOKIE, ""),
            "here": f"{request.url.path}{query}" if request.method == "GET" else ROOT,
            "display": display_of(request),
            "alerts": alerts,
            "flash": Flash(text=done) if done else None,
            "section": section,
            "library": self._desk.library is not None,
            "talks": self._desk.ear is not None and seat is not None and seat.member.may(Permission.TALK),
            "providers": seat is not None and seat.member.may(Permission.MANAGE_PROVIDERS),
            "people": seat is not None and seat.member.may(Permission.MANAGE_STAFF),
        }

    async def alerts(self, uow: UnitOfWork, *, seat: Seat) -> tuple[AlertView, ...]:
        """Return the danger banner's lines."""
        may = seat.member.may(Permission.TAKE_ALERT)
        now = self._desk.clock()
        tickets = await work.alerts(uow, member=seat.member)
        return tuple(alert(ticket, member_may=may, root=ROOT, now=now) for ticket in tickets)

    def open_door(self, request: Request, response: Response) -> Response:
        """Give a browser at the sign-in page the secret its form must return."""
        if not request.cookies.get(_DOOR_COOKIE):
            self._set(response, _DOOR_COOKIE, request.state.door, max_age=3600)
        return response

    def door_token(self, request: Request) -> str:
        """Return the sign-in form's secret, a new one when the browser has none."""
        token = request.cookies.get(_DOOR_COOKIE) or secrets.token_urlsafe(32)
        request.state.door = token
        return token

    def let_in(self, response: Response, token: str) -> Response:
        """Hand the session to the browser."""
        self._set(response, self._cookie, token, path="/")
        return response

    def let_out(self, response: Response) -> Response:
        """Take the session from the browser."""
        response.delete_cookie(self._cookie, path="/", secure=self._desk.secure, httponly=True, samesite="strict")
        return response

    def session_token(self, request: Request) -> str:
        """Return the cookie's token."""
        return request.cookies.get(self._cookie, "")

    def remember_display(self, response: Response, display: Display) -> Response:
        """Keep how this browser wants its pages."""
        value = ".".join(part for part in (display.theme, "large" if display.large else None) if part) or "plain"
        self._set(response, _DISPLAY_COOKIE, value, max_age=_YEAR)
        return response

    def route_class(self) -> type[APIRoute]:
        """Return a route class that turns refusals into pages."""
        guard = self

        class ConsoleRoute(APIRoute):
            """A console route: not signed in leads to the door, a named refusal to a page that says what to do."""

            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handler = super().get_route_handler()

                async def guarded(request: Request) -> Response:
                    return await guard.answered(request, handler)

                return guarded

        return ConsoleRoute

    async def answered(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Run a handler; turn what it refuses into a page."""
        try:
            return await handler(request)
        except SignInRequired as refused:
            if "application/json" in request.headers.get("accept", ""):
                return Response(refused.code, status_code=HTTPStatus.UNAUTHORIZED)
            wanted = request.url.path if request.method == "GET" else ROOT
            return redirect(f"{ROOT}/sign-in?next={quote(wanted)}")
        except AccountUnready as refused:
            if "application/json" in request.headers.get("accept", ""):
                return Response(refused.code, status_code=HTTPStatus.UNAUTHORIZED)
            return redirect(f"{ROOT}/account")
        except (*_REFUSED, PageNotFound) as refused:
            status, heading, text = REFUSALS[refused.code]
            context = self.context(request, seat=getattr(request.state, "seat", None))
            context |= {"heading": heading, "text": text, "code": refused.code}
            context["typed"] = getattr(request.state, "typed", ())
            return self._pages.page("error.html", context, status=status)

    def _set(self, response: Response, name: str, value: str, *, max_age: int | None = None, path: str = ROOT) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path=path, secure=self._desk.secure, httponly=True, samesite="strict"
        )


def display_of(request: Request) -> Display:
    """Return how this browser wants its pages; anything unknown in the cookie counts as nothing."""
    wanted = request.cookies.get(_DISPLAY_COOKIE, "").split(".")
    theme = next((word for word in wanted if word in {"light", "dark"}), None)
    return Display(theme=theme, large="large" in wanted)
