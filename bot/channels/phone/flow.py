"""One call from hello to goodbye, whichever line it came in on: what is said next, and what is listened for.

The flow keeps no state of its own. What a call must remember between two steps is a `Progress`, small and free of personal
data, so that a webhook may carry it in an address; everything else stands in the conversation.

The ladder (热线应答): open question first; the first miss is a short repeat, the second names the keys, the third is a person.
Two silences in a row lead to a person or to a call-back, never to a hang-up. 0 or 人工 is a person at any moment.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, assert_never

from api.domain.conversation import Holder
from api.services import contact, conversations, delivery, lodging, vault
from api.services.records import Conversation, Sender, StoredMessage, TicketKind
from bot.channels import directions, plain
from bot.channels.phone import ear
from bot.channels.phone.steps import (
    Event,
    Heard,
    Listen,
    Next,
    NotReached,
    Pressed,
    Progress,
    Recorded,
    Silence,
    Speak,
    Transfer,
    Voicemail,
)
from bot.channels.phrases import PhoneWords
from bot.channels.plain import Offered
from bot.channels.platform import Platform, Said, TooFast
from bot.channels.reach import Reach
from bot.messages import HUMAN_WORDS, MAX_TEXT, InboundRefused
from bot.redact import private_kind
from bot.under_way import TurnUnderWay
from knowledge_base.offices import Opening, Openness

CHANNEL: Final = "voice"
CALLER: Final = "caller"
"""Under what the calling number lies in the vault: nobody has said yet that it may be called."""
_AT_ONCE: Final = frozenset({"self_harm", "violence_now"})
_PERSON: Final = "0"
_HINTS: Final = ("人工", "转人工", "重复", "慢一点", "拖欠工资", "离婚", "工伤", "法律援助")
_REPEAT: Final = re.compile(
    r"(?:请|麻烦)?(?:再|重)(?:说|讲|念|复)一?[遍次下]?(?:吧|一下)?|重复(?:一遍|一下)?|没听清楚?|(?:你)?说什么"
)
_SLOWER: Final = re.compile(r"(?:请|麻烦)?(?:说|讲|念)?得?慢(?:一?点儿?|些)(?:说|讲)?(?:吧|好吗)?|太快了")
_MORE: Final = re.compile(r"请?(?:继续|接着|往下)(?:说|讲|念)?吧?|还有(?:呢|吗)|然后呢")
_YES: Final = re.compile(r"是的?|对的?|对对对?|没错|正确|嗯|好的?|1")
_NO: Final = re.compile(r"不是|不对|不|错了|不正确|没有|2")
_AROUND: Final = " ，。！？、,.!?"
_NUMERIC: Final = frozenset({"int", "money", "date"})
_READ_BACK: Final = frozenset({"date", "money"})
_SURE: Final = 0.35
_SENTENCES: Final = 7
"""Said in one go; the rest waits for 继续: nobody keeps more in mind."""
_STRIKES: Final = 3
_SILENCES: Final = 2
_LISTEN: Final = 6
_LISTEN_LONG: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Where a call stands: whose it is, what is being said, what is expected of the caller."""

    thread: Conversation
    messages: tuple[StoredMessage, ...]
    choices: tuple[Offered, ...]

    @property
    def question(self) -> Mapping[str, Any]:
        """Return the question that was asked last, empty where none was."""
        return next((each.body["question"] for each in reversed(self.messages) if "question" in each.body), {})

    @property
    def private(self) -> bool:
        """Tell whether the answer belongs in the vault."""
        return self.thread.expecting_private

    @property
    def endangered(self) -> bool:
        """Tell a danger in which the caller is put through at once."""
        return any(_AT_ONCE & set(each.body.get("safety", ())) for each in self.messages)

    def listen(self) -> Listen:
        """Return what to listen for: one key for a choice, several with # where a number is asked."""
        numeric = self.private or self.question.get("type") in _NUMERIC
        hints = tuple(choice.title for choice in self.choices)
        return Listen(
            keys=None if numeric else 1, seconds=_LISTEN_LONG if numeric else _LISTEN, hints=(*_HINTS, *hints)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The call flow of one line; every call is one thread, named by the line's own id of the call."""

    platform: Platform
    words: PhoneWords
    opening: Callable[[datetime], Opening]
    """Whether anybody is at the desk, and when somebody will be."""
    transfers: bool
    """Whether there is anywhere to put a caller through to."""

    async def start(self, call: str, *, caller: str | None) -> Next:
        """Greet, say once what this is, and ask openly. `caller`, the calling number, is kept in the vault for a call-back."""
        thread = await self.platform.greet(call)
        async with self.platform.database.unit_of_work() as uow:
            if caller:
                now = self.platform.clock()
                await vault.put(uow, conversation_id=thread, kind=CALLER, value=caller, now=now)
            until = max((each.seq for each in await uow.conversations.last_turn(thread)), default=0)
            await delivery.reached(uow, conversation_id=thread, seq=until)
            await uow.commit()
        progress = Progress(since=until, until=until)
        return Next(progress=progress, steps=(Speak(sentences=self.words.greeting), Listen(hints=_HINTS)))

    async def step(self, call: str, progress: Progress, event: Event) -> Next:
        """Take what the caller did. The same step again is answered alike, and is no second turn."""
        thread = await self.platform.greet(call)
        match event:
            case Silence():
                told = await self._silent(thread, progress)
            case NotReached():
                told = await self._away(thread, progress.after(back=1, strikes=0), self.words.not_reached)
            case Recorded():
                told = await self._left(thread, progress, event)
            case Pressed(keys="*"):
                told = await self._read(thread, progress.after())
            case Pressed(keys="" | "#"):
                told = await self._read(thread, progress.after(page=progress.page + 1))
            case Pressed(keys=keys):
                told = await self._keys(call, thread, progress, keys)
            case Heard(text=text, confidence=confidence):
                # Whoever screams is heard badly: what sounds like danger is taken however unsure the recogniser is.
                clear = confidence is None or confidence >= _SURE or await self._endangers(text)
                taken = clear and text.strip(_AROUND)
                told = await (self._words(call, thread, progress, text) if taken else self._unclear(thread, progress))
            case _:
                assert_never(event)
        return told

    async def cannot_wait(self, event: Event) -> bool:
        """Tell whether what came while a turn is thought about must be taken all the same: danger, or the wish for a person."""
        match event:
            case Pressed(keys=keys):
                return keys == _PERSON
            case Heard(text=text):
                return text.strip(_AROUND) in HUMAN_WORDS or await self._endangers(text)
            case _:
                return False

    async def _keys(self, call: str, thread: str, progress: Progress, keys: str) -> Next:
        standing = await self._standing(thread, progress)
        if progress.pending and keys != _PERSON:
            return await self._confirmed(call, standing, progress, keys)
        if not standing.choices and not standing.question and keys in self.words.topics:
            return await self._turn(call, thread, progress, self.words.topics[keys])
        if standing.private and keys != _PERSON:
            return await self._read_back(standing, progress, keys)
        return await self._turn(call, thread, progress, keys)

    async def _words(self, call: str, thread: str, progress: Progress, text: str) -> Next:
        said = text.strip(_AROUND)
        slower = _SLOWER.fullmatch(said) is not None
        if slower or _REPEAT.fullmatch(said):
            return await self._read(thread, progress.after(slow=int(progress.slow or slower)))
        standing = await self._standing(thread, progress)
        if _MORE.fullmatch(said) and len(self._sentences(standing)) > (progress.page + 1) * _SENTENCES:
            return await self._read(thread, progress.after(page=progress.page + 1))
        chosen = any(said == choice.title for choice in standing.choices)
        read_back = not chosen and (standing.private or standing.question.get("type") in _READ_BACK)
        awaited = progress.pending or read_back
        # Danger is no name and no number: it is answered at once, whatever was asked.
        if not awaited or said in HUMAN_WORDS or await self._endangers(text):
            return await self._turn(call, thread, progress, text, recognised=True)
        if progress.pending:
            return await self._confirmed(call, standing, progress, said)
        return await self._read_back(standing, progress, said)

    async def _endangers(self, text: str) -> bool:
        return bool(text.strip()) and await self.platform.gateway.hears_danger(text[:MAX_TEXT])

    async def _turn(self, call: str, thread: str, progress: Progress, text: str, *, recognised: bool = False) -> Next:
        """Take words through the gateway and say what it answers, or put the caller through."""
        try:
            named = _named(progress)
            await self.platform.take(Said(user=call, external_id=named, text=text[:MAX_TEXT], recognised=recognised))
        except TurnUnderWay:
            return await self._missed(thread, progress.after(), self.words.holding, person=False)
        except (InboundRefused, TooFast):
            return await self._unclear(thread, progress)
        return await self._answered(thread, progress)

    async def resume(self, call: str, progress: Progress) -> Next | None:
        """Return what is said to a turn that took its time; None while it is still under way."""
        thread = await self.platform.greet(call)
        async with self.platform.database.reading() as uow:
            taken = await uow.conversations.inbound(
                conversation_id=thread, external_id=_named(progress), sender=Sender.CITIZEN
            )
        return await self._answered(thread, progress) if taken is not None and taken.answered else None

    async def _answered(self, thread: str, progress: Progress) -> Next:
        kept = progress.after(since=progress.until, pending=0)
        standing = await self._standing(thread, kept)
        missed = any(each.text in self.words.missed for each in standing.messages)
        kept = replace(kept, strikes=progress.strikes + 1 if missed else 0)
        called = any(each.kind == "handover" and each.sender is Sender.BOT for each in standing.messages)
        if kept.strikes >= _STRIKES:
            await self._request_person(thread)
        if called or standing.endangered or kept.strikes >= _STRIKES:
            return await self._put_through(standing, replace(kept, back=0 if called else kept.back))
        return await self._read(thread, kept)

    async def _read_back(self, standing: _Standing, progress: Progress, value: str) -> Next:
        """Say a number, name or date again before anything is done with it; meanwhile it lies in the vault."""
        kind = _kind(standing)
        async with self.platform.database.unit_of_work() as uow:
            token = await vault.put(
                uow, conversation_id=standing.thread.id, kind=kind, value=value, now=self.platform.clock()
            )
            await uow.commit()
        _, pending = vault.parts(token)
        said = ear.digits(value) if value.isdigit() and standing.private else ear.in_words(value)
        lines = tuple(line.format(said=said) for line in self.words.read_back)
        return Next(
            progress=progress.after(pending=pending), steps=(Speak(sentences=lines, slow=bool(progress.slow)), Listen())
        )

    async def _confirmed(self, call: str, standing: _Standing, progress: Progress, said: str) -> Next:
        """Take a yes or a no to what was read back; anything else is a value said anew."""
        if _NO.fullmatch(said):
            kept = progress.after(pending=0, strikes=progress.strikes + 1)
            return await self._missed(standing.thread.id, kept, self.words.once_more, person=kept.strikes >= _STRIKES)
        if not _YES.fullmatch(said):
            return await self._read_back(standing, progress, said)
        async with self.platform.database.reading() as uow:
            value = await uow.vault.open(
                conversation_id=standing.thread.id, kind=_kind(standing), number=progress.pending
            )
        return await self._turn(call, standing.thread.id, progress, value or said)

    async def _silent(self, thread: str, progress: Progress) -> Next:
        kept = progress.after(silences=progress.silences + 1)
        return await self._missed(thread, kept, self.words.silence, person=kept.silences >= _SILENCES)

    async def _unclear(self, thread: str, progress: Progress) -> Next:
        kept = progress.after(strikes=progress.strikes + 1)
        said = self.words.unclear if kept.strikes == 1 else self.words.keys
        return await self._missed(thread, kept, said, person=kept.strikes >= _STRIKES)

    async def _missed(self, thread: str, progress: Progress, said: Sequence[str], *, person: bool) -> Next:
        """Ask once more, or bring in a person who can."""
        if person:
            await self._request_person(thread)
            return await self._put_through(await self._standing(thread, progress), progress)
        standing = await self._standing(thread, progress)
        steps = (Speak(sentences=tuple(said), slow=bool(progress.slow)), standing.listen())
        return Next(progress=progress, steps=steps)

    async def _read(self, thread: str, progress: Progress) -> Next:
        """Say one part of what is to be said, and listen."""
        standing = await self._standing(thread, progress)
        until = max((each.seq for each in standing.messages), default=progress.until)
        sentences = self._sentences(standing)
        start = progress.page * _SENTENCES
        part = sentences[start : start + _SENTENCES] or sentences[:_SENTENCES] or self.words.ask
        more = (self.words.more,) if len(sentences) > start + _SENTENCES else ()
        await self.platform.reached(thread, seq=until)
        speak = Speak(sentences=(*part, *more), slow=bool(progress.slow))
        return Next(progress=replace(progress, until=until), steps=(speak, standing.listen()))

    async def _put_through(self, standing: _Standing, progress: Progress) -> Next:
        """Say what danger asks for first, then put the caller through, or take a message where nobody is there."""
        first = tuple(
            sentence
            for each in standing.messages
            if "safety" in each.body
            for sentence in ear.heard(each, (), self.words)
        )
        until = max((each.seq for each in standing.messages), default=progress.until)
        kept = replace(progress, until=until)
        await self.platform.reached(standing.thread.id, seq=until)
        closed = self.opening(self.platform.clock()).state is Openness.CLOSED
        if not self.transfers or progress.back or closed:
            return await self._away(standing.thread.id, kept, (*first, *self.words.away))
        speak = Speak(sentences=(*first, *self.words.connecting), slow=bool(progress.slow))
        return Next(progress=kept, steps=(speak, Transfer(urgency=standing.thread.urgency)))

    async def _away(self, thread: str, progress: Progress, said: Sequence[str]) -> Next:
        """Say when a person calls back, and take a message."""
        reach = await self._lodge(thread, words=self.words.called)
        promise = self.words.no_promise.get(reach) or self._promise()
        lines = tuple(line.format(promise=promise) for line in (*said, *self.words.leave_message[reach]))
        return Next(progress=progress, steps=(Speak(sentences=lines, slow=bool(progress.slow)), Voicemail()))

    async def _left(self, thread: str, progress: Progress, event: Recorded) -> Next:
        """File a message that was left; the caller may go on with the assistant."""
        words = self.words.recorded.format(seconds=event.seconds, where=event.where)
        reach = await self._lodge(thread, words=words)
        promise = self.words.no_promise[reach] if reach is Reach.UNSAFE else self._promise()
        said = tuple(line.format(promise=promise) for line in self.words.message_taken[reach])
        kept = progress.after(back=1)
        return Next(progress=kept, steps=(Speak(sentences=said, slow=bool(progress.slow)), Listen(hints=_HINTS)))

    async def ended(self, call: str) -> None:
        """Note that the line is gone: whoever was waiting for a person is called back."""
        async with self.platform.database.reading() as uow:
            known = await conversations.conversation_of(uow, channel=self.platform.channel, external_user=call)
        if known is not None and known.holder is Holder.WAITING:
            await self._lodge(known.id, words=self.words.called)

    async def _lodge(self, thread: str, *, words: str) -> Reach:
        """Make a call-back of it, with the calling number where there is one, and where calling endangers nobody.

        Return whether anybody can be rung.
        """
        now = self.platform.clock()
        async with self.platform.database.unit_of_work() as uow:
            found = await conversations.conversation(uow, conversation_id=thread, now=now)
            safe = await contact.answered(uow, conversation=found)
            shown = await uow.vault.open(conversation_id=thread, kind=CALLER, number=1)
            reach = Reach.UNSAFE if not contact.may_ring(safe) else Reach.RUNG if shown else Reach.WITHHELD
            open_ones = await uow.tickets.open_ones(conversation_id=thread)
            before = next((each for each in open_ones if each.kind is TicketKind.CALL_BACK), None)
            if before is not None and before.contact and reach is Reach.WITHHELD:
                reach = Reach.RUNG  # a number was left with the wish for a call
            if before is None:
                await lodging.lodge(
                    uow,
                    conversation_id=thread,
                    kind=TicketKind.CALL_BACK,
                    words=words,
                    contact=f"<pii:{CALLER}:1>" if reach is Reach.RUNG else None,
                    safe_to_contact=safe,
                    now=now,
                )
            elif words != self.words.called:
                await lodging.take_more(uow, ticket_id=before.id, words=words, now=now)
            await uow.commit()
        return reach

    async def _request_person(self, thread: str) -> None:
        async with self.platform.database.unit_of_work() as uow:
            now = self.platform.clock()
            await conversations.request_person(uow, conversation_id=thread, reason="call_not_understood", now=now)
            await uow.commit()

    async def _standing(self, thread: str, progress: Progress) -> _Standing:
        async with self.platform.database.reading() as uow:
            found = await conversations.conversation(uow, conversation_id=thread, now=self.platform.clock())
            after = await conversations.messages_after(uow, conversation_id=thread, seq=progress.since)
        said = tuple(each for each in after if each.sender is not Sender.CITIZEN)
        return _Standing(thread=found, messages=said, choices=plain.offered(said))

    def _sentences(self, standing: _Standing) -> tuple[str, ...]:
        heard = (ear.heard(each, standing.choices, self.words) for each in standing.messages)
        return tuple(sentence for message in heard for sentence in message)

    def _promise(self) -> str:
        now = self.platform.clock()
        return directions.from_when(self.opening(now), now, self.words.promise)


def _named(progress: Progress) -> str:
    """Name a turn of the caller's: the same step again is the same message."""
    return f"turn-{progress.turn}"


def _kind(standing: _Standing) -> str:
    """Return under what a value lies in the vault while it is read back."""
    return private_kind(standing.thread.expecting or "") if standing.private else "said"
