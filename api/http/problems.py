"""Every failure as one shape, application/problem+json (RFC 9457), with a stable `code` and nothing personal in it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.domain.application import TransitionRefused
from api.domain.conversation import HolderRefused
from api.domain.correction import CorrectionRefused
from api.domain.curation import StepRefused
from api.domain.party import OpponentUnusable
from api.services.accounts import AccountRefused, StaffNotFound
from api.services.applications import ApplicationNotFound, IdempotencyConflict, PassPhraseRequired
from api.services.attachments import AttachmentNotFound
from api.services.callbacks import SlotRefused
from api.services.conversations import ConversationNotFound
from api.services.curation import DraftFlawed, ItemNotFound, NoteRequired
from api.services.desk import ColleagueUnfit
from api.services.drafts import DraftRefused
from api.services.failures import FailureNotFound
from api.services.handing_on import NotTransferred
from api.services.merging import MergeRefused
from api.services.personal import DataCorrectionRefused
from api.services.ports import DatabaseBusy, DuplicateReference, VersionConflict
from api.services.provider_ports import CredentialTaken
from api.services.providers import AssignmentRefused, ProviderNotFound, ProviderRefused
from api.services.retention import StillNeeded
from api.services.searching import SearchRefused
from api.services.staff import StaffNameTaken, StaffNameUnusable
from api.services.tickets import TicketNotFound
from api.services.vault import PurposeRequired, TokenUnknown
from knowledge_base.drafts import TextRefused
from knowledge_base.types import KnowledgeUnavailable

MEDIA_TYPE: Final = "application/problem+json"
_FIELD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,80}")
_LONG_DIGITS: Final = re.compile(r"[0-9]{5,}")
_BODY: Final = "body"
_OF_THE_BODY: Final = frozenset({400, 413, 415})
"""What the framework itself refuses is the body as a whole."""
_PLACES: Final = frozenset({_BODY, "query", "path", "header", "cookie"})
_BRANCHES: Final = frozenset({"bool", "int", "decimal", "str", "none"})
_log = structlog.get_logger(__name__)


class ProblemError(Exception):
    """An edge's own refusal: status, code, a sentence for people, and the field it is about."""

    def __init__(  # noqa: PLR0913 - the members of RFC 9457
        self,
        status: int,
        code: str,
        title: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the parts; `extra` adds members to the problem."""
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.field = field
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one class of errors is told. The code is the error's own."""

    status: int
    title: str


KINDS: Final[Mapping[type[Exception], Kind]] = {
    ApplicationNotFound: Kind(status=404, title="没有查到。请核对受理编号和手机号后四位。"),
    PassPhraseRequired: Kind(status=422, title="有人代您联系，请带上和他约定的暗语。"),
    ConversationNotFound: Kind(status=404, title="没有找到这次对话。"),
    TicketNotFound: Kind(status=404, title="没有这条待办，或者已经办完。"),
    FailureNotFound: Kind(status=404, title="没有这件没办成的事，或者已经重新办理。"),
    ColleagueUnfit: Kind(status=422, title="不能移交给这位同事。"),
    TokenUnknown: Kind(status=404, title="这项信息已经不在了。"),
    IdempotencyConflict: Kind(status=409, title="这个提交编号已经用于另一份内容。"),
    DatabaseBusy: Kind(status=503, title="系统正忙，请稍后再试。"),
    DuplicateReference: Kind(status=503, title="暂时没能生成编号，请再试一次。"),
    DraftRefused: Kind(status=422, title="有一项内容需要改一下，申请才能收下。"),
    VersionConflict: Kind(status=409, title="别人刚刚改过，请刷新后再办。"),
    TransitionRefused: Kind(status=409, title="现在的状态不能这样办理。"),
    AttachmentNotFound: Kind(status=404, title="没有这份材料，或者已经随对话删除。"),
    StillNeeded: Kind(
        status=409, title="这次对话还有事没办完，或者已经交了申请，现在不能删除。想撤回申请，请找工作人员。"
    ),
    HolderRefused: Kind(status=409, title="这次对话现在不能这样处理。"),
    ItemNotFound: Kind(status=404, title="没有这张卡或者这份文件。"),
    StepRefused: Kind(status=409, title="这一版现在不能这样办。"),
    DraftFlawed: Kind(status=422, title="稿子还有地方要改。"),
    NoteRequired: Kind(status=422, title="退回和停用都要写明理由。"),
    TextRefused: Kind(status=422, title="这个文件不能收。"),
    CorrectionRefused: Kind(status=422, title="改判还有一项要改一下。"),
    AccountRefused: Kind(status=422, title="这个账号不能这样设。"),
    StaffNotFound: Kind(status=404, title="没有这个账号。"),
    StaffNameTaken: Kind(status=409, title="这个用户名已经有人用了。"),
    StaffNameUnusable: Kind(status=422, title="用户名不能用。"),
    AssignmentRefused: Kind(status=409, title="这个案子不能指派给这位。"),
    ProviderNotFound: Kind(status=404, title="名册里没有这一条。"),
    SearchRefused: Kind(status=422, title="这样查不了，请改一项再查。"),
    ProviderRefused: Kind(status=422, title="名册里的这一条还有一项要改。"),
    CredentialTaken: Kind(status=409, title="这个执业证号已经在名册里。"),
    MergeRefused: Kind(status=409, title="这两件不能并在一起办。"),
    OpponentUnusable: Kind(status=422, title="对方写得不对。最多写五个，每个写两个字到一百个字。"),
    SlotRefused: Kind(status=409, title="这个半天现在约不了，请另选一个。"),
    DataCorrectionRefused: Kind(status=422, title="没有要改的，或者有一项写得不对。没有改。"),
    NotTransferred: Kind(status=409, title="这件申请没有移送。"),
    PurposeRequired: Kind(status=422, title="查看个人信息需要写明用途。"),
    KnowledgeUnavailable: Kind(status=503, title="资料库暂时打不开，请稍后再试，或拨打 12348。"),
}
_STATUS_CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed_json", "内容不是有效的 JSON。"),
    401: ("sign_in_required", "需要先登录。"),
    403: ("not_permitted", "没有权限。"),
    404: ("not_found", "没有这个地址。"),
    405: ("method_not_allowed", "这个地址不支持这种操作。"),
    413: ("body_too_large", "内容太大了。"),
    415: ("unsupported_media_type", "请用 application/json 提交。"),
    429: ("too_many_requests", "操作太频繁了，请过一会儿再试。"),
}


def problem(  # noqa: PLR0913 - the members of RFC 9457
    status: int,
    code: str,
    title: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Return one problem document."""
    content = {"type": f"urn:legal-aid:problem:{code}", "title": title, "status": status, "code": code}
    if field is not None:
        content["field"] = field
    return JSONResponse({**content, **(extra or {})}, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def internal_error() -> JSONResponse:
    """Return what a caller learns of our own bug."""
    return problem(500, "internal_error", "系统出了点问题，我们已经记下。请稍后再试，或拨打 12348。")


def install(app: FastAPI, *, kinds: Mapping[type[Exception], Kind] | None = None) -> None:
    """Answer every failure of this app with a problem; `kinds` adds the errors of other packages."""
    for error, kind in {**KINDS, **(kinds or {})}.items():
        app.add_exception_handler(error, _handler(kind))
    app.add_exception_handler(ProblemError, _own)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)


def _handler(kind: Kind) -> Any:  # noqa: ANN401 - the framework types handlers by exception
    async def handle(_request: Request, error: Exception) -> JSONResponse:
        code = str(getattr(error, "code", "refused"))
        field = getattr(error, "field", None)
        _log.info("request refused", code=code, status=kind.status)
        return problem(kind.status, code, kind.title, field=None if field is None else safe_field(str(field)))

    return handle


async def _own(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, ProblemError):
        raise error
    return problem(error.status, error.code, error.title, field=error.field, headers=error.headers, extra=error.extra)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    first: Mapping[str, Any] = next(iter(error.errors()), {})
    if first.get("type") == "json_invalid":
        return problem(400, *_STATUS_CODES[400], field=_BODY)
    field = _field(first.get("loc", ()))
    code = "field_required" if first.get("type") == "missing" else "field_invalid"
    title = "少了一项内容。" if code == "field_required" else "有一项内容的格式不对。"
    return problem(422, code, title, field=field)


async def _framework(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code, title = _STATUS_CODES.get(error.status_code, ("refused", "没有办成。"))
    field = _BODY if error.status_code in _OF_THE_BODY else None
    return problem(error.status_code, code, title, field=field, headers=error.headers)


def safe_field(name: str) -> str:
    """Return a field's name if it can be one: a caller's own key might be a phone number."""
    return name if _FIELD.fullmatch(name) and not _LONG_DIGITS.search(name) else _BODY


def _field(location: Sequence[str | int]) -> str:
    parts = list(location)
    if len(parts) > 1 and parts[0] in _PLACES:
        parts = parts[1:]
    # Inside a union the framework appends the branch it tried last; the field ends before it.
    if len(parts) > 1 and parts[-1] in _BRANCHES:
        parts = parts[:-1]
    names = [str(part) for part in parts if isinstance(part, int) or _FIELD.fullmatch(str(part))]
    return safe_field(".".join(names)) if names else _BODY
