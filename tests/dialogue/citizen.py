"""A citizen with facts of their own, who talks to the assistant as people do: in numbers, in words, aside, and wrongly at first.

Everything is drawn from one seed, so that a run that failed can be had again. The words are in citizen.yml.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from knowledge_base.assess import Assessor
from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.outcome import FIGURE, INCOME
from knowledge_base.types import NATION, Basis, Facts, FactType, FactValue, Outcome
from tests.dialogue.citizen_words import in_advance, same, same_payload, words
from tests.dialogue.stage import Stage, Talk

MOST_QUESTIONS: Final = 12
MOST_TURNS: Final = 12
"""Turns of answering until the end. What the citizen turns to besides, or changes, is theirs and is not counted."""
MOST_ASIDES: Final = 4
MOST_CORRECTIONS: Final = 2
MOST_MISHEARD: Final = 3
NEVER: Final = ("批准", "拒绝", "我是律师", "本律师", "<pii", "{", "}", "None")
CALLER: Final = "来电人："
RIGHT: Final = ("有权申请法律援助", "您都可以提出申请")
REGIONS: Final = (None, "231000", "140581", "640100", "320400", "110000")
_COMPLETIONS: Final = 400
_SETTLED: Final = 25
_BUTTON: Final = 0.4
_UNKNOWN: Final = 0.12
_FORTHCOMING: Final = 0.6
_STILL: Final = object()


class Unfit(AssertionError):
    """The assistant did something that no citizen should meet."""


@dataclass(slots=True)
class Citizen:
    """One person, their facts and their temper."""

    seed: int
    stage: Stage
    dice: random.Random = field(init=False)
    region: str | None = field(init=False)
    matter: str = field(init=False)
    facts: dict[str, FactValue] = field(init=False)
    """What is so; None is what they do not know or would rather not say."""
    talk: Talk = field(init=False)
    transcript: list[str] = field(default_factory=list)
    told: dict[str, FactValue] = field(default_factory=dict)
    """What was told with the story: it is never asked."""
    answered: set[str] = field(default_factory=set)
    reopened: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    asides: int = 0
    silences: int = 0
    corrections: int = 0
    typed: int = 0
    turns: int = 0
    misheard: list[str] = field(default_factory=list)
    left: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 (no secret)
        self.region = self.dice.choice(REGIONS)
        self.matter = self.dice.choice(sorted(words()["stories"]))
        self.facts = {name: self._drawn(name) for name in self.askable} | {MATTER: self.matter}
        self.talk = self.stage.open(region=self.region)

    @property
    def screener(self) -> Assessor:
        found = self.stage.services.screener
        assert isinstance(found, Assessor)
        return found

    @property
    def askable(self) -> tuple[str, ...]:
        facts = self.screener.engine.rulebook.facts
        return tuple(name for name, fact in facts.items() if (fact.asked or fact.confirm) and name != MATTER)

    # What happens.

    def lives_through(self) -> None:
        """Talk until there is a result or a person."""
        if self.dice.random() < 0.2:
            self._say(self._one(words()["openings"]))
        if self.dice.random() < 0.8:
            self._tells(self._one(words()["stories"][self.matter]))
            self._is_told_the_right()
        self._begins()
        while not self._is_over():
            self._takes_a_turn()
        if self._last_holder() == "bot":
            self._checks_the_result()
            if self.dice.random() < 0.2 and self.order:
                self._changes_the_result()

    def _tells(self, story: str) -> None:
        lines = ""
        if self.dice.random() < _FORTHCOMING:
            lines, self.told = in_advance(self.dice, matter=self.matter, facts=self.facts)
        self._say(f"{story}，{lines}" if lines else story)

    def _begins(self) -> None:
        if self.dice.random() < 0.5:
            self._say(self._one(words()["begins"]))
        if self._question is None and not self._is_over():
            self._tap({"act": "screen"})
        if self._heard_matter() not in {None, self.matter}:
            self._tap({MATTER: self.matter})  # the story was taken for something else, and the citizen says so

    def _takes_a_turn(self) -> None:
        asked = self._question
        self._require(asked is not None, "a form without a question")
        assert asked is not None
        self._require(asked not in self.told or asked in self.reopened, f"{asked} was told with the story")
        self._require(asked not in self.answered or asked in self.reopened, f"{asked} was answered before")
        roll = self.dice.random()
        if roll < 0.03:
            self._say(self._one(words()["wants_person"]))
            self._require(self._last_holder() == "waiting", "nobody was called")
        elif roll < 0.07 and not self.left:
            self._leaves_and_comes_back(asked)
        elif roll < 0.27 and self.asides < MOST_ASIDES:
            self._digresses(asked)
        elif roll < 0.42 and self.order and self.corrections < MOST_CORRECTIONS:
            self._corrects()
        else:
            self._answers(asked)

    def _answers(self, fact: str) -> None:
        self._require(len(self.answered | {fact}) <= MOST_QUESTIONS, f"more than {MOST_QUESTIONS} questions")
        self._require(self._can_matter(fact), f"whatever the answer to {fact}, the result stays")
        before, again = len(self.transcript), fact in self.reopened
        if self.dice.random() < _BUTTON or not self._typed(fact):
            self._tap(self._button(fact))
        self.turns += 0 if again else sum(line.startswith(CALLER) for line in self.transcript[before:])
        self._require(self.turns <= MOST_TURNS, f"more than {MOST_TURNS} turns of answering")
        self._has_answered(fact)

    def _typed(self, fact: str) -> bool:
        """Answer in words; returns whether they were understood."""
        self.typed += 1
        said = self._said(fact)
        self._say(said)
        if self._kept(fact) is not _STILL:
            return True
        self.misheard.append(f"{fact}: {said}")
        self._require(self._question == fact, "an answer was neither understood nor asked again")
        self._require(len(self.misheard) <= MOST_MISHEARD, "plain answers are not understood")
        return False

    def _has_answered(self, fact: str) -> None:
        kept = self._kept(fact)
        self._require(kept is not _STILL, f"{fact} was not kept")
        if fact == MATTER and kept != self.matter:
            self._tap({MATTER: self.matter})
        else:
            self._require(same(kept, self.facts[fact]), f"{fact} was kept as {kept}, not as {self.facts[fact]}")
        self.answered.add(fact)
        self.reopened.discard(fact)
        self.order = [*(one for one in self.order if one != fact), fact]

    def _digresses(self, asked: str) -> None:
        self.asides += 1
        before = dict(self.talk.state.facts)
        if self.silences < 1 and self.dice.random() < 0.15:
            self.silences += 1
            self._say(self._one(words()["silences"]))
        else:
            others = words()["other_matters"] if asked != MATTER else []
            self._say(self._one([*words()["asides"], *others]))
        self._require(self._question == asked, f"after an aside {asked} was not asked again")
        after = {fact: value for fact, value in self.talk.state.facts.items() if fact in before}
        self._require(after == before, "an aside changed an answer")
        self._require(set(self.talk.state.facts) == set(before), "an aside was taken for an answer")

    def _leaves_and_comes_back(self, asked: str) -> None:
        self.left = True
        before = dict(self.talk.state.facts)
        self._say(self._one(words()["leaves"]))
        self._require(self._question is None, "whoever leaves is still asked")
        self._say(self._one(words()["goes_on"]))
        self._require(self._question == asked, f"whoever comes back is not asked {asked}")
        self._require(dict(self.talk.state.facts) == before, "coming back changed an answer")

    def _corrects(self) -> None:
        """Change an earlier answer: by a button of then, in words, or by going back."""
        self.corrections += 1
        last, others = self.order[-1], [one for one in self.order if one != MATTER]
        way = self.dice.choice(("button", "words", "back"))
        if way == "button" and others:
            fact = self.dice.choice(others)
            self._changes_mind(fact)
            self._tap({fact: self.facts[fact]})
            self._has_answered(fact)
        elif way == "words" and last != MATTER and self.facts[last] is not None:
            self._changes_mind(last)
            self._say(self._one(words()["corrects"]).format(said=self._said(last)))
            if self._question == last:
                self.reopened.add(last)
                self._answers(last)  # it was not said clearly enough, and is asked again
            else:
                self._has_answered(last)
        else:
            self.reopened.add(last)
            self._say(self._one(words()["goes_back"])) if self.dice.random() < 0.5 else self._tap({"act": "back"})
            self._require(self._question == last, f"going back did not ask {last} again")
            if last != MATTER:
                self._changes_mind(last)
            self._answers(last)

    def _changes_mind(self, fact: str) -> None:
        before = self.facts[fact]
        drawn = [value for value in (self._drawn(fact) for _ in range(12)) if value is not None]
        self.facts[fact] = next((value for value in drawn if value != before), before)

    # What is required of the assistant.

    def _is_over(self) -> bool:
        verdict = any("verdict" in message.body for message in self.talk.messages)
        return verdict or self._last_holder() != "bot"

    def _is_told_the_right(self) -> None:
        heard = [matter["code"] for message in self.talk.messages for matter in message.body.get("matters", ())]
        answers = [message.text for message in self.talk.messages if message.kind == "answer"]
        if heard and answers and self._in_scope(heard[0]):
            self._require(any(RIGHT[0] in text for text in answers), "an answer in scope is silent on art. 23")

    def _checks_the_result(self) -> None:
        told = next(message for message in self.talk.messages if "verdict" in message.body)
        known: Facts = {fact: self.facts[fact] for fact in (*self.told, *self.order, MATTER)}
        own = self.screener.assess(known, region=self.region, on=self.on)
        said = told.body["verdict"]
        self._require(
            (said["outcome"], said["basis"]) == (own.outcome.value, own.basis.value),
            f"told {said['outcome']}/{said['basis']}, the rules say {own.outcome}/{own.basis} for {known}",
        )
        self._require(own.settled, f"the questions stopped early, {own.missing} is open")
        self._require(self._stays(known, own.outcome), "another answer could still have changed the result")
        if self._in_scope(self.matter):
            self._require(RIGHT[1] in told.text, "a result that is silent on the right to apply")

    def _changes_the_result(self) -> None:
        self.corrections += 1
        fact = self.dice.choice(self.order)
        if fact == MATTER:
            return
        self._changes_mind(fact)
        self._tap({fact: self.facts[fact]})
        self._has_answered(fact)
        while not self._is_over():
            asked = self._question
            self._require(asked is not None and (asked not in self.answered), "a change asks what was answered")
            assert asked is not None
            self._answers(asked)
        self._checks_the_result()

    def _in_scope(self, matter: str) -> bool:
        facts = {MATTER: matter, "applicant.special_group": "none"}
        return self.screener.assess(facts, region=self.region, on=self.on).basis is not Basis.OUT_OF_SCOPE

    def _can_matter(self, fact: str) -> bool:
        """Tell whether some answer to this question, beside some answers to the others, makes a difference."""
        known = {name: self.facts[name] for name in (*self.told, *self.order) if name != fact}
        if fact == MATTER or (fact == INCOME and not self._figure()):
            return True  # asked once, last, for the person who will judge
        known[MATTER] = self.matter
        return any(
            len({self._outcome({**self._completed(known), fact: value}) for value in self._domain(fact)}) > 1
            for _ in range(_COMPLETIONS)
        )

    def _stays(self, known: Facts, outcome: Outcome) -> bool:
        return all(self._outcome(self._completed(known)) is outcome for _ in range(_SETTLED))

    def _completed(self, known: Facts) -> dict[str, FactValue]:
        """Return the facts with anything that can be so for what is not known, and not presumed, that takes back neither."""
        presume = self.screener.engine.presume
        before, found = presume(known), dict(known)
        for name in (one for one in self.askable if before.get(one) is None and one not in known):
            after = presume({**found, name: (value := self._drawn(name))})
            if all(after[other] == told for other, told in before.items()) and self._can_be({**found, name: value}):
                found[name] = value
        return found

    def _can_be(self, facts: Facts) -> bool:
        return not self.screener.engine.conflicts(self.screener.read(facts, on=self.on))

    def _outcome(self, facts: Facts) -> Outcome:
        return self.screener.assess(facts, region=self.region, on=self.on).outcome

    def _figure(self) -> bool:
        known = self.screener._chain(self.region) if self.region else (NATION,)  # noqa: SLF001 (what the rules look at)
        return FIGURE in self.screener.engine.rulebook.regime(known, self.on).figures

    # What is said.

    def _say(self, text: str) -> None:
        self.transcript.append(f"{CALLER}{text}")
        self.talk.say(text)
        self._hears()

    def _tap(self, payload: Mapping[str, Any]) -> None:
        self.transcript.append(f"{CALLER}[{payload}]")
        self.talk.tap(payload)
        self._hears()

    def _hears(self) -> None:
        self.transcript += [f"助手（{message.kind}）：{message.text}" for message in self.talk.messages]
        self._require(bool(self.talk.messages), "no answer at all")
        questions = [message for message in self.talk.messages if "question" in message.body]
        self._require(len(questions) <= 1, "two questions in one turn")
        if questions:
            others = [message.text for message in self.talk.messages if message is not questions[0]]
            self._require(not any("？" in text for text in others), "a second question beside the one that is asked")
        for text in (message.text for message in self.talk.messages):
            for word in NEVER:
                self._require(word not in text, f"«{word}» was said")

    def _said(self, fact: str) -> str:
        """Return an answer in words."""
        value, said = self.facts[fact], words()["answers"]
        match self.screener.engine.rulebook.facts[fact].type:
            case _ if value is None:
                lines, spoken = words()["unknown"], ""
            case _ if fact == MATTER:
                lines, spoken = words()["stories"][self.matter], ""
            case FactType.BOOL:
                lines, spoken = said.get(fact, said["bool"])[str(value).lower()], ""
            case FactType.INT:
                lines, spoken = said["int"], words()["ages"][value]
            case FactType.MONEY:
                lines, spoken = said["money" if value else "no_money"], words()["incomes"][value]
            case _:
                lines, spoken = said[fact][str(value)], ""
        return self._one(lines).format(n=value, zh=spoken)

    def _button(self, fact: str) -> Mapping[str, Any]:
        """Return what the button of this answer carries; numbers have none."""
        wanted = {fact: self.facts[fact]}
        kind = self.screener.engine.rulebook.facts[fact].type
        if kind in {FactType.BOOL, FactType.ENUM} and fact != MATTER:
            offered = [choice["title"] for choice in self.talk.choices]
            carried = [choice["payload"] for choice in self.talk.choices]
            self._require(any(same_payload(one, wanted) for one in carried), f"no button for {wanted} in {offered}")
        return wanted

    def _drawn(self, fact: str) -> FactValue:
        return None if self.dice.random() < _UNKNOWN else self.dice.choice(self._domain(fact))

    def _domain(self, fact: str) -> list[FactValue]:
        known = self.screener.engine.rulebook.facts[fact]
        match known.type:
            case FactType.BOOL:
                return [True, False]
            case FactType.INT:
                return list(words()["ages"])
            case FactType.MONEY:
                return list(words()["incomes"])
            case _:
                return [option.value for option in known.options]

    def _one(self, lines: list[str]) -> str:
        return str(self.dice.choice(lines))

    @property
    def on(self) -> date:
        return self.stage.clock().date()

    @property
    def _question(self) -> str | None:
        return self.talk.question["fact"] if self.talk.question is not None else None

    def _heard_matter(self) -> object:
        return self.talk.state.facts.get(MATTER)

    def _last_holder(self) -> str:
        return self.talk.last.holder if self.talk.last is not None else "bot"

    def _kept(self, fact: str) -> object:
        return self.talk.state.facts.get(fact, _STILL)

    def _require(self, kept: bool, what: str) -> None:  # noqa: FBT001 (reads as an assertion)
        if not kept:
            raise Unfit(what)
