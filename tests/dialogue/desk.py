"""A desk without Rasa and without a database: one conversation's turns go to the actions as they are, acts given."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn

from actions import errands, hearing, several, talk
from actions.acts import PAYLOAD_ACTS, Act
from actions.asides import form_of
from actions.consult import consult
from actions.forms import Handler, in_intake, in_screen
from actions.matters import DROPPED, GO_ON, MATTER
from actions.services import Services
from actions.turn import Form, Outcome, Turn, remember
from actions.wire import AnswerReply, Choice, Reply, TextReply
from api.domain.clocks import CHINA
from api.http.limits import Limiter
from api.services.records import Care, Conversation, DialogueState
from knowledge_base.assess import Assessor
from knowledge_base.clarifications import Clarifications
from knowledge_base.dialect import Dialect
from knowledge_base.directory.book import Directory
from knowledge_base.feelings import Feelings
from knowledge_base.folding import Folder
from knowledge_base.handlers import Handlers
from knowledge_base.short import ShortQuestions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import Urgency
from knowledge_base.unasked import Unasked
from tests.dialogue.fakes import FakeKnowledge, classify
from tests.fakes import FakeClock

_HANDLERS: Mapping[Act, Handler] = {
    **dict.fromkeys((Act.GREET, Act.GOODBYE, Act.THANKS, Act.BOT_CHALLENGE, Act.CAPABILITIES), talk.small_talk),
    **dict.fromkeys((Act.AFFIRM, Act.DENY, Act.DONT_KNOW, Act.ANSWER, Act.CORRECT, Act.GO_BACK), talk.resume),
    **dict.fromkeys(errands.ERRANDS, errands.handle),
    Act.HUMAN: talk.person,
    Act.CANCEL: talk.leave,
    Act.START_SCREEN: in_screen,
    Act.APPLY: in_intake,
    Act.CONSENT: in_intake,
}
"""What Rasa's rules lead to while no form is open."""
_FORMS: Mapping[Form, Handler] = {Form.SCREEN: in_screen, Form.INTAKE: in_intake}


@lru_cache
def _shared() -> dict[str, Any]:
    """Read what no conversation changes once for all of them."""
    return {
        "screener": Assessor.load(),
        "title_of": Taxonomy.load().titles.get,
        "find_offices": Directory.load().find,
        "works": Directory.load().works,
        "clarifications": Clarifications.load(),
        "feelings": Feelings.load(),
        "dialect": Dialect.load(),
        "unasked": Unasked.load(),
        "handlers_of": Handlers.load(Taxonomy.load()).of,
        "short": ShortQuestions.load(),
        "spelt": Folder.load().spelt,
    }


def _no_database() -> NoReturn:
    msg = "a decision reads no database"
    raise AssertionError(msg)


@dataclass(slots=True)
class Desk:
    """One caller, and what the dialogue keeps of them."""

    knowledge: FakeKnowledge = field(default_factory=FakeKnowledge)
    clock: FakeClock = field(default_factory=FakeClock)
    state: DialogueState = field(default_factory=DialogueState)
    care: Care = field(default_factory=Care)
    urgency: Urgency = Urgency.S2
    outcome: Outcome = field(default_factory=lambda: Outcome(state=DialogueState()))
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.services = Services(
            unit_of_work=_no_database,
            reading=_no_database,
            clock=self.clock,
            limits=Limiter(),
            knowledge=self.knowledge,
            classify=classify,
            region_in=lambda _text: None,
            sought_in=lambda _text: None,
            place_in=lambda _text: None,
            **_shared(),
        )

    def say(self, text: str, *, act: Act = Act.ASK) -> Sequence[Reply]:
        return self._take(text=text, act=act, payload={})

    def hears(self, *texts: str, act: Act = Act.ASK) -> Sequence[Reply]:
        """Take messages as the actions do: what waits for no reading of Rasa's first, then what the act leads to."""
        for text in texts:
            self._take(text=text, act=act, payload={}, whole=True)
        return self.outcome.replies

    def chooses(self, **payload: object) -> Sequence[Reply]:
        """Tap an answer or an act, dots written as two underscores, wherever the talk stands."""
        given = {key.replace("__", "."): value for key, value in payload.items()}
        return self._take(text="", act=PAYLOAD_ACTS.get(str(given.get("act")), Act.ANSWER), payload=given, whole=True)

    def go_on(self, text: str) -> Sequence[Reply]:
        return self.say(text, act=Act.FOLLOW_UP)

    def pick(self, title: str) -> Sequence[Reply]:
        """Choose by what the button leads to: a matter's title, or the title itself."""
        for choice in self.choices:
            if title in {choice.title, choice.wording}:
                asked = choice.payload.get("ask")
                if asked is not None:
                    return self.say(asked)
                return self._take(text="", act=Act.ANSWER, payload=choice.payload)
        msg = f"nobody offered «{title}», only {[(one.title, one.wording) for one in self.choices]}"
        raise AssertionError(msg)

    def tap(self, choice: Choice) -> Sequence[Reply]:
        """Tap a button, also one of an earlier turn: they stay where they are."""
        return self._take(text="", act=Act.ANSWER, payload=choice.payload)

    def answer(self, **facts: object) -> Sequence[Reply]:
        """Answer in the pre-screen, dots written as two underscores."""
        payload = {fact.replace("__", "."): value for fact, value in facts.items()}
        return self._take(text="", act=Act.ANSWER, payload=payload)

    def screen(self, text: str = "") -> Sequence[Reply]:
        """Begin the pre-screen, by its button or in words."""
        payload = {} if text else {"act": "screen"}
        return self._take(text=text, act=Act.START_SCREEN, payload=payload, form=True)

    @property
    def choices(self) -> list[Choice]:
        return [choice for reply in self.outcome.replies for choice in reply.choices]

    @property
    def said(self) -> list[str]:
        """The fixed lines of the last turn, by name."""
        return [str(getattr(reply, "say", reply.kind)) for reply in self.outcome.replies]

    @property
    def sources(self) -> list[str]:
        return [
            cited.document
            for reply in self.outcome.replies
            if isinstance(reply, AnswerReply)
            for cited in reply.answer.citations
        ]

    @property
    def lines(self) -> str:
        return "\n".join(reply.args.get("list", "") for reply in self.outcome.replies if isinstance(reply, TextReply))

    def _take(
        self, *, text: str, act: Act, payload: Mapping[str, Any], form: bool = False, whole: bool = False
    ) -> Sequence[Reply]:
        now = self.clock()
        turn = Turn(
            conversation=Conversation(
                id="one",
                channel="web",
                region="231000",
                locale="zh-CN",
                opened_at=now,
                care=self.care,
                urgency=self.urgency,
            ),
            act=act,
            confidence=0.9,
            text=text,
            payload=payload,
            state=self.state,
            region="231000",
            now=now,
            on=now.astimezone(CHINA).date(),
        )
        answers = payload.keys() - {"act", MATTER, GO_ON, DROPPED}
        in_form = form or self.state.asked is not None or bool(answers)
        decided = self._heard(turn) if whole else self._decided(turn, in_screen if in_form else consult)
        self.outcome = asyncio.run(decided)
        self.state = remember(self.outcome.state, self.outcome.replies, message=None, form=self.outcome.form)
        return self.outcome.replies

    async def _heard(self, turn: Turn) -> Outcome:
        turn, outcome = await errands.first(hearing.borne_out(turn), self.services)
        if outcome is None:
            open_ = form_of(turn.state)
            outcome = await self._decided(turn, _HANDLERS.get(turn.act, consult) if open_ is None else _FORMS[open_])
        if outcome.form is not None and not outcome.replies:
            outcome = await _FORMS[outcome.form](turn, self.services)
        return outcome

    async def _decided(self, turn: Turn, decide: Any) -> Outcome:  # noqa: ANN401 (either of two handlers)
        outcome: Outcome = await several.told(turn, self.services) or await decide(turn, self.services)
        return outcome
