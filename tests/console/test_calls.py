"""A call that a person takes without the bot: noted, thought along with, and closed as one ticket."""

import re

import pytest

from api.domain.staff import Role
from api.services import calls, conversations, parties
from api.services.listening import leading
from api.services.records import Sender, TicketKind
from knowledge_base.assess import Assessor
from knowledge_base.types import Matter, Triage
from tests.console.office import Browser, TheOffice

pytestmark = pytest.mark.http

TYPED = "我在工地干活，老板欠我两万四工资\n我是农民工，电话 13912345678"
HANDED = {
    "name": "王大山",
    "phone": "13812345678",
    "safe": "yes",
    "delivery": "phone",
    "agree_handover": "yes",
    "agree_contact": "yes",
    "agree_sensitive": "yes",
    "committed": "yes",
    "read_back": "yes",
}


@pytest.fixture(scope="module")
def law() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def listening(office: TheOffice, law: Assessor) -> TheOffice:
    office.law = law
    return office


async def begun(browser: Browser, place: str = "黑龙江省牡丹江市") -> str:
    answer = await browser.post("/staff/seat", page="/staff/seat", place=place)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def notes(browser: Browser, page: str, text: str = TYPED, **fields: str) -> str:
    answer = await browser.post(f"{page}/notes", notes=text, place="黑龙江省牡丹江市", **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


class TestListening:
    async def test_brings_sources_with_clause_and_standing(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        html = await notes(browser, await begun(browser))
        assert "一段话" in html
        assert re.search(r'class="cite">《[^》]+》', html)

    async def test_proposes_the_matter_and_asks_what_the_rules_miss(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        assert '<option value="labour.wages" selected' in await notes(browser, page)
        await browser.post(f"{page}/answers", notes=TYPED, matter="labour.wages", do="matter")
        html = (await browser.get(page)).text
        fact = re.search(r'name="fact" value="([a-z_.]+)"', html)
        assert fact is not None
        answer = await browser.post(f"{page}/answers", notes=TYPED, fact=fact[1], do="unknown")
        assert answer.status_code == 303
        assert f'name="fact" value="{fact[1]}"' not in (await browser.get(page)).text

    async def test_says_when_an_answer_was_not_understood(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        await browser.post(f"{page}/answers", notes=TYPED, matter="labour.wages", do="matter")
        answer = await browser.post(f"{page}/answers", notes=TYPED, fact="applicant.age", answer="吃了吗", do="answer")
        assert "unread" in answer.headers["location"]
        assert "没有听懂" in (await browser.get(answer.headers["location"])).text

    async def test_shows_the_sentence_that_tells_of_danger_and_raises_it_once(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        text = "老板欠工资\n我老公拿刀在门外"
        for _ in range(2):
            html = await notes(browser, page, text)
        assert "<mark>我老公拿刀在门外</mark>" in html
        assert "<mark>老板欠工资" not in html
        alerts = await listening.audit("conversation.alert")
        assert [entry["kinds"] for entry in alerts] == ["violence_now"]
        async with listening.database.reading() as uow:
            tickets = await uow.tickets.open_ones(conversation_id=page.rsplit("/", 1)[-1])
        (alert,) = [ticket for ticket in tickets if ticket.kind is TicketKind.ALERT]
        assert (alert.owner, alert.acknowledged_at is not None) == ("idoperator", True)

    async def test_takes_nobody_in_danger_for_safe_to_ring(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        assert '<option value="yes" selected' in await notes(browser, page, "老板欠工资")
        assert '<option value="unknown" selected' in await notes(browser, page, "我老公拿刀在门外")

    async def test_tells_when_the_place_is_unknown_or_another_s(self, listening: TheOffice) -> None:
        listening.regions = {}
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        answer = await browser.post(f"{page}/notes", notes=TYPED, place="火星")
        assert "没有找到这个地方" in answer.text

    async def test_answers_a_typing_page_with_parts(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        token = await browser.form_token(page)
        answer = await browser.http.post(
            f"{page}/notes", data={"form_token": token, "notes": TYPED}, headers={"accept": "application/json"}
        )
        assert set(answer.json()) == {"hints", "record"}
        assert "13912345678" in answer.json()["record"]


class TestTheMatter:
    @pytest.mark.parametrize(
        ("codes", "leads"),
        [
            (("general.legal_aid", "labour.wages"), "labour.wages"),
            (("general.legal_aid",), "general.legal_aid"),
            ((), None),
        ],
    )
    def test_is_what_happened_before_the_service_itself(self, codes: tuple[str, ...], leads: str | None) -> None:
        found = Triage(matters=tuple(Matter(code=code, title=code, confidence=0.9) for code in codes))
        assert leading(found) == leads


class TestAnApplication:
    async def test_names_the_opponent_and_whoever_speaks_for_the_caller_with_their_phrase(
        self, listening: TheOffice
    ) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        given = {
            **HANDED,
            "notes": TYPED,
            "place": "黑龙江省牡丹江市",
            "opponents": "宏达公司、钱富贵",
            "third_name": "李四",
            "third_relationship": "女儿",
        }
        for fields, told in (
            ({}, "请和来电人约定暗语"),
            ({"pass_phrase": "红灯记", "opponents": "某"}, "对方最多写五个"),
        ):
            refused = await browser.post(f"{page}/application", **{**given, **fields})
            assert refused.status_code == 422
            assert told in refused.text
        answer = await browser.post(f"{page}/application", **{**given, "pass_phrase": "红灯记"})
        assert answer.status_code == 303, answer.text
        reference = answer.headers["location"].split("?")[0].rsplit("/", 1)[-1]
        async with listening.database.reading() as uow:
            assert await uow.parties.opponents(reference) == ("宏达公司", "钱富贵")
            assert await parties.pass_phrase_fits(uow, reference=reference, phrase="红灯记")
            assert not await parties.pass_phrase_fits(uow, reference=reference, phrase="白毛女")

    async def test_is_taken_down_with_everything_typed_once(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        await browser.post(f"{page}/answers", notes=TYPED, matter="labour.wages", do="matter")
        answer = await browser.post(
            f"{page}/application", notes=TYPED, place="黑龙江省牡丹江市", outcome="answered", **HANDED
        )
        assert answer.status_code == 303, answer.text
        reference = answer.headers["location"].split("?")[0].rsplit("/", 1)[-1]
        async with listening.database.reading() as uow:
            record = await uow.applications.get(reference)
            kept = await uow.applications.secrets(reference)
        assert record is not None
        assert kept is not None
        assert (record.matters, record.region, record.owner, record.channel) == (
            ("labour.wages",),
            "231000",
            "idoperator",
            calls.CHANNEL,
        )
        assert "两万四" in kept.words
        assert "13912345678" not in kept.words
        (taken,) = await listening.audit("application.taken_orally")
        assert (taken["committed"], taken["read_back"], taken["by"]) == (True, True, "idoperator")
        html = (await browser.get(f"/staff/applications/{reference}")).text
        assert "口头申请，记录已读给本人核对" in html
        assert "13912345678" not in html

    async def test_closes_the_call_and_leaves_nothing_in_the_queue_but_itself(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        await browser.post(f"{page}/application", notes=TYPED, **HANDED)
        call_id = page.rsplit("/", 1)[-1]
        async with listening.database.reading() as uow:
            assert await uow.tickets.open_ones(conversation_id=call_id) == ()
            state = await conversations.load_state(uow, conversation_id=call_id)
        assert "call_notes" not in state.extra
        (said,) = await listening.transcript(call_id)
        assert said.sender is Sender.CITIZEN
        assert "<pii:phone:1>" in said.text
        assert "已经办结" in (await browser.get(page)).text

    @pytest.mark.parametrize(
        ("left_out", "words"),
        [
            ("read_back", "请把记录念给来电人听"),
            ("agree_handover", "要先得到来电人同意"),
            ("name", "怎么称呼"),
            ("phone", "电话写得不对"),
        ],
    )
    async def test_is_not_taken_half_and_nothing_typed_is_lost(
        self, listening: TheOffice, left_out: str, words: str
    ) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        fields = {name: value for name, value in HANDED.items() if name != left_out}
        answer = await browser.post(f"{page}/application", notes=TYPED, **fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert "老板欠我两万四工资" in answer.text
        if left_out != "phone":
            assert 'value="13812345678"' in answer.text
        assert await listening.audit("application.submit") == []

    async def test_takes_no_sensitive_word_along_without_consent_to_it(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        await browser.post(f"{page}/answers", notes=TYPED, matter="labour.wages", do="matter")
        fields = {name: value for name, value in HANDED.items() if name != "agree_sensitive"}
        answer = await browser.post(f"{page}/application", notes=TYPED, **fields)
        reference = answer.headers["location"].split("?")[0].rsplit("/", 1)[-1]
        async with listening.database.reading() as uow:
            kept = await uow.applications.secrets(reference)
        assert kept is not None
        assert (kept.words, kept.facts) == ("", {})

    async def test_makes_a_task_of_its_news_for_nobody_reads_the_thread(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.REVIEWER)
        page = await begun(browser)
        answer = await browser.post(f"{page}/application", notes=TYPED, **HANDED)
        path = answer.headers["location"].split("?")[0]
        for event in ("begin_review", "grant"):
            html = (await browser.get(path)).text
            version = re.search(r'name="version" value="(\d+)"', html)
            assert version is not None
            await browser.post(f"{path}/events", event=event, version=version[1])
        await listening.run_jobs()
        async with listening.database.reading() as uow:
            waiting = [ticket.reason for ticket in await uow.tickets.open_ones() if ticket.kind is TicketKind.TASK]
        assert "tell_citizen:grant" in waiting
        assert len(await listening.transcript(page.rsplit("/", 1)[-1])) == 1


class TestTheEnd:
    async def test_needs_notes_and_an_outcome(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        empty = await browser.post(f"{page}/end", notes=" ", outcome="answered")
        assert (empty.status_code, "还没有记下" in empty.text) == (422, True)
        done = await browser.post(f"{page}/end", notes="问怎么办低保，已告知社区", outcome="referred")
        assert done.status_code == 303
        (released,) = await listening.audit("conversation.released")
        assert released["outcome"] == "referred"

    async def test_of_a_call_that_was_left_comes_with_the_next_colleague(self, listening: TheOffice) -> None:
        first = await listening.signed_in(Role.OPERATOR)
        page = await begun(first)
        await notes(first, page)
        second = await listening.signed_in(Role.DUTY_LAWYER)
        html = (await second.get(page)).text
        assert "现在不由您记录" in html
        assert "两万四" not in html
        assert (await second.post(f"{page}/take")).status_code == 409
        listening.later(minutes=16)
        assert (await second.post(f"{page}/take")).status_code == 303
        assert "两万四" in (await second.get(page)).text
        lost = await first.post(f"{page}/notes", notes="别人的")
        assert lost.status_code == 409

    async def test_of_nobody_s_call_is_in_the_queue_until_then(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        queue = (await browser.get("/staff?show=mine")).text
        assert f'href="{page}"' in queue
        assert "通话记录没有办结" in queue


class TestOtherThreads:
    async def test_are_no_calls(self, listening: TheOffice) -> None:
        conversation_id = await listening.conversation()
        browser = await listening.signed_in(Role.OPERATOR)
        assert (await browser.get(f"/staff/seat/{conversation_id}")).status_code == 404

    async def test_of_a_call_are_written_to_by_nobody(self, listening: TheOffice) -> None:
        browser = await listening.signed_in(Role.OPERATOR)
        page = await begun(browser)
        html = (await browser.get(page.replace("/seat/", "/conversations/"))).text
        assert "来电人看不到文字" in html
        assert 'action="' + page.replace("/seat/", "/conversations/") + '/messages"' not in html
