"""The list of cards and texts: everything in it can be reached, counted truly, and nothing is called broken that is not."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from api.domain.curation import Kind, Step
from api.domain.staff import Role
from api.services import curation
from api.services.curation import Written
from api.services.staff import StaffMember
from knowledge_base.card_sources import clause_digest
from knowledge_base.cards import Card, CardBook, Reference
from knowledge_base.drafts import Review
from tests.console.office import Browser, TheOffice
from tests.console.test_knowledge import CARD, FIELDS, publish, text, written
from tests.knowledge.homes import LAW, PLAN, aid_law, book, fill, source_texts
from tests.library import RealLibrary, real_library, wages

pytestmark = pytest.mark.http

LIST = "/staff/knowledge"
_ROW = re.compile(r'class="what" href="([^"]+)"')
_NEXT = re.compile(r'rel="next" href="([^"]+)"')
PLENTY = 130
LAWYER = StaffMember(id="idduty_lawyer", name="duty_lawyer", display_name="值班律师", role=Role.DUTY_LAWYER)


def plenty() -> CardBook:
    """Return more cards than any page should show."""
    law = Reference(document=aid_law(), clause="第一条", has=("七日内",))
    more = [
        Card(id=f"card.n{number}", questions=(f"第{number}个问题怎么办",), answer="七日内。", references=(law,))
        for number in range(PLENTY)
    ]
    return replace(book(), cards=(*book().cards, *more))


def opened(office: TheOffice, library: RealLibrary) -> RealLibrary:
    library.build()
    office.library = library.workbench()
    return library


@pytest.fixture
def library(office: TheOffice, tmp_path: Path) -> RealLibrary:
    found = real_library(tmp_path / "home")
    office.library = found.workbench()
    return found


@pytest.fixture
def full(office: TheOffice, tmp_path: Path) -> RealLibrary:
    fill(tmp_path / "home", source_texts())
    return opened(office, RealLibrary(home=tmp_path / "home", cards=plenty()))


@pytest.fixture
def fresh(office: TheOffice, tmp_path: Path) -> RealLibrary:
    """Return a library as it is after the first start: our cards, and none of the texts they rest on."""
    return opened(office, RealLibrary(home=tmp_path / "home"))


async def walk(browser: Browser, path: str) -> tuple[list[str], list[str]]:
    """Follow the pages of a list to its end; return the addresses it leads to and its pages."""
    hrefs, pages = [], []
    while path:
        page = (await browser.get(path)).text
        pages.append(page)
        hrefs += [unescape(link) for link in _ROW.findall(page)]
        more = _NEXT.search(page)
        path = unescape(more[1]) if more else ""
    return hrefs, pages


def tab(page: str, title: str) -> int:
    found = re.search(rf">{title}（(\d+)）<", page)
    assert found, title
    return int(found[1])


class TestEverything:
    async def test_in_use_is_on_some_page_and_counted(self, office: TheOffice, full: RealLibrary) -> None:
        seat = await office.signed_in(Role.OPERATOR)
        hrefs, pages = await walk(seat, f"{LIST}?show=kept")
        index = full.opened().searcher.index
        assert len(index.cards) == PLENTY + 3
        assert {f"{LIST}/card/{card.id}" for card in index.cards} <= set(hrefs)
        assert len([link for link in hrefs if "/document/" in link]) == 3
        assert len(hrefs) == len(set(hrefs)) == PLENTY + 6
        assert {tab(page, "在用") for page in pages} == {PLENTY + 6}
        assert f"共 {PLENTY + 6} 条" in pages[-1]
        assert len(pages) == 3

    async def test_in_use_opens(self, office: TheOffice, library: RealLibrary) -> None:
        seat = await office.signed_in(Role.OPERATOR)
        hrefs, _ = await walk(seat, f"{LIST}?show=kept")
        hrefs += (await walk(seat, f"{LIST}?show=ended"))[0]
        assert len(hrefs) == len(library.opened().searcher.index.cards) + 4
        for link in hrefs:
            assert (await seat.get(link)).status_code == 200, link

    async def test_in_use_can_be_read_clause_by_clause(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        seat = await office.signed_in(Role.OPERATOR)
        hrefs, _ = await walk(seat, f"{LIST}?show=kept&kind=document&q=惠民")
        page = text((await seat.get(hrefs[0])).text)
        assert "条款（2）" in page
        assert "每次值班时间不少于4小时" in page

    async def test_proposed_is_on_some_page_and_counted(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        async with office.database.unit_of_work() as uow:
            for number in range(60):
                draft = wages(id=f"aid.n{number}", questions=(f"第{number}个问题",))
                row = Written(kind=Kind.CARD, key=draft.id, body=draft)
                await curation.save(uow, member=LAWYER, written=row, now=office.clock())
                await curation.decide(
                    uow,
                    member=LAWYER,
                    kind=Kind.CARD,
                    key=draft.id,
                    version=1,
                    step=Step.PROPOSE,
                    review=Review(),
                    now=office.clock(),
                )
            await uow.commit()
        manager = await office.signed_in(Role.MANAGER)
        hrefs, pages = await walk(manager, LIST)
        assert {f"{LIST}/card/aid.n{number}" for number in range(60)} == set(hrefs)
        assert tab(pages[0], "等人审核") == 60

    async def test_is_found_by_any_way_of_asking_and_by_kind(self, office: TheOffice, full: RealLibrary) -> None:
        assert full.base is not None
        seat = await office.signed_in(Role.OPERATOR)
        assert (await walk(seat, f"{LIST}?show=kept&q=审查要多长"))[0] == [f"{LIST}/card/days"]
        texts, (page,) = await walk(seat, f"{LIST}?show=kept&kind=document")
        assert len(texts) == 3
        assert "高司字〔2024〕6号" in page
        assert "计划期已过" in page
        assert "找到" in (await seat.get(f"{LIST}?show=kept&q=没有这几个字")).text

    @pytest.mark.parametrize("page", ["0", "-1", "99999", "x", "１", "9" * 30])
    async def test_stays_reachable_by_a_page_that_is_not_there(
        self, office: TheOffice, full: RealLibrary, page: str
    ) -> None:
        assert full.base is not None
        seat = await office.signed_in(Role.OPERATOR)
        answer = await seat.get(f"{LIST}?show=kept&page={page}")
        assert (answer.status_code, len(_ROW.findall(answer.text)) > 0) == (200, True)


class TestAFreshLibrary:
    async def test_says_once_that_the_texts_were_not_taken_in(self, office: TheOffice, fresh: RealLibrary) -> None:
        assert fresh.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        page = (await lawyer.get(f"{LIST}?show=kept")).text
        assert page.count("有 2 份还没有收进资料库") == 1
        assert "要核对的（" not in page
        assert "条文改了" not in page
        shown = text((await lawyer.get(f"{LIST}/card/days")).text)
        assert "这张卡照常回答。它依据的《中华人民共和国援助法》还没有收进资料库" in shown
        assert "七日内作出决定。" in shown
        assert shown.count("还没有收进资料库") == 1
        for broken in ("处要改", "资料库里没有这份文件", "没有找到", "找不到"):
            assert broken not in shown

    async def test_still_refuses_a_draft_whose_text_is_not_there_and_says_it_once(
        self, office: TheOffice, fresh: RealLibrary
    ) -> None:
        assert fresh.base is not None
        lawyer = await written(
            office, answer="可以，七日内。", sources="《援助法》第二条：请求支付劳动报酬\n《援助法》第一条：七日内"
        )
        shown = text((await lawyer.get(CARD)).text)
        assert "还有 1 处要改" in shown
        assert "请核对名称，或者先添加文件：《援助法》" in shown
        assert (await lawyer.post(f"{CARD}/propose", version="1")).status_code == 422


class TestACard:
    async def test_whose_clause_changed_is_marked_and_says_which(self, office: TheOffice, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, {**source_texts(), "援助法(2021-08-20).md": LAW.replace("自收到申请", "自收到完整申请")})
        law = Reference(document=aid_law(), clause="第一条", has=("七日内",), digest=clause_digest("原来的条文"))
        changed = replace(book().cards[1], references=(law,))
        opened(office, RealLibrary(home=home, cards=replace(book(), cards=(book().cards[0], changed))))
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        hrefs, (page,) = await walk(lawyer, f"{LIST}?show=kept&kind=care")
        assert set(hrefs) == {f"{LIST}/card/days", f"{LIST}/card/station"}, "the other rests on a plan that is over"
        assert "条文改了，先念原文" in page
        assert "第一条的文字和写这张卡时不一样了" in page
        assert "第一条的文字和写这张卡时不一样了" in text((await lawyer.get(f"{LIST}/card/days")).text)

    async def test_on_a_plan_that_has_ended_is_to_be_looked_at(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        hrefs, (page,) = await walk(lawyer, f"{LIST}?show=kept&kind=care")
        assert hrefs == [f"{LIST}/card/station"]
        assert "出处计划期已过" in page
        shown = (await lawyer.get(hrefs[0])).text
        assert '<span class="mark mark-soon">计划期已过</span>' in shown

    async def test_whose_text_ended_stands_among_what_ended(self, office: TheOffice, library: RealLibrary) -> None:
        manager = await office.signed_in(Role.MANAGER)
        (path,) = [
            link for link in (await walk(manager, f"{LIST}?show=kept&q=援助法&kind=document"))[0] if "document" in link
        ]
        law = re.search(r'name="document" value="([^"]+)"', (await manager.get(path)).text)
        assert law
        gone = {"note": "已废止", "document": unescape(law[1])}
        assert (await manager.post(f"{path.split('?')[0]}/expire", **gone)).status_code == 303
        await publish(office)
        library.build()
        hrefs, pages = await walk(manager, f"{LIST}?show=ended")
        assert f"{LIST}/card/days" in hrefs
        assert path.split("?")[0] in hrefs
        assert "已失效" in pages[0]
        assert f"{LIST}/card/days" not in (await walk(manager, f"{LIST}?show=kept"))[0]

    async def test_published_at_the_desk_names_its_writer(self, office: TheOffice, library: RealLibrary) -> None:
        lawyer = await written(office)
        await lawyer.post(f"{CARD}/propose", version="1")
        manager = await office.signed_in(Role.MANAGER)
        await manager.post(f"{CARD}/approve", version="1")
        await publish(office)
        library.build()
        _, (page,) = await walk(manager, f"{LIST}?show=kept&q={FIELDS['questions'].splitlines()[1]}")
        assert "duty_lawyer同志" in page

    async def test_that_we_know_has_no_answer_is_not_called_flawed(
        self, office: TheOffice, library: RealLibrary
    ) -> None:
        assert library.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        shown = text((await lawyer.get(f"{LIST}/card/gap.phone")).text)
        assert "资料库里没有这件事的答案" in shown
        assert "处要改" not in shown


class TestAFileBroughtAgain:
    async def bring(self, browser: Browser, name: str, content: str) -> str:
        token = await browser.form_token(f"{LIST}/document/new")
        answer = await browser.http.post(
            f"{LIST}/documents",
            data={"form_token": token, "region": ""},
            files={"file": (name, content.encode(), "text/plain")},
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    NEW = PLAN.replace("6号", "9号").replace("每周三", "每周五")

    async def test_leads_to_the_draft_that_is_there(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        first = await self.bring(lawyer, "方案.txt", self.NEW)
        reviewer = await office.signed_in(Role.REVIEWER)
        again = await self.bring(reviewer, "方案（2）.md", self.NEW.replace("\n", "\r\n"))
        assert first.endswith("done=saved")
        assert again == first.replace("done=saved", "done=known")
        page = (await reviewer.get(again)).text
        assert "已经有了，就是下面这一份" in page
        assert "第 1 版" in page
        hrefs, _ = await walk(reviewer, f"{LIST}?show=drafts")
        assert hrefs == [first.split("?")[0]]

    async def test_leads_to_the_text_that_was_taken_in_before(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        page = await lawyer.get(await self.bring(lawyer, "惠民方案.txt", PLAN))
        assert page.status_code == 200
        assert "高平市2024年惠民实施方案" in page.text
        assert "已经有了" in page.text
        assert (await walk(lawyer, f"{LIST}?show=drafts"))[0] == []

    async def test_with_another_word_in_it_is_another_text(self, office: TheOffice, library: RealLibrary) -> None:
        assert library.base is not None
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        first = await self.bring(lawyer, "方案.txt", self.NEW)
        other = await self.bring(lawyer, "方案.txt", self.NEW.replace("290件", "300件"))
        assert other.endswith("done=saved")
        assert other != first
