"""My account: a password of one's own and a second factor; the only page for whoever may not work yet (我的账号)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.domain.second_factor import address
from api.domain.staff import PASSWORD_LEAST, PASSWORD_LIMIT
from api.services import accounts
from api.services.accounts import AccountRefused
from api.services.desk import StaffDesk
from api.services.staff import Seat

_HERE = f"{ROOT}/account"
_GROUP = 4


def add_account(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard) -> None:
    """Add the page of one's own account and what can be done on it."""

    @router.get("/account")
    async def account_page(request: Request, seat: Annotated[Seat, Depends(guard.newcomer)]) -> Response:
        async with desk.database.reading() as uow:
            account = await accounts.own(uow, member=seat.member)
        pending = None if account.second_factor else account.totp_secret
        context = {
            "least": PASSWORD_LEAST,
            "temporary": seat.password_temporary,
            "due": desk.second_factor and not seat.second_factor,
            "enrolled": seat.second_factor,
            "secret": None if pending is None else _in_groups(pending),
            "address": None if pending is None else address(pending, name=account.name),
        }
        return pages.page("account.html", {**guard.context(request, seat=seat, section="account"), **context})

    @router.post("/account/password")
    async def password(request: Request, posted: Annotated[Posted, Depends(guard.posted_by_newcomer)]) -> Response:
        me, form = posted.seat.member, posted.form
        await guard.not_too_often(request)
        async with desk.database.reading() as uow:
            was = (await accounts.own(uow, member=me)).password_hash
        chosen = accounts.fit(form["new"], form["again"], name=me.name)
        if not await desk.passwords.matches(was, form["password"][:PASSWORD_LIMIT]):
            raise AccountRefused("password_wrong")
        if chosen == form["password"]:
            raise AccountRefused("password_same")
        digest = await desk.passwords.digest(chosen)
        async with desk.database.unit_of_work() as uow:
            await accounts.change_password(uow, member=me, was=was, password_hash=digest, now=desk.clock())
            await uow.commit()
        return guard.let_out(redirect(f"{ROOT}/sign-in?done=password"))

    @router.post("/account/second-factor/begin")
    async def begin(posted: Annotated[Posted, Depends(guard.posted_by_newcomer)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await accounts.begin_second_factor(uow, member=posted.seat.member)
            await uow.commit()
        return redirect(f"{_HERE}#second-factor")

    @router.post("/account/second-factor")
    async def confirm(request: Request, posted: Annotated[Posted, Depends(guard.posted_by_newcomer)]) -> Response:
        await guard.not_too_often(request)
        async with desk.database.unit_of_work() as uow:
            await accounts.confirm_second_factor(
                uow, member=posted.seat.member, code=posted.form["code"], now=desk.clock()
            )
            await uow.commit()
        return redirect(f"{_HERE}?done=second_factor")


def _in_groups(secret: str) -> str:
    return " ".join(secret[place : place + _GROUP] for place in range(0, len(secret), _GROUP))
