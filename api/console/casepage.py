"""Puts one case together for its page: the frame that changes while it is open, and the parts that do not."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from api.console import aid_labels, happened, labels, origin_labels
from api.console.alerts import dangers, safety_words, said_of
from api.console.canned import CANNED, CONTACT_OUTCOME
from api.console.correcting import correcting
from api.console.moves import Move, move
from api.console.origin_labels import PAPER
from api.console.pages import ROOT
from api.console.sheets import ConsentView, Frame, Link, NoteView, Sealed, Sheet, Step, Task
from api.console.told import Listener, lines, typed
from api.console.views import (
    ClockView,
    MessageView,
    Pair,
    Words,
    clock_view,
    day,
    last_verdict,
    sealed_values,
    task_words,
    token_title,
)
from api.domain.aid import ClosingOutcome, ProgressKind, outcomes_of
from api.domain.application import allowed_events
from api.domain.audit import ActorKind, ChainedEntry
from api.domain.clocks import clocks, last_day, waiting_on
from api.domain.conversation import Holder
from api.domain.origin import Origin
from api.domain.staff import Permission
from api.services import calls, caselog, contact, papers
from api.services.casework import CaseDetail, ThreadDetail
from api.services.consents import text_of
from api.services.desk import could_take_over, open_to
from api.services.providers import Candidate
from api.services.records import (
    ApplicationRecord,
    ConsentKind,
    Conversation,
    DialogueState,
    Note,
    SafeToContact,
    StoredMessage,
    Ticket,
    TicketKind,
)
from api.services.staff import StaffMember
from api.services.verdicts import PIVOT
from api.services.wording import PROGRESS
from knowledge_base.types import Urgency


class CaseDesk:
    """Builds frames and sheets for one reader."""

    def __init__(  # noqa: PLR0913 - keyword-only
        self,
        *,
        words: Words,
        listener: Listener,
        names: Mapping[str, str],
        colleagues: Sequence[StaffMember],
        me: StaffMember,
        now: datetime,
    ) -> None:
        self._words = words
        self._listener = listener
        self._names = names
        self._colleagues = colleagues
        self._me = me
        self._now = now

    def case_frame(  # noqa: PLR0913 - keyword-only
        self,
        record: ApplicationRecord,
        conversation: Conversation | None,
        *,
        history: Sequence[ChainedEntry],
        tasks: Sequence[Ticket],
        alerts: Sequence[Ticket] = (),
        again: Sequence[ApplicationRecord] = (),
        candidates: Sequence[Candidate] = (),
    ) -> Frame:
        """Return the changing part of an application's page."""
        application = record.application
        running = clocks(application)
        events = open_to(self._me, allowed_events(application, by=ActorKind.STAFF))
        frame = self._frame(
            title=self._words.matters(record.matters),
            urgency=min([record.urgency, *(alert.urgency for alert in alerts)]),
            safe=contact.strictest(record.safe_to_contact, conversation.care.safe_to_contact if conversation else None),
            state=labels.STATE[application.state],
            owner=record.owner,
            channel=record.channel,
            region=record.region,
            since=application.received_at or self._now,
            clock=clock_view(running[0], now=self._now) if running else None,
            flags=tuple(labels.FLAG.get(flag, flag) for flag in record.flags),
            waiting_on=labels.PARTY[waiting_on(application.state)],
            reference=application.reference,
            again=tuple(self._link(one, state=True) for one in again),
            conversation=conversation,
            history=history,
            alerts=alerts,
            tasks=tuple(task_view(task, me=self._me) for task in tasks),
            moves=tuple(move(event, candidates=candidates, origin=application.origin) for event in events),
            provider=application.provider,
            origin=origin_labels.ORIGIN[application.origin],
            may_log=application.state in caselog.UNDER_WAY and self._me.may(Permission.RECORD_PROGRESS),
            version=application.version,
        )
        # The way to somebody held leads through whoever holds them.
        by_organ = application.origin.by_organ and application.in_custody
        return replace(frame, contact=origin_labels.THROUGH_THE_ORGAN) if by_organ else frame

    def thread_frame(
        self,
        conversation: Conversation,
        *,
        tickets: Sequence[Ticket],
        records: Sequence[ApplicationRecord],
        history: Sequence[ChainedEntry],
    ) -> Frame:
        """Return the changing part of a conversation's page."""
        alerts = [ticket for ticket in tickets if ticket.kind is TicketKind.ALERT]
        return self._frame(
            title=safety_words(alerts[0].reason) if alerts else "对话",
            urgency=conversation.urgency,
            safe=_safe(conversation, tickets),
            state="、".join(dict.fromkeys(labels.TICKET[ticket.kind] for ticket in tickets)) or "没有待办",
            owner=next((ticket.owner for ticket in tickets if ticket.owner), None),
            channel=conversation.channel,
            region=conversation.region,
            since=conversation.opened_at,
            conversation=conversation,
            alerts=alerts,
            history=history,
            links=tuple(self._link(record) for record in records),
        )

    def case_sheet(
        self,
        detail: CaseDetail,
        *,
        shown: Sequence[StoredMessage],
        notes: Sequence[Note],
        candidates: Sequence[Candidate] = (),
    ) -> Sheet:
        """Return the still part of an application's page."""
        record = detail.record
        handed_in = record.application.received_at or self._now
        agreed = any(consent.kind is ConsentKind.SENSITIVE for consent in detail.consents)
        # What an organ wrote it wrote by law, and no consent to it is asked.
        whole = agreed or detail.organ is not None
        told = self._listener.told(lines(detail.words, at=handed_in), later=typed(shown, after=handed_in))
        terms = [Pair(question="办理方式", answer=labels.DELIVERY[record.delivery])]
        if detail.third_party:
            terms.append(Pair(question="代为联系的人", answer=detail.third_party))
        sealed = Sealed(key="contact", label="姓名和电话", masked=f"{detail.masked_name} {detail.masked_phone}")
        return Sheet(
            told=told if whole else None,
            messages=self.messages(shown, detail.conversation),
            # Nobody screens a notice: a lawyer is assigned.
            verdict=None if record.application.origin is Origin.NOTIFIED else self._words.verdict(detail.verdict),
            facts=self._words.facts(detail.facts),
            elsewhere=detail.elsewhere,
            organ=() if detail.organ is None else origin_labels.of_paper(detail.organ),
            transfer=() if detail.transfer is None else origin_labels.of_transfer(detail.transfer),
            missing_documents=record.application.papers or record.missing_documents,
            papers_due=day(last_day(due)) if (due := record.application.papers_due) else "",
            reasons=detail.reasons,
            report=detail.report,
            preference=detail.preference,
            conflicts=(
                *(
                    f"{one.provider.name}代理过或者常年服务于“{client}”"
                    for one in candidates
                    for client in one.conflicts
                ),
                *(f"{one.provider.name}正在办对方的法律援助案件" for one in candidates if one.other_side),
            ),
            statements=detail.statements,
            opponents=detail.opponents,
            facing=tuple(self._link(one, state=True) for one in detail.facing),
            terms=tuple(terms),
            sealed=(sealed, *_tokens(shown)),
            consents=tuple(
                ConsentView(title=labels.CONSENT[consent.kind], version=consent.version, text=text_of(consent))
                for consent in detail.consents
            ),
            may_open=self._me.may(Permission.OPEN_CONTACT),
            notes=self._notes(notes),
            may_note=self._me.may(Permission.RECORD_PROGRESS),
            note_id=uuid.uuid4().hex,
            printable=tuple((paper.value, PAPER[paper]) for paper in papers.due(detail)),
            correcting=correcting(detail.correction, was=record.outcome, me=self._me),
        )

    def thread_sheet(self, detail: ThreadDetail, state: DialogueState, *, notes: Sequence[Note]) -> Sheet:
        """Return the still part of a conversation's page."""
        verdict = last_verdict(detail.transcript)
        # What would turn a result is never told to the citizen, so it stands beside the thread and not in it.
        pivot = {PIVOT: state.extra[PIVOT]} if PIVOT in state.extra else {}
        return Sheet(
            told=self._listener.told(typed(detail.transcript)),
            messages=self.messages(detail.transcript, detail.conversation),
            verdict=self._words.verdict(verdict | pivot) if verdict else None,
            facts=self._words.facts(state.facts),
            missing_documents=(),
            terms=(),
            sealed=_tokens(detail.transcript),
            consents=(),
            may_open=self._me.may(Permission.OPEN_CONTACT),
            notes=self._notes(notes),
            may_note=self._me.may(Permission.RECORD_PROGRESS),
            note_id=uuid.uuid4().hex,
        )

    def messages(
        self, transcript: Sequence[StoredMessage], conversation: Conversation | None
    ) -> tuple[MessageView, ...]:
        """Return messages for the transcript; whoever holds the thread now is named as its writer."""
        holder = conversation.hold.staff if conversation else None
        return self._words.messages(transcript, staff=self._name(holder) if holder else "工作人员")

    def _frame(  # noqa: PLR0913 - keyword-only, one per field of the page's head
        self,
        *,
        title: str,
        urgency: Urgency,
        safe: SafeToContact | None,
        state: str,
        owner: str | None,
        channel: str,
        region: str | None,
        since: datetime,
        conversation: Conversation | None,
        history: Sequence[ChainedEntry],
        clock: ClockView | None = None,
        flags: tuple[str, ...] = (),
        waiting_on: str = "",
        reference: str | None = None,
        links: tuple[Link, ...] = (),
        again: tuple[Link, ...] = (),
        alerts: Sequence[Ticket] = (),
        tasks: tuple[Task, ...] = (),
        moves: tuple[Move, ...] = (),
        version: int = 0,
        provider: str | None = None,
        origin: str | None = None,
        may_log: bool = False,
    ) -> Frame:
        mine = owner == self._me.id
        lapsed = conversation is not None and conversation.hold.expired(now=self._now)
        holder = None if conversation is None else Holder.WAITING if lapsed else conversation.holder
        held_by_me = holder is Holder.PERSON and conversation is not None and conversation.hold.staff == self._me.id
        # A call is noted on its own page, and nobody reads along who could be written to.
        talks = self._me.may(Permission.TALK) and channel != calls.CHANNEL
        return Frame(
            title=title,
            urgency=urgency,
            state=state,
            holder=labels.HOLDER[holder] if holder else None,
            owner=self._name(owner) if owner else None,
            mine=mine,
            channel=labels.CHANNEL.get(channel, channel),
            region=self._words.region(region),
            since=since,
            clock=clock,
            flags=flags,
            waiting_on=waiting_on,
            reference=reference,
            links=links,
            again=again,
            dangers=dangers(
                alerts, names=self._names, may_report=self._me.may(Permission.TAKE_ALERT), root=ROOT, now=self._now
            ),
            contact=None if safe is None else labels.SAFE[safe],
            may_claim=talks and holder in {Holder.BOT, Holder.WAITING},
            may_release=talks and held_by_me,
            may_write=talks and held_by_me,
            colleagues=self._takers(conversation) if talks and held_by_me else (),
            outcomes=tuple((outcome.value, words) for outcome, words in CONTACT_OUTCOME.items()),
            canned=tuple(CANNED.items()),
            read_only=not self._me.may(Permission.TALK),
            call=f"{ROOT}/seat/{_id(conversation)}"
            if channel == calls.CHANNEL and holder is not Holder.CLOSED
            else None,
            base=f"{ROOT}/applications/{reference}" if reference else f"{ROOT}/conversations/{_id(conversation)}",
            conversation=_id(conversation),
            timeline=tuple(self._steps(history)),
            tasks=tasks,
            moves=moves,
            version=version,
            provider=provider,
            origin=origin,
            may_log=may_log,
            happenings=tuple((kind.value, words) for kind, words in PROGRESS.items()),
            message_id=uuid.uuid4().hex,
        )

    def _link(self, record: ApplicationRecord, *, state: bool = False) -> Link:
        """Return the way to an application, with where it stands if wanted."""
        application = record.application
        about = f"{application.reference}，{labels.STATE[application.state]}" if state else application.reference
        return Link(
            href=f"{ROOT}/applications/{application.reference}",
            title=f"{self._words.matters(record.matters)}（{about}）",
        )

    def _notes(self, notes: Sequence[Note]) -> tuple[NoteView, ...]:
        return tuple(NoteView(text=note.text, by=self._name(note.staff), at=note.at) for note in notes)

    def _takers(self, conversation: Conversation | None) -> tuple[tuple[str, str], ...]:
        region = conversation.region if conversation else None
        return tuple(
            (one.id, f"{one.display_name}（{labels.ROLE[one.role]}）")
            for one in self._colleagues
            if could_take_over(one, giver=self._me, region=region)
        )

    def _steps(self, history: Sequence[ChainedEntry]) -> list[Step]:
        steps: list[Step] = []
        for chained in sorted(history, key=lambda each: each.seq):
            entry = chained.entry
            title = happened.HISTORY.get(entry.action)
            if title is None:
                continue
            purpose = str(entry.data.get("purpose") or "")
            note = f"用途：{labels.PURPOSE.get(purpose, '见审计记录')}" if purpose else ""
            if entry.action == "conversation.alert":
                note = safety_words(str(entry.data.get("kinds") or ""))
            if entry.action == "alert.called":
                note = f"叫了{entry.data['person']}，{'叫到了' if entry.data['reached'] else '没有叫到'}"
            if entry.action == "conversation.handed_over":
                note = f"交给{self._name(str(entry.data.get('to') or ''))}"
            if entry.action == "application.progress":
                note = f"{PROGRESS[ProgressKind(str(entry.data['kind']))]}，{entry.data['on']}"
            if entry.action == "application.close":
                note = aid_labels.CLOSING[ClosingOutcome(str(entry.data["outcome"]))] if "outcome" in entry.data else ""
            note = note or said_of(entry.data)
            by = self._name(entry.actor.id) if entry.actor.kind is ActorKind.STAFF else labels.ACTOR[entry.actor.kind]
            steps.append(Step(title=title, at=entry.at, by=by, note=note))
        return steps

    def _name(self, staff_id: str) -> str:
        return self._names.get(staff_id, "已离岗人员")


def task_view(ticket: Ticket, *, me: StaffMember, words: str | None = None) -> Task:
    """Return a task as its case's page shows it, with what is to be said where that is written down."""
    return Task(
        title=task_words(ticket.reason) + (f"：{words}" if words else ""),
        since=ticket.opened_at,
        href=f"{ROOT}/tasks/{ticket.id}/done" if me.may(Permission.RECORD_PROGRESS) else None,
        outcomes=tuple((one.value, aid_labels.TASK_OUTCOME[one]) for one in outcomes_of(ticket.reason)),
    )


def _tokens(transcript: Sequence[StoredMessage]) -> tuple[Sealed, ...]:
    return tuple(Sealed(key=token, label=token_title(token), masked="已隐去") for token in sealed_values(transcript))


def _safe(conversation: Conversation, tickets: Sequence[Ticket]) -> SafeToContact | None:
    """Return the most careful of what was said about contact; whoever left no number for a call-back is written to."""
    said = [conversation.care.safe_to_contact]
    said += [
        ticket.safe_to_contact or (None if ticket.contact else SafeToContact.MESSAGE_ONLY)
        for ticket in tickets
        if ticket.kind is TicketKind.CALL_BACK
    ]
    return contact.strictest(*said) if any(said) else None


def _id(conversation: Conversation | None) -> str | None:
    return conversation.id if conversation else None
