"""Sign-in, sign-out, how pages look, and the files they need."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.console.forms import Form
from api.console.guard import Guard, PageNotFound, Posted, display_of
from api.console.pages import ROOT, Display, Pages, own_path, redirect
from api.services import staff
from api.services.desk import StaffDesk
from api.services.staff import SignInRefused, SignInRequired

_WRONG = "用户名、密码或者验证码不对，或者这个用户名暂时锁定了。"
_TOO_OFTEN = "试得太频繁了，请过几分钟再来。"


def add_door(  # noqa: C901 - a list of routes
    router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard
) -> None:
    """Add the routes that need nobody to be signed in, and sign-out."""

    def door_page(request: Request, *, name: str = "", problem: str | None = None, wanted: str = ROOT) -> Response:
        token = guard.door_token(request)
        context = guard.context(request, seat=None) | {"form_token": token, "here": f"{ROOT}/sign-in"}
        page = pages.page("sign_in.html", {**context, "name": name, "problem": problem, "wanted": wanted})
        return guard.open_door(request, page)

    @router.get("/sign-in")
    async def sign_in_page(request: Request) -> Response:
        wanted = own_path(request.query_params.get("next", ROOT))
        try:
            await guard.known(request)
        except SignInRequired:
            return door_page(request, wanted=wanted)
        return redirect(wanted)

    @router.post("/sign-in")
    async def sign_in(request: Request, form: Annotated[Form, Depends(guard.posted_at_door)]) -> Response:
        wanted = own_path(form["next"] or ROOT)
        if not await guard.may_try(request):
            return door_page(request, name=form["name"], problem=_TOO_OFTEN, wanted=wanted)
        async with desk.database.unit_of_work() as uow:
            attempt = await staff.begin_sign_in(uow, name=form["name"], password=form["password"], now=desk.clock())
            await uow.commit()
        matches = await desk.passwords.matches(attempt.password_hash, form["password"])
        try:
            async with desk.database.unit_of_work() as uow:
                signed_in = await staff.finish_sign_in(
                    uow, attempt=attempt, password_matches=matches, code=form["code"], now=desk.clock()
                )
                await uow.commit()
        except SignInRefused:
            return door_page(request, name=form["name"], problem=_WRONG, wanted=wanted)
        return guard.let_in(redirect(wanted), signed_in.token)

    @router.post("/sign-out")
    async def sign_out(request: Request, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:  # noqa: ARG001 - the form's token is the point
        async with desk.database.unit_of_work() as uow:
            await staff.sign_out(uow, token=guard.session_token(request), now=desk.clock())
            await uow.commit()
        return guard.let_out(redirect(f"{ROOT}/sign-in"))

    @router.post("/display")
    async def display(request: Request, form: Annotated[Form, Depends(guard.posted_at_door)]) -> Response:
        now = display_of(request)
        theme = form["theme"] if form["theme"] in {"light", "dark"} else now.theme
        match form["large"]:
            case "on":
                large = True
            case "off":
                large = False
            case _:
                large = now.large
        chosen = Display(theme=theme, large=large)
        return guard.remember_display(redirect(own_path(form["back"])), chosen)

    @router.get("/static/{name}")
    async def static(request: Request, name: str) -> Response:
        found = pages.static(name, version=request.query_params.get("v"), etag=request.headers.get("if-none-match"))
        if found is None:
            raise PageNotFound
        return found
