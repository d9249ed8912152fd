"""The pages of the knowledge base: one person writes, another approves, the answer changes, and the past stays as it was."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from api.domain.curation import Kind
from api.domain.staff import Role
from api.librarian import publisher
from api.services import conversations, curation, lookups
from api.services.lookups import LookedUp
from api.services.records import NewMessage, Sender
from bot.channels.message_json import body
from bot.channels.phrases import Phrases
from bot.messages import AnswerReply
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason
from tests.console.office import Browser, TheOffice
from tests.knowledge.homes import PLAN
from tests.library import TODAY, RealLibrary, real_library

pytestmark = pytest.mark.http

QUESTION = "讨要工资能不能申请援助"
ANSWER = "可以。请求支付劳动报酬的，可以申请援助。"
FIELDS = {
    "questions": f"{QUESTION}\n老板拖欠劳动报酬可以申请援助吗",
    "answer": ANSWER,
    "sources": "《援助法》第二条：请求支付劳动报酬",
    "matters": "labour.wages",
    "region": "CN",
}
CARD = "/staff/knowledge/card/aid.wages"


@pytest.fixture
def library(tmp_path: Path) -> RealLibrary:
    return real_library(tmp_path / "home")


@pytest.fixture
async def desk(office: TheOffice, library: RealLibrary) -> TheOffice:
    office.library = library.workbench()
    return office


async def publish(office: TheOffice) -> None:
    """Do what the worker does with what was approved."""
    assert office.library is not None
    publish_one = publisher(office.database, library=office.library)
    async with office.database.unit_of_work() as uow:
        jobs = await uow.jobs.take(now=office.clock(), lease=timedelta(minutes=1), limit=9)
        await uow.commit()
    for job in jobs:
        if job.kind == curation.PUBLISH:
            await publish_one(job)


async def written(office: TheOffice, role: Role = Role.DUTY_LAWYER, **changed: str) -> Browser:
    browser = await office.signed_in(role)
    answer = await browser.post("/staff/knowledge/card", key="aid.wages", **{**FIELDS, **changed})
    assert answer.status_code == 303, answer.text
    return browser


async def approved(office: TheOffice) -> Browser:
    lawyer = await written(office)
    assert (await lawyer.post(f"{CARD}/propose", version="1")).status_code == 303
    manager = await office.signed_in(Role.MANAGER)
    assert (await manager.post(f"{CARD}/approve", version="1")).status_code == 303
    await publish(office)
    return manager


def text(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html))


def said(library: RealLibrary) -> str | None:
    found = library.opened().ask(QUESTION, region=None, on=TODAY)
    return found.text if isinstance(found, Answer) else None


class TestACard:
    async def test_is_told_to_citizens_only_after_a_second_person_and_a_build(
        self, desk: TheOffice, library: RealLibrary
    ) -> None:
        lawyer = await written(desk)
        page = (await lawyer.get(CARD)).text
        assert "都对得上" in page
        assert "请求支付劳动报酬的当事人" in text(page)
        assert (await lawyer.post(f"{CARD}/propose", version="1")).headers["location"].endswith("done=propose")
        refused = await lawyer.post(f"{CARD}/approve", version="1")
        assert refused.status_code == 403
        library.build()
        assert said(library) != ANSWER
        manager = await desk.signed_in(Role.MANAGER)
        assert (await manager.post(f"{CARD}/approve", version="1")).status_code == 303
        await publish(desk)
        assert "有改动正在放进资料库" in (await manager.get("/staff/knowledge")).text
        library.build()
        assert said(library) == ANSWER
        assert "有改动正在放进资料库" not in (await manager.get("/staff/knowledge")).text

    async def test_is_not_approved_by_its_writer(self, desk: TheOffice) -> None:
        manager = await written(desk, Role.MANAGER)
        await manager.post(f"{CARD}/propose", version="1")
        refused = await manager.post(f"{CARD}/approve", version="1")
        assert refused.status_code == 403
        assert "要由另一位同事审核" in refused.text
        page = (await manager.get(CARD)).text
        assert "要另一位同事审核" in page
        assert f'action="{CARD}/approve"' not in page

    async def test_with_a_flaw_shows_what_is_wrong_and_cannot_be_proposed(self, desk: TheOffice) -> None:
        lawyer = await written(desk, answer="可以，30日内有结果。", sources="《援助法》第九条：没有这句")
        page = text((await lawyer.get(CARD)).text)
        assert "这份文件里没有这一条" in page
        assert "30日" in page
        refused = await lawyer.post(f"{CARD}/propose", version="1")
        assert (refused.status_code, "还有地方要改" in refused.text) == (422, True)

    async def test_is_gone_after_it_is_taken_out_of_use(self, desk: TheOffice, library: RealLibrary) -> None:
        manager = await approved(desk)
        library.build()
        assert said(library) == ANSWER
        assert (await manager.post(f"{CARD}/expire", note=" ")).status_code == 422
        assert (await manager.post(f"{CARD}/expire", note="新规定出台")).status_code == 303
        await publish(desk)
        library.build()
        assert said(library) != ANSWER
        assert "aid.wages" in (await manager.get("/staff/knowledge?show=ended")).text

    async def test_of_ours_can_be_edited_and_its_first_wording_is_kept(self, desk: TheOffice) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        page = (await lawyer.get("/staff/knowledge/card/days")).text
        assert "七日内作出决定。" in page
        fields = {
            **FIELDS,
            "questions": "申请援助几天有结果",
            "answer": "机构七日内作出决定。",
            "sources": "《援助法》第一条：七日内",
        }
        saved = await lawyer.post("/staff/knowledge/card/days", base="0", **fields)
        assert saved.status_code == 303
        assert "七日内作出决定。" in (await lawyer.get("/staff/knowledge/card/days/versions/1")).text
        assert "机构七日内作出决定。" in (await lawyer.get("/staff/knowledge/card/days/versions/2")).text

    async def test_written_by_two_at_once_is_saved_once(self, desk: TheOffice) -> None:
        lawyer = await written(desk)
        assert (await lawyer.post(CARD, base="1", **FIELDS)).status_code == 303
        refused = await lawyer.post(CARD, base="1", **FIELDS)
        assert refused.status_code == 409

    async def test_written_in_vain_is_shown_again_to_be_copied(self, desk: TheOffice) -> None:
        lawyer = await written(desk)
        mine = {**FIELDS, "answer": "我刚写好的一段话。"}
        assert (await lawyer.post(CARD, base="1", **FIELDS)).status_code == 303
        refused = await lawyer.post(CARD, base="1", **mine)
        assert refused.status_code == 409
        assert "我刚写好的一段话。" in refused.text
        assert "没有保存，可以复制" in refused.text

    @pytest.mark.parametrize(("key", "problem"), [("days", "已经有一张卡"), ("Days!", "编号只能用小写英文")])
    async def test_whose_key_is_taken_or_odd_keeps_what_was_typed(
        self, desk: TheOffice, key: str, problem: str
    ) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        answer = await lawyer.post("/staff/knowledge/card", key=key, **FIELDS)
        assert answer.status_code == 200
        assert problem in answer.text
        assert ANSWER in answer.text
        assert f'value="{key}"' in answer.text
        assert "第 1 版" not in (await lawyer.get("/staff/knowledge/card/days")).text

    async def test_needs_no_key_of_its_writer(self, desk: TheOffice) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        saved = await lawyer.post("/staff/knowledge/card", key=" ", **FIELDS)
        assert saved.status_code == 303
        page = (await lawyer.get(saved.headers["location"])).text
        assert "都对得上" in page
        assert "desk." in page

    async def test_is_sent_back_with_a_reason(self, desk: TheOffice) -> None:
        lawyer = await written(desk)
        await lawyer.post(f"{CARD}/propose", version="1")
        assert (await lawyer.post(CARD, base="1", **FIELDS)).status_code == 409
        manager = await desk.signed_in(Role.MANAGER)
        assert (await manager.post(f"{CARD}/return", version="1", note="请写短一点")).status_code == 303
        assert "请写短一点" in (await lawyer.get(CARD)).text
        assert (await lawyer.post(CARD, base="1", **FIELDS)).status_code == 303


class TestAnEarlierAnswer:
    async def test_shows_what_was_said_and_the_card_as_it_was(self, desk: TheOffice, library: RealLibrary) -> None:
        manager = await approved(desk)
        library.build()
        told = library.opened().ask(QUESTION, region=None, on=TODAY)
        assert isinstance(told, Answer)
        thread = await answered(desk, told)
        fields = {**FIELDS, "answer": "能。请求支付劳动报酬的当事人可以申请援助。"}
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        await lawyer.post(CARD, base="1", **fields)
        await lawyer.post(f"{CARD}/propose", version="2")
        await manager.post(f"{CARD}/approve", version="2")
        await publish(desk)
        library.build()
        assert said(library) == fields["answer"]
        page = (await manager.get(f"/staff/conversations/{thread}")).text
        assert ANSWER in page
        wording = re.search(r'href="(/staff/knowledge/wordings/[0-9a-f]{16})"', page)
        assert wording
        shown = (await manager.get(wording[1])).text
        assert ANSWER in shown
        assert fields["answer"] not in shown
        assert told.provenance is not None
        assert told.provenance.build in page

    async def test_that_never_was_is_not_found(self, desk: TheOffice) -> None:
        manager = await desk.signed_in(Role.MANAGER)
        assert (await manager.get(f"/staff/knowledge/wordings/{'0' * 16}")).status_code == 404


class TestAText:
    async def upload(self, browser: Browser, name: str, content: str) -> str:
        token = await browser.form_token("/staff/knowledge/document/new")
        answer = await browser.http.post(
            "/staff/knowledge/documents",
            data={"form_token": token, "region": ""},
            files={"file": (name, content.encode(), "text/plain")},
        )
        return answer.headers.get("location", "").split("?")[0] or answer.text

    async def test_is_read_corrected_approved_and_answers(self, desk: TheOffice, library: RealLibrary) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        path = await self.upload(lawyer, "方案.txt", PLAN.replace("6号", "9号").replace("每周三", "每周五"))
        page = text((await lawyer.get(path)).text)
        assert "乡镇工作站每周五值班一次" in page
        said_of = {"title": "高平市值班方案", "number": "高司字〔2024〕9号", "region": "140581", "issued": "2024-04-30"}
        assert (await lawyer.post(path, base="1", **said_of)).status_code == 303
        await lawyer.post(f"{path}/propose", version="2")
        manager = await desk.signed_in(Role.MANAGER)
        assert (await manager.post(f"{path}/approve", version="2")).status_code == 303
        await publish(desk)
        library.build()
        passage = library.opened().passage("高司字〔2024〕9号#一(一)", on=TODAY)
        assert passage is not None
        assert passage.title == "高平市值班方案"
        assert "高平市值班方案" in (await manager.get("/staff/knowledge?show=kept&q=值班方案")).text
        assert "乡镇工作站每周五值班一次" in (await manager.get(path)).text

    async def test_that_cannot_be_read_is_refused_in_words(self, desk: TheOffice) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        assert "这种文件读不了" in await self.upload(lawyer, "方案.exe", "MZ")
        assert "这个文件不能收" in await self.upload(lawyer, "方案.txt", " ")

    async def test_that_was_taken_in_before_can_be_taken_out_of_use(
        self, desk: TheOffice, library: RealLibrary
    ) -> None:
        manager = await desk.signed_in(Role.MANAGER)
        listed = (await manager.get("/staff/knowledge?show=kept&q=惠民")).text
        found = re.search(r'class="what" href="([^"]+document/doc-[^"]+)"', listed)
        assert found
        path = unescape(found[1])
        page = (await manager.get(path)).text
        document = re.search(r'name="document" value="([^"]+)"', page)
        assert document
        gone = await manager.post(path.split("?")[0] + "/expire", note="计划已结束", document=unescape(document[1]))
        assert gone.status_code == 303
        await publish(desk)
        library.build()
        (ended,) = [d for d in library.opened().searcher.index.documents if d.title.startswith("高平市2024年")]
        assert ended.superseded_from == TODAY


class TestTheList:
    async def asks(self, office: TheOffice, words: str, *, who: str) -> None:
        silent = NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS)
        async with office.database.unit_of_work() as uow:
            await lookups.note(
                uow, looked_up=LookedUp(words=words, found=silent), conversation_id=who, now=office.clock()
            )
            await uow.commit()

    async def test_gathers_what_several_asked_and_leads_to_a_card(self, desk: TheOffice) -> None:
        assert desk.library is not None
        for number, words in enumerate(("优待证丢了怎么补办", "优待证怎么补办", "补办优待证去哪里", "王大山欠钱不还")):
            await self.asks(desk, words, who=str(number))
        async with desk.database.reading() as uow:
            material = await lookups.material(uow, begin=lookups.week_begin(desk.clock()), now=desk.clock())
        content = lookups.listed(material, desk.library)
        async with desk.database.unit_of_work() as uow:
            await lookups.keep_list(uow, material=material, content=content, now=desk.clock())
            await uow.commit()
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        page = (await lawyer.get("/staff/knowledge/questions")).text
        assert "优待证" in page
        assert "2026 年 11 月" in page
        assert "W4" not in text(page)
        assert "3 次，3 人" in page
        assert "王大山" not in page
        write = re.search(r'href="(/staff/knowledge/card/new\?question=[^"]+)"', page)
        assert write
        assert "优待证" in (await lawyer.get(unescape(write[1]))).text

    async def test_says_when_there_is_none(self, desk: TheOffice) -> None:
        seat = await desk.signed_in(Role.OPERATOR)
        assert "还没有清单" in (await seat.get("/staff/knowledge/questions")).text


class TestWhatLiesThereAsFiles:
    async def test_is_listed_and_every_link_leads_somewhere(self, desk: TheOffice, library: RealLibrary) -> None:
        folder = library.home / "curated"
        for name, content in (
            ("documents/手放的.txt", PLAN.replace("6号", "8号")),
            ("cards/bad.yml", "- id: bad.card\n  ask: [坏卡]\n  answer: 不行。\n  cite: [{of: nowhere, at: 第一条}]\n"),
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, "utf-8")
        library.build()
        manager = await desk.signed_in(Role.MANAGER)
        page = (await manager.get("/staff/knowledge?show=kept")).text
        assert "手放的.txt" in page
        assert "由文件放入" in page
        assert "要核对的（1）" in page
        links = set(re.findall(r'class="what" href="([^"]+)"', page))
        assert "/staff/knowledge/card/days" in links
        for link in links:
            assert (await manager.get(unescape(link))).status_code == 200


class TestWhoMay:
    async def test_seats_and_auditors_read_and_do_not_write(self, desk: TheOffice) -> None:
        for role in (Role.OPERATOR, Role.AUDITOR):
            browser = await desk.signed_in(role)
            page = (await browser.get("/staff/knowledge/card/days")).text
            assert "七日内作出决定。" in page
            assert "存为新的一版" not in page
            assert (await browser.get("/staff/knowledge/card/new")).status_code == 403
            assert (await browser.post("/staff/knowledge/card", key="x", **FIELDS)).status_code == 403

    async def test_nobody_without_a_session_gets_in(self, desk: TheOffice) -> None:
        stranger = desk.browser()
        for path in ("", "/questions", "/card/days", "/card/new", "/document/new"):
            assert (await stranger.get(f"/staff/knowledge{path}")).status_code == 303

    async def test_a_form_from_elsewhere_is_refused(self, desk: TheOffice) -> None:
        lawyer = await desk.signed_in(Role.DUTY_LAWYER)
        refused = await lawyer.http.post("/staff/knowledge/card", data={"form_token": "guess", "key": "x", **FIELDS})
        assert refused.status_code == 403
        upload = await lawyer.http.post(
            "/staff/knowledge/documents", data={"form_token": "guess"}, files={"file": ("a.txt", b"x")}
        )
        assert upload.status_code == 403

    @pytest.mark.parametrize("path", ["/card/none", "/document/doc-1", "/nothing/x", "/card/none/versions/1"])
    async def test_what_is_not_there_is_not_found(self, desk: TheOffice, path: str) -> None:
        manager = await desk.signed_in(Role.MANAGER)
        assert (await manager.get(f"/staff/knowledge{path}")).status_code == 404

    async def test_without_a_library_there_are_no_pages(self, office: TheOffice) -> None:
        manager = await office.signed_in(Role.MANAGER)
        assert "资料库" not in (await manager.get("/staff")).text
        assert (await manager.get("/staff/knowledge")).status_code == 404


async def answered(office: TheOffice, told: Answer) -> str:
    """Record an answer as the gateway does, and return its conversation."""
    reply = AnswerReply(answer=told)
    async with office.database.unit_of_work() as uow:
        opened = await conversations.open_conversation(
            uow, channel="web", region=None, locale="zh-CN", now=office.clock()
        )
        said_then = NewMessage(
            sender=Sender.BOT, kind="answer", text=told.text, body=body(reply, phrases=Phrases.load())
        )
        await conversations.record_replies(
            uow, conversation_id=opened.id, in_reply_to=None, messages=[said_then], now=office.clock()
        )
        await uow.commit()
    return opened.id


def test_a_kind_is_part_of_an_address() -> None:
    assert {kind.value for kind in Kind} == {"card", "document"}
