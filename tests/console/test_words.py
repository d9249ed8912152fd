"""The words of the console: every code has its Chinese, every refusal its page, every time its unit."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest

from api.console import aid_labels, knowledge_labels, labels, origin_labels, ringing
from api.console.alerts import REPORT_TO, contact_warning, safety_words
from api.console.pages import own_path
from api.console.refusals import REFUSALS
from api.console.told import lines
from api.console.views import Words, clock_view, readable, task_words, token_title
from api.domain.aid import ClosingOutcome, TaskOutcome
from api.domain.application import EffectKind, Event, State
from api.domain.audit import ActorKind
from api.domain.callback import CallOutcome, Half
from api.domain.clocks import Clock, ClockKind, Party
from api.domain.conversation import Holder
from api.domain.curation import Kind, Stage, Step
from api.domain.grounds import AdvanceGround, TerminationGround
from api.domain.origin import NoticeGround, Organ, Origin
from api.domain.origin import Stage as CaseStage
from api.domain.provider import ProviderKind
from api.domain.staff import GRANTS, LOCK_AFTER, LOCK_FOR, Door, Permission, Role, may, needed_for, normalise_name
from api.domain.transfer import Agreed, ServiceRequest, TransferGround, Verified
from api.services.papers import Paper
from api.services.records import ConsentKind, Delivery, ReportTo, SafeToContact, Sender, TicketKind
from api.services.wording import HALF
from bot.redact import PiiKind
from knowledge_base.drafts import Flaw, KeptAs
from knowledge_base.types import Basis, Outcome, SafetyKind, Scene, Truth, Urgency
from tests.console.office import TheOffice

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


class TestLabels:
    @pytest.mark.parametrize(
        ("words", "codes"),
        [
            (labels.ROLE, Role),
            (labels.URGENCY, Urgency),
            (labels.URGENCY_MARK, Urgency),
            (labels.SAFETY, SafetyKind),
            (labels.SCENE, Scene),
            (labels.HOLDER, Holder),
            (labels.SENDER, Sender),
            (labels.TICKET, TicketKind),
            (labels.TASK, EffectKind),
            (labels.STATE, State),
            (labels.EVENT, Event),
            (labels.TERMINATION, TerminationGround),
            (labels.ADVANCE, AdvanceGround),
            (labels.CLOCK, ClockKind),
            (labels.PARTY, Party),
            (labels.OUTCOME, Outcome),
            (labels.BASIS, Basis),
            (labels.TRUTH, Truth),
            (labels.TRUTH_MARK, Truth),
            (labels.CONSENT, ConsentKind),
            (labels.SAFE, SafeToContact),
            (REPORT_TO, ReportTo),
            (labels.DELIVERY, Delivery),
            (HALF, Half),
            (ringing.OUTCOME, CallOutcome),
            (labels.ACTOR, ActorKind),
            (aid_labels.PROVIDER, ProviderKind),
            (origin_labels.PAPER, Paper),
            (origin_labels.ORIGIN, Origin),
            (origin_labels.ORGAN, Organ),
            (origin_labels.NOTICE_GROUND, NoticeGround),
            (origin_labels.STAGE, CaseStage),
            (origin_labels.TRANSFER_GROUND, TransferGround),
            (origin_labels.AGREED, Agreed),
            (origin_labels.VERIFIED, Verified),
            (origin_labels.SERVICE_REQUEST, ServiceRequest),
            (aid_labels.CLOSING, ClosingOutcome),
            (aid_labels.TASK_OUTCOME, TaskOutcome),
            (knowledge_labels.KIND, Kind),
            (knowledge_labels.STAGE, Stage),
            (knowledge_labels.STAGE_MARK, Stage),
            (knowledge_labels.STEP, Step),
            (knowledge_labels.FLAW, Flaw),
            (knowledge_labels.KEPT, KeptAs),
            (knowledge_labels.KEPT_MARK, KeptAs),
        ],
        ids=lambda value: getattr(value, "__name__", ""),
    )
    def test_have_a_word_for_every_code(self, words: Mapping[str, str], codes: type[StrEnum]) -> None:
        assert set(words) == set(codes)

    def test_name_every_kind_of_personal_data_that_is_kept(self) -> None:
        assert {kind for kind in PiiKind if kind is not PiiKind.PASSWORD} <= set(labels.PII)

    def test_never_promise_a_citizen_anything_in_the_words_of_an_approval(self) -> None:
        everything = "".join("".join(each.values()) for each in (labels.STATE, labels.EVENT, labels.OUTCOME))
        assert "批准" not in everything
        assert "拒绝" not in everything


class TestAccount:
    def test_shows_no_token_and_no_line_that_is_nothing_else(self) -> None:
        said = lines("老板不给工资，找 <pii:phone:2> 也没用\n<pii:name:1>\n<pii:phone:1>", at=datetime.now(UTC))
        assert [readable(one.text) for one in said] == ["老板不给工资，找 〔电话 2，已隐去〕 也没用"]


class TestTaskWords:
    def test_name_a_consent_that_was_taken_back(self) -> None:
        assert "撤回同意" in task_words("tell_staff:consent_withdrawn")

    def test_say_whether_somebody_who_was_not_reached_may_be_called(self) -> None:
        assert "打电话" in task_words("call_back:out_of_time")
        assert "没能送到" in task_words("undelivered:blocked")
        assert "打电话" not in task_words("undelivered:blocked")

    def test_name_whom_to_tell_otherwise(self) -> None:
        assert task_words(f"{EffectKind.TELL_BUREAU}:objected") == labels.TASK[EffectKind.TELL_BUREAU]


class TestRefusals:
    def test_have_a_page_for_every_code_that_the_services_may_raise(self) -> None:
        raised = {
            "not_permitted",
            "form_token_wrong",
            "form_too_large",
            "form_malformed",
            "conversation_not_found",
            "application_not_found",
            "ticket_not_found",
            "page_not_found",
            "vault_token_unknown",
            "purpose_required",
            "held_by_another",
            "not_the_holder",
            "conversation_closed",
            "idempotency_key_reused",
            "database_busy",
            "version_conflict",
            "illegal_move",
            "not_entitled",
            "supplement_told_once",
            "papers_required",
            "papers_due_required",
            "papers_due_too_soon",
            "papers_not_due",
            "reason_required",
            "provider_required",
            "not_under_way",
            "preference_unusable",
            "outcome_required",
            "complaint_subject",
            "complaint_result_required",
            "closing_report_required",
            "provider_unfit",
            "experience_required",
            "conflict_unresolved",
            "provider_not_found",
            "provider_name_unusable",
            "credential_unusable",
            "credential_taken",
            "practice_in_future",
            "entry_too_long",
            "office_required",
            "transfer_consent_required",
            "notice_ground_required",
            "organ_may_not_notify",
            "organ_paper_unusable",
            "consent_required",
            "name_required",
            "region_malformed",
            "unknown_matter",
            "paper_not_due",
            "search_reference_unusable",
            "search_phone_unusable",
            "search_name_unusable",
            "search_region_unknown",
            "search_days_turned",
            "slot_unknown",
            "merge_unfit",
            "merge_target_required",
            "matter_unfit",
            "matter_same",
            "sentence_personal",
            "sentence_too_long",
            "slot_full",
            "opponent_unusable",
            "data_unchanged",
            "data_unusable",
            "phone_malformed",
            "pass_phrase_tried_too_often",
            "capacity_malformed",
            "termination_ground_required",
            "advance_ground_required",
            "correction_same",
            "correction_why_empty",
            "correction_too_long",
            "article_malformed",
            "article_unknown",
            "colleague_unfit",
            "failure_not_found",
            "message_empty",
            "message_too_long",
            "item_not_found",
            "draft_flawed",
            "note_required",
            "under_review",
            "not_a_draft",
            "not_proposed",
            "not_in_use",
            "second_person_required",
            "knowledge_unavailable",
            "staff_not_found",
            "staff_name_taken",
            "staff_name_unusable",
            "display_name_unusable",
            "region_unknown",
            "region_beyond_yours",
            "account_your_own",
            "passwords_differ",
            "password_short",
            "password_long",
            "password_guessable",
            "password_wrong",
            "password_same",
            "second_factor_enrolled",
            "second_factor_not_begun",
            "code_wrong",
            "tried_too_often",
            "still_needed",
            "attachment_not_found",
        }
        assert set(REFUSALS) == raised


class TestTime:
    @pytest.mark.parametrize(
        ("span", "words"),
        [
            (timedelta(seconds=-5), "不到 1 分钟"),
            (timedelta(seconds=59), "不到 1 分钟"),
            (timedelta(minutes=1), "1 分钟"),
            (timedelta(minutes=59, seconds=59), "59 分钟"),
            (timedelta(hours=1), "1 小时"),
            (timedelta(hours=23, minutes=59), "23 小时"),
            (timedelta(days=1), "1 天"),
        ],
    )
    def test_waited_is_told_in_one_unit(self, span: timedelta, words: str) -> None:
        assert labels.waited(NOW - span, now=NOW) == words

    def test_of_a_message_is_told_in_china(self) -> None:
        assert labels.moment(datetime(2026, 11, 21, 16, 30, tzinfo=UTC)) == "11 月 22 日 00:30"

    @pytest.mark.parametrize(
        ("left", "words", "mark"),
        [
            (timedelta(days=3), "还剩 2 天", ""),
            (timedelta(days=1, hours=15), "还剩 1 天", "mark-soon"),
            (timedelta(hours=15), "还剩 15 小时", "mark-soon"),
            (timedelta(minutes=5), "还剩 1 小时", "mark-soon"),
            (timedelta(), "逾期 1 天", "mark-danger"),
            (timedelta(hours=-9), "逾期 1 天", "mark-danger"),
            (timedelta(days=-2), "逾期 3 天", "mark-danger"),
        ],
    )
    def test_left_is_counted_in_calendar_days_until_the_last(self, left: timedelta, words: str, mark: str) -> None:
        midnight = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # the end of 21 November in China
        view = clock_view(Clock(kind=ClockKind.REVIEW, due=midnight, article="第四十三条"), now=midnight - left)
        assert (view.left, view.mark) == (words, mark)
        assert view.title == "审查期限（第四十三条）"

    def test_past_is_counted_in_hours_on_the_same_day(self) -> None:
        noon = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
        custody = Clock(kind=ClockKind.CUSTODY_TRANSFER, due=noon, article="第三十九条")
        assert clock_view(custody, now=noon + timedelta(hours=2)).left == "逾期 2 小时"


class TestWords:
    @pytest.mark.parametrize(
        ("fact", "value", "words"),
        [
            ("applicant.migrant_worker", True, "是"),
            ("applicant.migrant_worker", False, "否"),
            ("applicant.age", 52, "52"),
            ("applicant.disability", "none", "没有"),
            ("applicant.age", None, "不知道或不想说"),
            ("matter", "labour.wages", "拖欠劳动报酬"),
        ],
    )
    async def test_say_an_answer_as_the_citizen_would(
        self, bare_office: TheOffice, fact: str, value: object, words: str
    ) -> None:
        assert Words(bare_office.desk()).answer(fact, value) == words

    def test_name_danger_and_hidden_values(self) -> None:
        assert safety_words("self_harm,violence_now") == "可能轻生、正在遭受暴力"
        assert safety_words("something_new") == "危险"
        assert token_title("<pii:id:2>") == "对话中的身份证号 2"

    def test_warn_exactly_where_a_call_may_harm(self) -> None:
        assert contact_warning(SafeToContact.YES) is None
        assert contact_warning(SafeToContact.NO) is not None


class TestOwnPath:
    @pytest.mark.parametrize("path", ["/staff", "/staff?show=mine", "/staff/applications/LA-2026-7K4Q-3"])
    def test_keeps_what_lies_inside(self, path: str) -> None:
        assert own_path(path) == path

    @pytest.mark.parametrize(
        "path", ["", "/", "//evil.test", "/staffing", "https://evil.test", "/staff/\n", "/staff\\x"]
    )
    def test_replaces_everything_else(self, path: str) -> None:
        assert own_path(path) == "/staff"


class TestRoles:
    def test_auditors_only_read(self) -> None:
        assert GRANTS[Role.AUDITOR] == {Permission.READ_CASES}

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.DUTY_LAWYER])
    def test_seats_and_duty_lawyers_never_decide(self, role: Role) -> None:
        assert not may(role, Permission.DECIDE)
        assert may(role, Permission.TALK)

    @pytest.mark.parametrize("event", Event)
    def test_every_event_takes_a_permission_that_somebody_has(self, event: Event) -> None:
        assert any(may(role, needed_for(event)) for role in Role)

    @pytest.mark.parametrize("event", [Event.GRANT, Event.REFUSE, Event.TERMINATE, Event.REQUEST_SUPPLEMENT])
    def test_decisions_of_the_institution_take_the_right_to_decide(self, event: Event) -> None:
        assert needed_for(event) is Permission.DECIDE


class TestDoor:
    def test_shuts_with_the_fifth_try_and_opens_when_the_lock_ends(self) -> None:
        door = Door()
        for _ in range(LOCK_AFTER - 1):
            door = door.tried(now=NOW)
            assert not door.locked(now=NOW)
        door = door.tried(now=NOW)
        assert door.locked(now=NOW + LOCK_FOR - timedelta(microseconds=1))
        assert not door.locked(now=NOW + LOCK_FOR)

    def test_starts_counting_anew_after_a_lock(self) -> None:
        door = Door(failures=LOCK_AFTER, locked_until=NOW).tried(now=NOW)
        assert door == Door(failures=1, locked_until=None)

    def test_does_not_lengthen_a_lock_by_more_tries(self) -> None:
        shut = Door(failures=LOCK_AFTER, locked_until=NOW + LOCK_FOR)
        assert shut.tried(now=NOW) == shut

    @pytest.mark.parametrize("typed", ["  Li Lei ", "ＬＩ　ＬＥＩ", "li lei"])
    def test_knows_a_name_however_it_is_typed(self, typed: str) -> None:
        assert normalise_name(typed) == "li lei"
