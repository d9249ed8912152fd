"""The application machine against the law's own table, every pair of state and event."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from api.domain.aid import Closing, ClosingOutcome
from api.domain.application import (
    OPEN_STATES,
    Application,
    EffectKind,
    Event,
    State,
    TransitionRefused,
    allowed_events,
    apply,
)
from api.domain.audit import GENESIS, Actor, ActorKind, ChainedEntry, chain, first_broken
from api.domain.clocks import CHINA, ClockKind, Party, clocks, waiting_on
from api.domain.details import Details
from api.domain.grounds import AdvanceGround, TerminationGround
from api.domain.origin import Origin
from api.domain.transfer import Agreed, Transfer

pytestmark = pytest.mark.unit

NOW: Final = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
STAFF: Final = Actor(kind=ActorKind.STAFF, id="s1")
CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")
FULL: Final = Details(
    reason="写明的理由",
    papers=("身份证明",),
    papers_due=NOW + timedelta(days=365),
    provider="p1",
    transfer=Transfer(office="银川市法律援助中心", agreed=Agreed.BY_PHONE),
    into="LA-2026-2222-2",
    termination=TerminationGround.CASE_ENDED,
    advance=AdvanceGround.TIME_LIMIT,
    closing=Closing(outcome=ClosingOutcome.WON, report="工资要回"),
)

# Legal Aid Law arts 36-50, written out by hand: state, event, state after.
LAW: Final = """
draft submit submitted
draft withdraw withdrawn
submitted begin_review in_review
submitted supply submitted
submitted withdraw withdrawn
submitted transfer transferred
submitted advance_aid assigned
submitted merge merged
in_review merge merged
supplement_requested merge merged
in_review request_supplement supplement_requested
in_review supply in_review
in_review withdraw withdrawn
in_review transfer transferred
in_review advance_aid assigned
in_review grant granted
in_review refuse refused
supplement_requested supply in_review
supplement_requested deem_withdrawn withdrawn
supplement_requested withdraw withdrawn
notified assign assigned
notified withdraw withdrawn
notified transfer transferred
notified merge merged
granted assign assigned
granted terminate terminated
assigned start in_progress
assigned terminate terminated
in_progress close closed
in_progress terminate terminated
refused object refusal_objected
refusal_objected uphold refused_upheld
refusal_objected overturn in_review
terminated object termination_objected
termination_objected uphold terminated_upheld
termination_objected overturn in_progress
"""
TABLE: Final = {
    (State(start), Event(event)): State(end) for start, event, end in (line.split() for line in LAW.split("\n") if line)
}


def application(state: State, **changed: object) -> Application:
    fields: dict[str, object] = {"reference": "LA-2026-7K4Q-3", "state": state, "state_since": NOW, "received_at": NOW}
    return Application(**{**fields, **changed})  # type: ignore[arg-type]


class TestEveryPair:
    @pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
    def test_leads_where_the_law_says_or_is_refused(self, state: State, event: Event) -> None:
        expected = TABLE.get((state, event))
        if expected is None:
            with pytest.raises(TransitionRefused) as refused:
                apply(application(state), event, by=STAFF, now=NOW, details=FULL)
            assert refused.value.code == "illegal_move"
            return
        transition = apply(application(state), event, by=STAFF, now=NOW, details=FULL)
        assert transition.state is expected
        assert transition.application.version == 1
        assert transition.entry.data["from"] == state
        assert transition.entry.data["to"] == expected

    @pytest.mark.parametrize("state", State)
    def test_offers_staff_just_what_it_would_take(self, state: State) -> None:
        offered = set(allowed_events(application(state), by=ActorKind.STAFF))
        assert offered == {event for start, event in TABLE if start is state}

    @pytest.mark.parametrize("state", State)
    def test_says_whose_move_it_is(self, state: State) -> None:
        somebody = waiting_on(state) not in {Party.NOBODY, Party.OTHER_INSTITUTION}
        assert somebody is (state in OPEN_STATES or state is State.DRAFT)


class TestWhoDecides:
    @pytest.mark.parametrize(
        "event", [Event.GRANT, Event.REFUSE, Event.ASSIGN, Event.TERMINATE, Event.ADVANCE_AID, Event.DEEM_WITHDRAWN]
    )
    @pytest.mark.parametrize("kind", [ActorKind.SYSTEM, ActorKind.CITIZEN])
    def test_is_never_a_machine_or_the_citizen(self, event: Event, kind: ActorKind) -> None:
        start = next(state for state, known in TABLE if known is event)
        with pytest.raises(TransitionRefused) as refused:
            apply(application(start), event, by=Actor(kind=kind, id="x"), now=NOW, details=FULL)
        assert refused.value.code == "not_entitled"

    def test_lets_the_citizen_withdraw_supply_and_object(self) -> None:
        for state, event in (
            (State.IN_REVIEW, Event.WITHDRAW),
            (State.SUPPLEMENT_REQUESTED, Event.SUPPLY),
            (State.REFUSED, Event.OBJECT),
        ):
            assert apply(application(state), event, by=CITIZEN, now=NOW).state is TABLE[state, event]

    def test_lets_the_bureau_decide_an_objection(self) -> None:
        bureau = Actor(kind=ActorKind.BUREAU, id="b1")
        transition = apply(application(State.REFUSAL_OBJECTED), Event.OVERTURN, by=bureau, now=NOW)
        assert transition.state is State.IN_REVIEW


class TestWhatMustBeWritten:
    @pytest.mark.parametrize(
        ("state", "event", "details", "code"),
        [
            (State.IN_REVIEW, Event.REFUSE, Details(), "reason_required"),
            (State.REFUSAL_OBJECTED, Event.UPHOLD, Details(), "reason_required"),
            (State.IN_REVIEW, Event.REQUEST_SUPPLEMENT, Details(), "papers_required"),
            (State.IN_PROGRESS, Event.CLOSE, Details(reason="办完了"), "closing_report_required"),
            (
                State.IN_PROGRESS,
                Event.CLOSE,
                Details(closing=Closing(outcome=ClosingOutcome.LOST, report="")),
                "closing_report_required",
            ),
            (State.IN_REVIEW, Event.REQUEST_SUPPLEMENT, Details(papers=("身份证明",)), "papers_due_required"),
            (
                State.IN_REVIEW,
                Event.REQUEST_SUPPLEMENT,
                Details(papers=("身份证明",), papers_due=NOW),
                "papers_due_too_soon",
            ),
            (State.GRANTED, Event.ASSIGN, Details(), "provider_required"),
            (State.GRANTED, Event.TERMINATE, Details(reason="r"), "termination_ground_required"),
            (State.GRANTED, Event.TERMINATE, Details(termination=TerminationGround.OTHER), "reason_required"),
            (State.SUBMITTED, Event.ADVANCE_AID, Details(provider="p"), "advance_ground_required"),
            (State.SUBMITTED, Event.ADVANCE_AID, Details(advance=AdvanceGround.OTHER), "provider_required"),
            (State.SUBMITTED, Event.TRANSFER, Details(), "office_required"),
            (State.NOTIFIED, Event.WITHDRAW, Details(), "reason_required"),
        ],
    )
    def test_is_asked_for(self, state: State, event: Event, details: Details, code: str) -> None:
        with pytest.raises(TransitionRefused) as refused:
            apply(application(state), event, by=STAFF, now=NOW, details=details)
        assert refused.value.code == code

    def test_tells_missing_papers_once_only(self) -> None:
        once = apply(application(State.IN_REVIEW), Event.REQUEST_SUPPLEMENT, by=STAFF, now=NOW, details=FULL)
        back = apply(once.application, Event.SUPPLY, by=CITIZEN, now=NOW)
        assert Event.REQUEST_SUPPLEMENT not in allowed_events(back.application, by=ActorKind.STAFF)
        with pytest.raises(TransitionRefused) as refused:
            apply(back.application, Event.REQUEST_SUPPLEMENT, by=STAFF, now=NOW, details=FULL)
        assert refused.value.code == "supplement_told_once"

    def test_lets_nobody_count_as_withdrawn_before_their_day_is_over(self) -> None:
        due = datetime(2026, 12, 6, tzinfo=CHINA)
        told = Details(papers=("身份证明",), papers_due=due)
        asked = apply(application(State.IN_REVIEW), Event.REQUEST_SUPPLEMENT, by=STAFF, now=NOW, details=told)
        with pytest.raises(TransitionRefused) as refused:
            apply(asked.application, Event.DEEM_WITHDRAWN, by=STAFF, now=due - timedelta(seconds=1))
        assert refused.value.code == "papers_not_due"
        assert apply(asked.application, Event.DEEM_WITHDRAWN, by=STAFF, now=due).state is State.WITHDRAWN

    def test_forgets_the_day_once_the_papers_are_there(self) -> None:
        asked = apply(application(State.IN_REVIEW), Event.REQUEST_SUPPLEMENT, by=STAFF, now=NOW, details=FULL)
        back = apply(asked.application, Event.SUPPLY, by=CITIZEN, now=NOW)
        assert back.application.papers_due is None

    def test_keeps_free_text_out_of_the_audit_line(self) -> None:
        entry = apply(application(State.IN_REVIEW), Event.REFUSE, by=STAFF, now=NOW, details=FULL).entry
        assert FULL.reason not in entry.data.values()


class TestAdvanceAid:
    def test_takes_papers_later_and_only_then(self) -> None:
        early = apply(application(State.SUBMITTED), Event.ADVANCE_AID, by=STAFF, now=NOW, details=FULL)
        assert early.application.advance_aid
        assert apply(early.application, Event.SUPPLY, by=CITIZEN, now=NOW).state is State.ASSIGNED
        with pytest.raises(TransitionRefused):
            apply(application(State.ASSIGNED), Event.SUPPLY, by=CITIZEN, now=NOW)


class TestNotices:
    def test_go_to_the_citizen_at_every_step(self) -> None:
        for state, event in TABLE:
            effects = apply(application(state), event, by=STAFF, now=NOW, details=FULL).effects
            assert EffectKind.TELL_CITIZEN in {effect.kind for effect in effects}

    def test_go_to_the_provider_who_loses_the_case(self) -> None:
        with_provider = application(State.IN_PROGRESS, provider="p1")
        effects = apply(with_provider, Event.TERMINATE, by=STAFF, now=NOW, details=FULL).effects
        assert EffectKind.TELL_PROVIDER in {effect.kind for effect in effects}


class TestClocks:
    def test_give_seven_days_for_review_to_the_end_of_the_seventh(self) -> None:
        (review,) = clocks(application(State.SUBMITTED))
        assert review.kind is ClockKind.REVIEW
        assert review.due == datetime(2026, 11, 28, tzinfo=CHINA)
        assert review.days_left(now=NOW) == 7
        assert review.days_left(now=datetime(2026, 11, 27, 23, 59, tzinfo=CHINA)) == 0
        assert not review.overdue(now=datetime(2026, 11, 27, 23, 59, tzinfo=CHINA))
        assert review.overdue(now=datetime(2026, 11, 28, tzinfo=CHINA))
        assert review.days_left(now=datetime(2026, 11, 28, tzinfo=CHINA)) == -1

    def test_count_the_day_of_china_not_of_the_server(self) -> None:
        late = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # already the 21st in China
        (review,) = clocks(application(State.SUBMITTED, received_at=late))
        assert review.due == datetime(2026, 11, 29, tzinfo=CHINA)

    def test_leave_the_wait_for_papers_out_of_the_review(self) -> None:
        asked = apply(application(State.IN_REVIEW), Event.REQUEST_SUPPLEMENT, by=STAFF, now=NOW, details=FULL)
        assert [(clock.kind, clock.due) for clock in clocks(asked.application)] == [
            (ClockKind.SUPPLEMENT, FULL.papers_due)
        ]
        back = apply(asked.application, Event.SUPPLY, by=CITIZEN, now=NOW + timedelta(days=4))
        (review,) = clocks(back.application)
        assert review.due == datetime(2026, 12, 2, tzinfo=CHINA)

    @pytest.mark.parametrize(
        ("state", "kind", "due"),
        [
            (State.GRANTED, ClockKind.ASSIGNMENT, datetime(2026, 11, 24, tzinfo=CHINA)),
            (State.NOTIFIED, ClockKind.ASSIGNMENT, datetime(2026, 11, 24, tzinfo=CHINA)),
            (State.REFUSAL_OBJECTED, ClockKind.OBJECTION, datetime(2026, 11, 26, tzinfo=CHINA)),
            (State.TERMINATION_OBJECTED, ClockKind.OBJECTION, datetime(2026, 11, 26, tzinfo=CHINA)),
        ],
    )
    def test_give_the_days_of_the_law(self, state: State, kind: ClockKind, due: datetime) -> None:
        (clock,) = clocks(application(state, granted_at=NOW))
        assert (clock.kind, clock.due) == (kind, due)

    def test_give_twenty_four_hours_for_an_application_from_custody(self) -> None:
        first, second = clocks(application(State.SUBMITTED, in_custody=True))
        assert (first.kind, first.due) == (ClockKind.CUSTODY_TRANSFER, NOW + timedelta(hours=24))
        assert first.pressing(now=NOW)
        assert second.kind is ClockKind.REVIEW
        assert not second.pressing(now=NOW)

    def test_give_none_to_who_passed_an_application_on_already(self) -> None:
        forwarded = application(State.SUBMITTED, in_custody=True, origin=Origin.FORWARDED)
        assert [clock.kind for clock in clocks(forwarded)] == [ClockKind.REVIEW]

    def test_give_the_same_day_where_a_local_rule_does(self) -> None:
        first, _ = clocks(application(State.SUBMITTED, same_day=True))
        assert (first.kind, first.due) == (ClockKind.SAME_DAY, datetime(2026, 11, 21, tzinfo=CHINA))
        assert first.days_left(now=NOW) == 0

    def test_press_on_the_last_day(self) -> None:
        (review,) = clocks(application(State.SUBMITTED))
        assert not review.pressing(now=datetime(2026, 11, 26, 23, 59, tzinfo=CHINA))
        assert review.pressing(now=datetime(2026, 11, 27, tzinfo=CHINA))

    @pytest.mark.parametrize("state", [State.CLOSED, State.WITHDRAWN, State.REFUSED, State.IN_PROGRESS])
    def test_stand_still_where_nobody_owes_a_day(self, state: State) -> None:
        assert clocks(application(state, granted_at=NOW)) == ()

    def test_begin_again_when_a_refusal_is_overturned(self) -> None:
        later = NOW + timedelta(days=30)
        transition = apply(application(State.REFUSAL_OBJECTED), Event.OVERTURN, by=STAFF, now=later)
        (review,) = clocks(transition.application)
        assert review.days_left(now=later) == 7


class Lives(RuleBasedStateMachine):
    """Any life an application can have, told in any order, keeps its promises."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.one = Application(reference="LA-2026-7K4Q-3")
        self.links: list[ChainedEntry] = []
        self.granted = False
        self.told = 0

    @rule(
        event=st.sampled_from(Event),
        kind=st.sampled_from(ActorKind),
        complete=st.booleans(),
        hours=st.integers(min_value=0, max_value=200),
    )
    def happens(self, event: Event, kind: ActorKind, *, complete: bool, hours: int) -> None:
        self.now += timedelta(hours=hours)
        before = self.one
        details = FULL if complete else None
        try:
            done = apply(before, event, by=Actor(kind=kind, id="x"), now=self.now, details=details)
        except TransitionRefused:
            return
        self.one = done.application
        previous = self.links[-1].hash if self.links else GENESIS
        self.links.append(chain(previous, done.entry, seq=len(self.links) + 1))
        self.told += event is Event.REQUEST_SUPPLEMENT
        if event in {Event.GRANT, Event.ADVANCE_AID}:
            assert kind is ActorKind.STAFF
            self.granted = True
        assert self.one.version == before.version + 1

    @invariant()
    def papers_are_told_at_most_once(self) -> None:
        assert self.told <= 1

    @invariant()
    def nobody_is_aided_without_a_person_granting_it(self) -> None:
        if self.one.state in {State.ASSIGNED, State.IN_PROGRESS, State.CLOSED}:
            assert self.granted

    @invariant()
    def the_chain_holds(self) -> None:
        assert first_broken(self.links) is None
        assert len(self.links) == self.one.version

    @invariant()
    def clocks_run_only_for_those_who_owe_a_move(self) -> None:
        if clocks(self.one):
            assert self.one.state in OPEN_STATES


Lives.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyLife = Lives.TestCase
