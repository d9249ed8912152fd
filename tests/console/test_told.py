"""What a caller told, on the page of whoever takes the case: telling words, particulars, crowds, and one line about contact."""

import re

import pytest

from api.console.views import Words
from api.domain.staff import Role
from api.services import lodging
from api.services.records import SafeToContact, TicketKind
from knowledge_base.types import SafetyKind
from tests.console.office import TheOffice
from tests.console.test_danger import answers_about_contact

pytestmark = pytest.mark.http
STORY = "我在牡丹江宏达建筑公司干活 老板欠我五个月工资 一共一万五"


def words(html: str) -> list[str]:
    told = html.partition('id="words-title"')[2].partition("</section>")[0]
    return re.findall(r'<blockquote class="ownwords">(.*?)</blockquote>', told, re.DOTALL)


def told(html: str) -> dict[str, str]:
    card = html.partition('id="told-title"')[2].partition("</section>")[0]
    return dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?) <span", card))


class TestParticulars:
    async def test_stand_on_the_page_unverified(self, office: TheOffice) -> None:
        thread = await office.conversation(words=STORY)
        await office.says(thread, "我们七个工友都没拿到钱")
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{thread}")).text
        assert told(html) == {
            "钱数": "15000 元",
            "拖欠多久": "5 个月",
            "几个人": "7 人",
            "地方": "黑龙江省牡丹江市",
            "单位": "牡丹江宏达建筑公司",
        }
        assert "没有核实" in html
        assert "多人同一事（7 人）" in html

    async def test_name_whose_age_it_is(self, office: TheOffice) -> None:
        thread = await office.conversation(words="我儿子昨天晚上被派出所抓走了 才16岁")
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{thread}")).text
        assert told(html)["年龄（儿子）"] == "16 岁"

    async def test_of_somebody_held_are_not_asked_of_the_caller(self, office: TheOffice) -> None:
        words = Words(office.desk())
        (_, of_held) = words.facts({"matter": "criminal.defence", "applicant.age": 16})
        (_, own) = words.facts({"matter": "labour.wages", "applicant.age": 52})
        assert (of_held.question, own.question) == ("被抓或被告的人多大了？", "您多大年纪？")

    async def test_keep_what_was_said_first_beside_what_came_later(self, office: TheOffice) -> None:
        thread = await office.conversation(words="老板欠我一万五")
        await office.says(thread, "不对 是一万八")
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{thread}")).text
        assert told(html)["钱数"] == "15000 元；后来说 18000 元"

    async def test_mark_a_crowd_once(self, office: TheOffice) -> None:
        thread = await office.conversation(words="我们三十几个人的工钱都没给")
        reference = await office.application(conversation_id=thread, flags=("mass_case",))
        browser = await office.signed_in(Role.REVIEWER)
        assert "群体性（30 人）" in (await browser.get(f"/staff/conversations/{thread}")).text
        # What refreshes the open page must not take the mark away again.
        assert "群体性（30 人）" in (await browser.get(f"/staff/conversations/{thread}/parts?after=99")).json()["head"]
        assert "群体性" in (await browser.get(f"/staff/applications/{reference}/parts?after=99")).json()["head"]
        assert (await browser.get(f"/staff/applications/{reference}")).text.count("群体性") == 1


class TestOwnWords:
    async def test_are_the_telling_ones(self, office: TheOffice) -> None:
        thread = await office.conversation(words="在吗")
        for said in (STORY, "看看能不能申请", "是", "同意", "电话吧"):
            await office.says(thread, said)
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{thread}")).text
        assert words(html) == [STORY]

    async def test_go_on_after_the_application(self, office: TheOffice) -> None:
        thread = await office.conversation(words=STORY)
        reference = await office.application(conversation_id=thread)
        office.later(minutes=5)
        await office.says(thread, "老板昨天跑了 电话也打不通")
        html = (await (await office.signed_in(Role.REVIEWER)).get(f"/staff/applications/{reference}")).text
        assert words(html)[1:] == ["老板昨天跑了 电话也打不通"]
        assert "提交以后又说" in html


class TestHead:
    async def test_of_an_application_is_as_urgent_as_its_open_alert(self, office: TheOffice) -> None:
        thread = await office.conversation(words=STORY)
        reference = await office.application(conversation_id=thread)
        browser = await office.signed_in(Role.OPERATOR)
        assert 'class="casehead" data-urgency="s2"' in (await browser.get(f"/staff/applications/{reference}")).text
        await office.in_danger(thread, SafetyKind.VIOLENCE_NOW)
        assert 'class="casehead" data-urgency="s0"' in (await browser.get(f"/staff/applications/{reference}")).text

    async def test_says_once_whether_anybody_may_be_contacted(self, office: TheOffice) -> None:
        thread = await office.conversation(words=STORY)
        reference = await office.application(conversation_id=thread, safe=SafeToContact.YES)
        await answers_about_contact(office, thread, SafeToContact.UNKNOWN)
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/applications/{reference}")).text
        assert re.findall(r"<dt>能否[^<]*</dt><dd>(.*?)</dd>", html) == ["还没有问清，先不要主动联系"]
        assert "可以正常联系" not in html

    @pytest.mark.parametrize(
        ("contact", "safe", "shown"),
        [
            ("13812345678", SafeToContact.YES, "可以正常联系"),
            (None, SafeToContact.NO, "不能主动联系，联系会有危险"),
            (None, None, "只能发消息，不打电话"),
        ],
    )
    async def test_of_a_wished_call_back_says_it_too(
        self, office: TheOffice, contact: str | None, safe: SafeToContact | None, shown: str
    ) -> None:
        thread = await office.conversation(words=STORY)
        async with office.database.unit_of_work() as uow:
            await lodging.lodge(
                uow,
                conversation_id=thread,
                kind=TicketKind.CALL_BACK,
                words="周六上午",
                contact=contact,
                safe_to_contact=safe,
                now=office.clock(),
            )
            await uow.commit()
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{thread}")).text
        assert f"<dt>能否联系</dt><dd>{shown}</dd>" in html
