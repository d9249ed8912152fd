"""The papers of an application: what they say, and the route that prints them (申请表、通知书、函)."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console import labels, origin_labels
from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.pages import HEADERS
from api.console.paper import Sheets
from api.console.views import Words, day, readable
from api.domain.clocks import CHINA, last_day
from api.services import papers
from api.services.calls import COMMITMENT
from api.services.desk import StaffDesk
from api.services.papers import Paper, PaperNotDue, Printable
from api.services.vault import PurposeRequired

_OFFICE: Final = "＿＿＿＿＿＿＿＿法律援助机构"
_FOUR: Final = (0.16, 0.34, 0.16, 0.34)
_TWO: Final = (0.16, 0.84)
_TRUE: Final = "本人所填写的内容和提交的证件、证明材料均真实。"
_DAY: Final = "＿＿＿＿年＿＿月＿＿日"


class Papers:
    """Writes papers in the words of the console."""

    def __init__(self, *, words: Words) -> None:
        self._words = words

    def drawn(self, paper: Paper, found: Printable) -> bytes:
        """Return a paper as PDF."""
        match paper:
            case Paper.FORM:
                return self._form(found)
            case Paper.SUPPLEMENT_NOTICE:
                return self._notice(found)
            case Paper.ASSIGNMENT_LETTER:
                return self._assignment(found)
            case Paper.TRANSFER_LETTER:
                return self._transfer(found)

    def _form(self, found: Printable) -> bytes:
        detail, record = found.detail, found.detail.record
        application = record.application
        sheets = Sheets(title=f"法律援助申请表 {application.reference}", foot=f"受理编号 {application.reference}")
        sheets.heading("法律援助申请表")
        received = application.received_at
        sheets.rows(
            [
                ["姓名", found.contact.name, "联系电话", found.contact.phone],
                ["性别", "", "出生日期", ""],
                ["证件号码", "", "民族", ""],
                ["住所地", "", "户籍所在地", ""],
                ["申请事项", self._words.matters(record.matters), "提出日期", _on(received) if received else ""],
                ["办理方式", labels.DELIVERY[record.delivery], "受理地区", self._words.region(record.region) or ""],
            ],
            widths=_FOUR,
        )
        third = found.third_party
        if third is not None:
            sheets.rows([["代为联系的人", third.name, "关系", third.relationship]], widths=_FOUR)
        sheets.block("案情和申请理由", [line for line in readable(detail.words).splitlines() if line.strip()])
        sheets.block("回答过的情况", [f"{pair.question}　{pair.answer}" for pair in self._words.facts(detail.facts)])
        papers_due = application.papers or record.missing_documents
        sheets.block("需要提交的材料", [f"□ {paper}" for paper in papers_due])
        sheets.block("申请人声明", [_TRUE, *([COMMITMENT] if found.committed or not found.orally else [])])
        if found.orally:
            sheets.text("本申请由申请人口头提出，工作人员作书面记录，已读给申请人核对无误。", indent=False)
        sheets.signed(
            [f"申请人（签名或按指印）：＿＿＿＿＿＿＿＿　{_DAY}", f"代理人（签名）：＿＿＿＿＿＿＿＿　{_DAY}"],
            right=False,
        )
        return sheets.pdf()

    def _notice(self, found: Printable) -> bytes:
        application = found.detail.record.application
        sheets = Sheets(title=f"补充材料通知书 {application.reference}", foot=f"受理编号 {application.reference}")
        sheets.heading("法律援助补充材料通知书")
        sheets.text(f"{found.contact.name}：", indent=False)
        sheets.text(
            f"您提出的{self._words.matters(found.detail.record.matters)}法律援助申请（受理编号 {application.reference}）已经收到。"
            "经审查，还需要补充下列材料或者作出说明。需要的都写在这里，不会再要第二次："
        )
        for number, paper in enumerate(application.papers, start=1):
            sheets.text(f"{number}．{paper}")
        if application.papers_due is not None:
            sheets.text(f"请在{_written(last_day(application.papers_due))}之前（含当天）补上。")
        sheets.text(
            "依照《中华人民共和国法律援助法》第四十三条，未按要求补充材料或者作出说明的，视为撤回申请。"
            "有困难补不上的，请在期限以内拨打 12348 说明，工作人员会帮您想办法。"
        )
        sheets.signed([f"{self._office(found)}（印章）", _on(found.told_at) if found.told_at else _DAY], right=True)
        return sheets.pdf()

    def _assignment(self, found: Printable) -> bytes:
        application, organ, provider = found.detail.record.application, found.organ, found.provider
        if organ is None or provider is None:
            raise PaperNotDue
        sheets = Sheets(title=f"指派通知函 {application.reference}", foot=f"受理编号 {application.reference}")
        sheets.heading("法律援助指派通知函")
        sheets.text(f"{organ.name}：", indent=False)
        number = f"{organ.number} " if organ.number else ""
        sheets.text(
            f"你单位{number}关于为{found.contact.name}指派律师的通知已经收到。依照《中华人民共和国法律援助法》第三十六条，"
            "现已指派下列人员承办，请依法保障其会见、阅卷等执业权利。"
        )
        received = application.received_at
        sheets.rows(
            [
                ["当事人", found.contact.name, "办案阶段", origin_labels.STAGE[organ.stage]],
                ["承办人员", provider.name, "执业证号", provider.credential],
                ["所在单位", provider.organisation, "收到通知", _on(received) if received else ""],
            ],
            widths=_FOUR,
        )
        sheets.signed([f"{self._office(found)}（印章）", _DAY], right=True)
        return sheets.pdf()

    def _transfer(self, found: Printable) -> bytes:
        detail, record, transfer = found.detail, found.detail.record, found.detail.transfer
        if transfer is None:
            raise PaperNotDue
        reference = record.application.reference
        sheets = Sheets(title=f"移送函 {reference}", foot=f"受理编号 {reference}")
        sheets.heading("法律援助案件移送函")
        sheets.text(f"{transfer.office}：", indent=False)
        sheets.text("下列法律援助申请应由贵机构受理，现连同案卷移送。已经核实的，请不再要求申请人重复提供。")
        received = record.application.received_at
        sheets.rows(
            [
                ["申请人", found.contact.name, "联系电话", found.contact.phone],
                ["申请事项", self._words.matters(record.matters), "收到日期", _on(received) if received else ""],
                ["能否联系", labels.SAFE[record.safe_to_contact], "办理方式", labels.DELIVERY[record.delivery]],
            ],
            widths=_FOUR,
        )
        sheets.rows([[pair.question, pair.answer] for pair in origin_labels.of_transfer(transfer)], widths=_TWO)
        sheets.block("案情和申请理由", [line for line in readable(detail.words).splitlines() if line.strip()])
        sheets.block("还缺的材料", [f"□ {paper}" for paper in record.missing_documents] or ["没有"])
        sheets.signed([f"{self._office(found)}（印章）", _DAY], right=True)
        sheets.text("回执：上列案卷已经收到，受理编号＿＿＿＿＿＿＿＿。", indent=False)
        sheets.signed([f"{transfer.office}（印章）", _DAY], right=True)
        return sheets.pdf()

    @staticmethod
    def _office(found: Printable) -> str:
        offices = found.detail.verdict.get("apply_at", {}).get("offices", [])
        return str(offices[0]["name"]) if offices else _OFFICE


def add_papers(router: APIRouter, *, desk: StaffDesk, guard: Guard, words: Words) -> None:
    """Add the route that prints."""
    writer = Papers(words=words)

    @router.post("/applications/{reference}/paper")
    async def print_paper(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        paper, purpose = required(Paper, posted.form["paper"]), posted.form["purpose"]
        if purpose not in labels.PURPOSE:
            raise PurposeRequired
        async with desk.database.unit_of_work() as uow:
            found = await papers.printable(
                uow, member=posted.seat.member, reference=reference, paper=paper, purpose=purpose, now=desk.clock()
            )
            await uow.commit()
        content = await asyncio.to_thread(writer.drawn, paper, found)
        name = f"{paper.value}-{found.detail.record.application.reference}.pdf"
        headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/pdf", headers=headers)


def _on(at: datetime) -> str:
    return _written(at.astimezone(CHINA).date())


def _written(on: date) -> str:
    return day(on).replace(" ", "")
