"""The action endpoint that Rasa calls: rasa-sdk's protocol, our own action objects, a secret, and no words in errors."""

import hmac
import json
import traceback
import uuid
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException

from actions import errands, talk
from actions.consult import consult
from actions.forms import in_intake, in_screen
from actions.run import DialogueAction, Name
from actions.services import Services
from actions.turn import Form

PATH: Final = "/internal/actions/webhook"
SECRET_HEADER: Final = "X-Action-Secret"  # noqa: S105 (the name of a header)
_MOST_BYTES: Final = 8 * 1024 * 1024
"""A call carries the whole tracker; sessions end long before they grow to this."""
_log = structlog.get_logger(__name__)


def executor(services: Services, /) -> ActionExecutor:
    """Return rasa-sdk's executor with every action of the domain, each given its services."""
    handlers = {
        Name("action_small_talk"): talk.small_talk,
        Name("action_consult"): consult,
        Name("action_resume"): talk.resume,
        Name("action_person"): talk.person,
        Name("action_leave"): talk.leave,
        Name("action_start_over"): talk.start_over,
        Name("action_repeat"): talk.repeat,
        Name("action_withdraw"): talk.take_back,
        Name("action_errand"): errands.handle,
        Name(f"validate_{Form.SCREEN}", Form.SCREEN): in_screen,
        Name(f"validate_{Form.INTAKE}", Form.INTAKE): in_intake,
    }
    made = ActionExecutor()
    for name, decide in handlers.items():
        made.register_action(DialogueAction(name, decide, services))
    return made


def build_router(services: Services, /, *, secret: str) -> APIRouter:
    """Return the route for Rasa's action calls. Serve it on loopback; the secret is the second lock, not the first."""
    if not secret:
        msg = "the action endpoint needs a secret"
        raise ValueError(msg)
    actions = executor(services)
    router = APIRouter(include_in_schema=False)

    @router.post(PATH)
    async def webhook(request: Request, x_action_secret: Annotated[str, Header()] = "") -> JSONResponse:
        if not hmac.compare_digest(x_action_secret.encode(), secret.encode()):
            return _refused(401, "action_secret_wrong")
        call = _read(await request.body())
        if call is None:
            return _refused(422, "action_call_malformed")
        # No action needs the domain, and Rasa leaves it out (enable_selective_domain); the executor wants the key.
        call["domain"] = {}
        try:
            result = await actions.run(call)
        except ActionNotFoundException:
            return _refused(404, "action_unknown")
        except Exception as error:  # noqa: BLE001 (the last line before the wire: nothing of the turn may leak)
            return _failed(call, error)
        return JSONResponse(result.model_dump() if result is not None else None)

    return router


def _read(body: bytes) -> dict[str, Any] | None:
    """Return a call of the protocol's shape, or None."""
    if len(body) > _MOST_BYTES:
        return None
    try:
        call = json.loads(body)
    except ValueError:
        return None
    tracker = call.get("tracker") if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(tracker, dict):
        return None
    known = isinstance(call.get("next_action"), str) and isinstance(tracker.get("sender_id"), str)
    return call if known and isinstance(tracker.get("latest_message") or {}, dict) else None


def _refused(status: int, code: str) -> JSONResponse:
    return JSONResponse({"error": code}, status_code=status)


def _failed(call: dict[str, Any], error: Exception) -> JSONResponse:
    """Log where it broke, never what was said: exception texts may quote the turn."""
    trace = uuid.uuid4().hex
    frames = [f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error(
        "action.failed",
        action=call["next_action"],
        conversation=call["tracker"]["sender_id"],
        error=type(error).__name__,
        frames=frames,
        trace=trace,
    )
    return JSONResponse({"error": "action_failed", "trace": trace}, status_code=500)
