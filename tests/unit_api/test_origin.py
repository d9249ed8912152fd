"""Where applications come from, what an organ must write, and what goes on elsewhere."""

from dataclasses import replace

import pytest

from api.domain.application import EffectKind, Event, State, TransitionRefused, allowed_events, apply
from api.domain.audit import Actor, ActorKind
from api.domain.details import Details
from api.domain.origin import NoticeGround, Organ, OrganPaper, Origin, Stage, flaw_of, origin_of
from api.domain.transfer import Agreed, ServiceRequest, Transfer, Verified
from tests.unit_api.test_application import CITIZEN, FULL, NOW, STAFF, application

pytestmark = pytest.mark.unit


class TestNotification:
    def test_goes_to_assignment_without_review(self) -> None:
        organ = Actor(kind=ActorKind.ORGAN, id="court")
        transition = apply(application(State.DRAFT, origin=Origin.NOTIFIED), Event.SUBMIT, by=organ, now=NOW)
        assert transition.state is State.NOTIFIED

    @pytest.mark.parametrize(
        ("state", "event"),
        [(State.NOTIFIED, Event.ASSIGN), (State.NOTIFIED, Event.TRANSFER), (State.ASSIGNED, Event.TERMINATE)],
    )
    @pytest.mark.parametrize("origin", Origin)
    def test_is_answered_to_the_organ(self, state: State, event: Event, origin: Origin) -> None:
        provided = application(state, origin=origin, provider="p1")
        done = apply(provided, event, by=STAFF, now=NOW, details=FULL)
        told = [one.notice for one in done.effects if one.kind is EffectKind.TELL_ORGAN]
        assert told == ([event] if origin is Origin.NOTIFIED else [])

    def test_is_taken_back_by_the_organ_with_a_reason_and_never_by_the_accused(self) -> None:
        notified = application(State.NOTIFIED, origin=Origin.NOTIFIED)
        with pytest.raises(TransitionRefused, match="reason_required"):
            apply(notified, Event.WITHDRAW, by=STAFF, now=NOW)
        with pytest.raises(TransitionRefused, match="not_entitled"):
            apply(notified, Event.WITHDRAW, by=CITIZEN, now=NOW, details=FULL)
        assert Event.WITHDRAW not in allowed_events(notified, by=ActorKind.CITIZEN)
        assert apply(notified, Event.WITHDRAW, by=STAFF, now=NOW, details=FULL).state is State.WITHDRAWN


class TestTransfer:
    def test_waits_for_consent_unless_nobody_applied(self) -> None:
        unasked = Details(transfer=Transfer(office="银川市法律援助中心"))
        with pytest.raises(TransitionRefused, match="transfer_consent_required"):
            apply(application(State.SUBMITTED), Event.TRANSFER, by=STAFF, now=NOW, details=unasked)
        notified = application(State.NOTIFIED, origin=Origin.NOTIFIED)
        assert apply(notified, Event.TRANSFER, by=STAFF, now=NOW, details=unasked).state is State.TRANSFERRED

    def test_leaves_codes_and_no_words_in_the_audit_line(self) -> None:
        transfer = Transfer(
            office="银川市法律援助中心",
            office_phone="0951-12348",
            agreed=Agreed.IN_WRITING,
            verified=(Verified.IDENTITY, Verified.MEANS),
            requests=(ServiceRequest.HOME_VISIT,),
            note="老人听力不好，住六楼。",
        )
        details = Details(transfer=transfer)
        data = apply(application(State.SUBMITTED), Event.TRANSFER, by=STAFF, now=NOW, details=details).entry.data
        assert data["verified"] == "identity,means"
        assert data["requests"] == "home_visit"
        assert data["agreed"] == "in_writing"
        assert not any("老人" in str(value) or "银川" in str(value) for value in data.values())


class TestOrigin:
    @pytest.mark.parametrize(
        ("relationship", "origin"),
        [
            (None, Origin.SELF),
            ("母亲", Origin.RELATIVE),
            ("我是他的妈妈。", Origin.RELATIVE),
            ("孩子的爷爷", Origin.RELATIVE),
            ("女儿", Origin.RELATIVE),
            ("村干部", Origin.THIRD_PARTY),
            ("工友", Origin.THIRD_PARTY),
            ("", Origin.THIRD_PARTY),
        ],
    )
    def test_follows_who_speaks(self, relationship: str | None, origin: Origin) -> None:
        assert origin_of(relationship) is origin

    @pytest.mark.parametrize(
        ("changed", "flaw"),
        [
            ({}, None),
            ({"name": " "}, ("organ_paper_unusable", "paper.name")),
            ({"ground": None}, ("notice_ground_required", "paper.ground")),
            ({"organ": Organ.CUSTODY}, ("organ_may_not_notify", "paper.organ")),
            ({"organ": Organ.POLICE, "ground": NoticeGround.MAY_NOTIFY}, ("organ_may_not_notify", "paper.organ")),
            ({"organ": Organ.POLICE, "ground": NoticeGround.DEATH_REVIEW}, ("organ_may_not_notify", "paper.organ")),
            ({"organ": Organ.COURT, "ground": NoticeGround.DEATH_REVIEW}, None),
            ({"origin": Origin.FORWARDED, "organ": Organ.DUTY_LAWYER, "ground": None}, None),
            ({"origin": Origin.SELF}, ("organ_paper_unusable", "paper.name")),
        ],
    )
    def test_rests_on_a_paper_that_the_law_knows(
        self, changed: dict[str, object], flaw: tuple[str, str] | None
    ) -> None:
        paper = OrganPaper(
            origin=Origin.NOTIFIED,
            organ=Organ.PROCURATORATE,
            name="牡丹江市人民检察院",
            stage=Stage.PROSECUTION,
            ground=NoticeGround.MINOR,
        )
        assert flaw_of(replace(paper, **changed)) == flaw  # type: ignore[arg-type]
