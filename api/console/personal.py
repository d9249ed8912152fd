"""A person's own data on one page: what they asked, a copy to print, what is put right, and what has to be kept (个人信息查阅、更正)."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from api.console import aid_labels, happened, labels
from api.console.forms import Form, required
from api.console.guard import Guard, Posted
from api.console.opening import attachment_view
from api.console.pages import HEADERS, ROOT, Pages, redirect
from api.console.paper import Sheets
from api.console.views import Words, day, readable
from api.domain.clocks import last_day
from api.domain.personal import REASON, DataRequest, Identity
from api.services import personal
from api.services.desk import StaffDesk
from api.services.personal import Changes, PersonalCopy
from api.services.staff import Seat

KEPT: Final = (
    (
        "申请、案卷和这次对话",
        "由受理的法律援助机构按档案管理的期限保存",
        "案卷要存档；保存期限没有到的，只存放、保护，不作别的使用（《个人信息保护法》第四十七条第二款）",
    ),
    ("同意过的文本", "一直保存", "证明当时告诉了什么、同意了什么（第十四条、第十七条）"),
    ("审计记录", "一直保存，里面只有编号和代码", "证明谁在什么时候查看、更正、销毁过"),
    ("没有交申请的对话", "期限到了自动销毁；本人要求的，马上销毁", "不再需要（第十九条、第四十七条）"),
)
"""What is kept, how long, and why: staff say so to whoever asks for erasure."""
_TITLE: Final = "个人信息副本"
_TICKED: Final = "yes"
_LONGEST_PHRASE: Final = 60
_NONE: Final = "没有。"


class Copies:
    """Writes a copy for the person whose it is."""

    def __init__(self, *, words: Words) -> None:
        self._words = words

    def drawn(self, found: PersonalCopy) -> bytes:
        """Return the copy as PDF."""
        detail, record = found.detail, found.detail.record
        application = record.application
        sheets = Sheets(title=f"{_TITLE} {application.reference}", foot=f"{_TITLE} {application.reference}")
        sheets.heading(_TITLE)
        sheets.text(
            "依照《中华人民共和国个人信息保护法》第四十五条，应本人要求提供。请收好，不要让别人看到。", indent=False
        )

        def part(title: str, lines: Sequence[str]) -> None:
            sheets.block(title, lines or [_NONE])

        third = found.third_party
        lines = [
            f"姓名　{found.contact.name}",
            f"电话　{found.contact.phone}",
            f"申请事项　{self._words.matters(record.matters)}",
            f"地区　{self._words.region(record.region) or '没有写'}",
            f"办到哪里　{labels.STATE[application.state]}",
            f"能不能联系　{labels.SAFE[record.safe_to_contact]}",
            *([f"代为联系的人　{third.name}（{third.relationship}）"] if third else []),
            *(f"对方　{name}" for name in found.opponents),
            *(f"想要的律师　{name}" for name in (detail.preference,) if name),
            *(f"承办人员　{name}" for name in (application.provider,) if name),
        ]
        part("登记的信息", lines)
        part("您说的情况", _lines(found.words))
        part("您回答过的", [f"{pair.question}　{pair.answer}" for pair in self._words.facts(detail.facts)])
        part("您要求更正、补充的", [line for one in detail.statements for line in _lines(one)])
        verdict = self._words.verdict(detail.verdict)
        reasons = [f"{one.label}　{one.text}（{one.cite}）" for one in verdict.reasons]
        part("预筛结论（由程序按规则算出，只作参考，由工作人员决定）", [verdict.outcome_label, *reasons])
        part("决定的理由、结案报告", [line for one in (*detail.reasons, *detail.report) for line in _lines(one)])
        part("同意过的事项", [f"{labels.CONSENT[one.kind]}　文本版本 {one.version}" for one in detail.consents])
        part(
            "对话",
            [
                f"{labels.moment(one.created_at)}　{labels.SENDER[one.sender]}：{one.text}"
                for one in found.messages
                if one.text
            ],
        )
        part(
            "交来的材料（原件另外给您复制）",
            [
                f"{labels.moment(one.at)}　{attachment_view(one, number=number).title}"
                for number, one in enumerate(found.attachments, start=1)
            ],
        )
        part(
            "谁在什么时候用过这些信息",
            [
                f"{labels.moment(one.entry.at)}　{labels.ACTOR[one.entry.actor.kind]}　{happened.told(one.entry)}"
                for one in found.handled
            ],
        )
        part("哪些要保存，多久，为什么", [f"{what}：{span}。{why}。" for what, span, why in KEPT])
        part(
            "有不对的，可以要求更正",
            ["第四十六条：信息不准确或者不完整的，您有权要求更正、补充。打 12348，或者在原来的对话里说。"],
        )
        return sheets.pdf()


def add_personal(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard, words: Words) -> None:
    """Add the page, the copy and the correction."""
    writer = Copies(words=words)
    signed = Depends(guard.posted)

    @router.get("/applications/{reference}/personal")
    async def personal_page(request: Request, reference: str, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            record, asked = await personal.asked(uow, member=seat.member, reference=reference, now=desk.clock())
            spoken_for = await uow.parties.pass_phrase(record.application.reference) is not None
            alerts = await guard.alerts(uow, seat=seat)
            await uow.commit()
        context = {
            **guard.context(request, seat=seat, alerts=alerts),
            "base": f"{ROOT}/applications/{record.application.reference}",
            "reference": record.application.reference,
            "asked": [
                (
                    _kind(ticket.reason),
                    ticket.opened_at,
                    day(last_day(ticket.due)) if ticket.due else "",
                    readable(said),
                )
                for ticket, said in asked
            ],
            "identities": tuple((one.value, title) for one, title in aid_labels.IDENTITY.items()),
            "spoken_for": spoken_for,
            "kept": KEPT,
        }
        return pages.page("personal.html", context)

    @router.post("/applications/{reference}/personal/copy")
    async def print_copy(reference: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            found = await personal.copy(
                uow,
                member=posted.seat.member,
                reference=reference,
                identity=required(Identity, posted.form["identity"]),
                now=desk.clock(),
            )
            await uow.commit()
        content = await asyncio.to_thread(writer.drawn, found)
        name = f"personal-{found.detail.record.application.reference}.pdf"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/pdf", headers=headers)

    @router.post("/applications/{reference}/personal")
    async def correct(reference: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            record = await personal.correct(
                uow,
                member=posted.seat.member,
                reference=reference,
                changes=_changes(posted.form),
                identity=required(Identity, posted.form["identity"]),
                now=desk.clock(),
            )
            await uow.commit()
        if record.conversation_id is not None:
            desk.notify(record.conversation_id)
        return redirect(f"{ROOT}/applications/{record.application.reference}?done=data_corrected")


def _changes(form: Form) -> Changes:
    return Changes(
        name=form["name"],
        phone=form["phone"],
        statement=form["statement"].replace("\r\n", "\n"),
        pass_phrase=form["pass_phrase"][:_LONGEST_PHRASE],
        no_third_party=form["no_third_party"] == _TICKED,
    )


def _kind(reason: str) -> str:
    return aid_labels.DATA_REQUEST[DataRequest(reason.removeprefix(f"{REASON}:"))]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]
