"""A time that is agreed on in the talk: a half-day with room is promised, everything else is offered or left to a person."""

import re
from dataclasses import replace

import pytest

from api.domain.callback import Half, slot_of
from api.services.records import SafeToContact, TicketKind
from api.services.wording import half_day
from tests.dialogue.stage import Stage, Talk
from tests.dialogue.test_errands import PHONE, tickets, words

pytestmark = pytest.mark.dialogue


class TestACallBack:
    def test_is_a_call_back_for_the_wished_time(self, stage: Stage, talk: Talk) -> None:
        talk.say("想约周四下午跟律师谈谈")
        talk.say(PHONE)
        talk.say("可以打 别提什么事")
        [(ticket, said)] = tickets(stage, talk)
        assert (ticket.kind, said) == (TicketKind.CALL_BACK, "想约周四下午跟律师谈谈")
        assert ticket.safe_to_contact is SafeToContact.NEUTRAL_ONLY
        slot = slot_of(ticket.slot or "")
        assert slot is not None
        assert (slot.day.weekday(), slot.half, ticket.due) == (3, Half.PM, slot.end)
        assert re.search(r"约好了：\d+ 月 \d+ 日（周四）下午", words(talk))
        talk.say("约上了没有")
        assert "约着呢" in talk.messages[0].text

    def test_stands_as_staff_have_moved_it(self, stage: Stage, talk: Talk) -> None:
        talk.say("想约周四下午跟律师谈谈")
        talk.say(PHONE)
        talk.say("方便 可以打")
        [(ticket, _)] = tickets(stage, talk)
        before = slot_of(ticket.slot or "")
        assert before is not None
        moved = replace(before, half=Half.AM)

        async def move() -> None:
            async with stage.database.unit_of_work() as uow:
                await uow.tickets.save(replace(ticket, slot=moved.key))
                await uow.commit()

        stage.loop.run(move())
        talk.say("约上了没有")
        assert f"约着呢：{half_day(moved)}" in talk.messages[0].text

    def test_is_promised_for_a_half_day_that_is_chosen_where_none_was_named(self, stage: Stage, talk: Talk) -> None:
        talk.say("我想约个律师")
        talk.say("哪天都行")
        talk.say(PHONE)
        talk.say("方便 可以打")
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.slot is None
        offered = next(choice for choice in talk.choices if "月" in choice["title"])
        talk.tap_title(offered["title"])
        [(ticket, _)] = tickets(stage, talk)
        slot = slot_of(ticket.slot or "")
        assert slot is not None
        assert half_day(slot) == offered["title"]
        assert "约好了" in words(talk)

    def test_keeps_the_half_day_until_another_has_room(self, stage: Stage, talk: Talk) -> None:
        talk.say("想约周四下午跟律师谈谈")
        talk.say(PHONE)
        talk.say("方便 可以打")
        [(before, _)] = tickets(stage, talk)
        talk.say("改到周日晚上")
        [(ticket, said)] = tickets(stage, talk)
        assert (ticket.slot, "改到周日晚上" in said) == (before.slot, True)
        assert "先留着" in words(talk)

    def test_is_never_promised_beyond_what_the_office_can_ring(self, stage: Stage) -> None:
        async def closed() -> None:
            async with stage.database.unit_of_work() as uow:
                for half in Half:
                    await uow.slots.set_capacity(region="640400", half=half, capacity=0)
                await uow.commit()

        stage.loop.run(closed())
        talk = stage.open(region="640400")
        talk.say("想约周四下午跟律师谈谈")
        talk.say(PHONE)
        talk.say("方便 可以打")
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.slot is None
        assert "约好了" not in words(talk)
        assert "您约的时间记下了" in words(talk)

    def test_keeps_no_number_that_is_not_safe_to_call(self, stage: Stage, talk: Talk) -> None:
        talk.say("想约周四下午跟律师谈谈")
        talk.say(PHONE)
        talk.say("不方便")
        [(ticket, _)] = tickets(stage, talk)
        assert (ticket.contact, ticket.safe_to_contact) == (None, SafeToContact.NO)
