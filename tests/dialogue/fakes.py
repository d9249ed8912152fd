"""A turn, a knowledge base and a triage of a few words each, so that dialogue tests fail for the dialogue's reasons alone."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np

from actions.acts import Act
from actions.turn import Turn
from api.services.records import Conversation, DialogueState
from knowledge_base.embedding import Vector
from knowledge_base.types import (
    Answer,
    Citation,
    KnowledgeUnavailable,
    Matter,
    NoAnswer,
    NoAnswerReason,
    Standing,
    Triage,
)
from tests.fakes import PLAN

_NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def turn(text: str, act: Act = Act.ASK, *, state: DialogueState | None = None) -> Turn:
    """Return one turn of a web thread in which nothing else was said."""
    thread = Conversation(id="one", channel="web", region=None, locale="zh-CN", opened_at=_NOW)
    return Turn(
        conversation=thread,
        act=act,
        confidence=0.9,
        text=text,
        payload={},
        state=state or DialogueState(),
        region=None,
        now=_NOW,
        on=_NOW.date(),
    )


def _law(document: str, clause: str, text: str) -> Answer:
    source = Citation(document=document, clause=clause, standing=Standing.IN_FORCE, source_id=f"{document}-{clause}")
    return Answer(text=text, citations=(source,), score=0.9)


_NATION = _law("中华人民共和国法律援助法", "第四十二条", "几种人不再核查经济困难状况。")
_BOTH = replace(
    _law("关于完善法律援助制度的实施意见", "(十)", "请求给付赡养费的，不审查经济困难条件。"),
    region="231000",
    beside=(_NATION,),
)
_WITHIN = {
    ("labour.wages", "多久"): _law("中华人民共和国劳动争议调解仲裁法", "第二十七条", "劳动仲裁一般是一年。"),
    ("labour.wages", "带什么"): _law("中华人民共和国劳动争议调解仲裁法", "第二十八条", "劳动仲裁要交书面申请。"),
    ("family.divorce", "带什么"): _law("婚姻登记条例", "第十一条", "办离婚登记要带身份证、户口簿和结婚证。"),
}
"""What a word means within a matter."""
_ANSWERS = {
    "公司能申请法律援助": _law("中华人民共和国法律援助法", "第二条", "法律援助派律师，帮的是个人，公司不在里面。"),
    "仲裁委的大门": _law("中华人民共和国劳动争议调解仲裁法", "第二十一条", "到劳动合同履行地的仲裁委员会去。"),
    "赡养费": _BOTH,
    "怎么申请法律援助": _law("中华人民共和国法律援助法", "第四十一条", "申请时如实说明经济困难情况。"),
    "星期几": Answer(text="每个乡镇工作站每周三值班一次。", citations=(PLAN,), score=0.9),
    "工资": _law("保障农民工工资支付条例", "第三条", "农民工有按时足额获得工资的权利。"),
    "不给钱": _law("保障农民工工资支付条例", "第三条", "农民工有按时足额获得工资的权利。"),
    "离婚": _law(
        "中华人民共和国民法典", "第一千零七十六条", "双方自愿离婚的，签书面离婚协议，亲自到婚姻登记机关申请。"
    ),
    "几天": _law("中华人民共和国法律援助法", "第四十三条", "收到申请之日起七日内审查决定。"),
    "多久": _law("中华人民共和国法律援助法", "第四十三条", "收到申请之日起七日内审查决定。"),
    "收费": _law("中华人民共和国法律援助法", "第二条", "法律援助是无偿的。"),
    "要钱": _law("中华人民共和国法律援助法", "第二条", "法律援助是无偿的。"),
    "谁举证": _law("中华人民共和国民事诉讼法", "第六十七条", "谁提出主张，谁拿证据。"),
    "时效": _law("中华人民共和国民法典", "第一百八十八条", "诉讼时效一般是三年。"),
    "家暴": _law("中华人民共和国反家庭暴力法", "第十五条", "公安机关接到家庭暴力报案后应当及时出警。"),
    "打我": _law("中华人民共和国反家庭暴力法", "第十五条", "公安机关接到家庭暴力报案后应当及时出警。"),
    "押金": _law("中华人民共和国民法典", "第七百一十条", "按约定正常使用造成的损耗，不用赔。"),
    "那如果没签合同": _law("中华人民共和国劳动合同法", "第八十二条", "没签书面劳动合同的，可以要二倍工资。"),
}
_MATTERS = {
    "不给钱": ("labour.wages", "拖欠劳动报酬", 0.93),
    "工资": ("labour.wages", "拖欠劳动报酬", 0.9),
    "家暴": ("family.domestic_violence", "家庭暴力", 0.9),
    "押金": ("property.tenancy", "房屋租赁", 0.9),
    "没签合同": ("labour.relationship", "确认劳动关系", 0.8),
    "打我": ("family.domestic_violence", "家庭暴力", 0.9),
    "离婚": ("family.divorce", "离婚", 0.85),
    "股东": ("company", "公司", 0.9),
    "货款": ("debt.private_loan", "民间借贷", 0.8),
    "单位": ("labour.work_injury", "工伤", 0.4),
    "吵": ("property.neighbour", "相邻关系", 0.35),
    "低保停": ("benefit.social_assistance", "社会救助", 0.9),
}
_LEGAL = ("法", "援助", "合同", "赔", "告", "审查", "单位", "吵")


@dataclass(slots=True)
class FakeKnowledge:
    """Answers by a word in the question; `broken` makes it the index that is gone."""

    broken: bool = False
    follow_ups: list[bool] = field(default_factory=list)
    """Of each question, whether its matter was known from the conversation alone."""
    queries: list[str] = field(default_factory=list)

    def embed(self, text: str, /) -> Vector:
        assert_in_a_thread()
        if self.broken:
            raise KnowledgeUnavailable
        return np.full(4, len(text), dtype=np.float32)

    def ask(  # noqa: PLR0913 - a question and all that it is about
        self,
        query: str,
        /,
        *,
        region: str | None,  # noqa: ARG002
        on: date,  # noqa: ARG002
        matters: Sequence[str] = (),
        vector: Vector | None = None,  # noqa: ARG002
        follow_up: bool = False,
    ) -> Answer | NoAnswer:
        assert_in_a_thread()
        if self.broken:
            raise KnowledgeUnavailable
        self.follow_ups.append(follow_up)
        self.queries.append(query)
        if "第九十九条" in query:
            return NoAnswer(
                reason=NoAnswerReason.NOT_IN_DOCUMENTS, because="我手里的《法律援助法》没有“第九十九条”，请您再看看。"
            )
        for (matter, word), answer in _WITHIN.items():
            if matter in matters and word in query:
                return answer
        for word, answer in _ANSWERS.items():
            if word in query:
                return answer
        legal = any(word in query for word in _LEGAL)  # whatever the conversation is about, like the real one
        return NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS if legal else NoAnswerReason.OFF_TOPIC)


def classify(text: str, /, *, vector: Vector | None) -> Triage:  # noqa: ARG001
    """Know a matter by a word."""
    assert_in_a_thread()
    found = [
        Matter(code=code, title=title, confidence=sure)
        for word, (code, title, sure) in _MATTERS.items()
        if word in text
    ]
    unique = {matter.code: matter for matter in sorted(found, key=lambda one: one.confidence)}
    return Triage(matters=tuple(sorted(unique.values(), key=lambda one: -one.confidence)))


def assert_in_a_thread() -> None:
    """Fail where the real thing would keep every other conversation of the event loop waiting for a processor."""
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop()
        msg = "this takes a processor: call it in a thread"
        raise AssertionError(msg)
