"""Reads what sort of thing a question asks for, and sees whether a text holds one.

A telephone number is not answered by a rule about telephones, nor the outcome of a case by any rule at all.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from knowledge_base.corpus import Document, DocumentKind
from knowledge_base.text import normalise

_CHINESE_DIGIT: Final = "〇零一二两三四五六七八九十百千万半"


class Demand(StrEnum):
    """What a question wants to hear."""

    CONTACT = "contact"
    CLOCK = "clock"
    FIGURE = "figure"
    SUM = "sum"
    DAY = "day"
    SPOT = "spot"
    PERSON = "person"
    OUTCOME = "outcome"
    PAPER = "paper"
    PRESENT = "present"
    WHETHER = "whether"
    WAY = "way"


_ASKS: Final = {
    # 老板电话不接, 天天打电话 are told, not asked.
    Demand.CONTACT: re.compile(
        r"(?:什么|啥|哪个|多少)(?:电话|号码|热线)"
        r"|(?:电话|手机|微信|号码|热线|联系方式)(?:号码?|是|都|有|的)*(?:多少|啥|什么|几号|哪个|给我|发我|告诉|谁知道|地址|吗|没有|[呢？?])"
        r"|(?<![打接通个])(?:电话|号码|热线|联系方式|手机号)[。！!]?$"
    ),
    Demand.CLOCK: re.compile(
        r"几点|什么时候(?:上|下)班|(?:中午|周末|节假日|星期[六日天]|礼拜[六日天]).{0,4}(?:上班|休息|开门|办公)"
    ),
    Demand.FIGURE: re.compile(
        rf"多少|多久|多长|多大|几[{_CHINESE_DIGIT}]?(?:天|日|年|个|件|元|块|次|倍|岁|成|份|人|名|平)"
    ),
    # What provinces and cities set is mostly a sum; a time limit is national law's.
    Demand.SUM: re.compile(
        r"多少(?:块|元|钱)|几(?:块|元|百|千|万)|(?:标准|金额|[补津]贴|补助|补偿|赔偿|工资|收入|费用?|[线价])(?:是|要|有|一[月天年次件]|每[月天年次件人])*(?:多少|多高|啥|什么)"
        r"|(?:多少|多高).{0,4}(?:标准|金额|[补津]贴|补助|工资|收入|费)"
    ),
    Demand.DAY: re.compile(r"几月|哪(?:一)?[年天]|几号|星期几|礼拜几|周几|什么时候|啥时候"),
    Demand.SPOT: re.compile(r"地址|在哪(?:儿|里|条|个|$|[？?])|哪条(?:街|路)|什么位置|啥位置|怎么走|几楼|哪栋"),
    Demand.PERSON: re.compile(
        r"谁(?:负责|管|牵头|当|是)|负责人|叫(?:啥|什么)|(?:啥|什么)名字?|姓啥|姓什么|哪(?:位|个)律师"
    ),
    Demand.OUTCOME: re.compile(
        r"能?(?:打|告)?(?:得)?赢(?:吗|不|么|得)|胜算|赢面|把握|几成|靠谱|会不会(?:判|输|赢|改判)|会(?:判|给我)"
        r"|判(?:我|他|她)?(?:几年|多久|多少年|多重|什么刑|啥刑)|能判(?:多少|几|不|吗)|怎么判|(?:法院|法官|仲裁).{0,6}(?:会|能).{0,6}(?:吗|不|么)$"
    ),
    Demand.PAPER: re.compile(
        r"模板|范本|样本|样式|格式|全文|原文|名单|目录|清单|表格|一式|列(?:给|出来|一下)|发我|发一份|内容有|具体(?:有|是)(?:啥|什么|哪)"
    ),
    Demand.PRESENT: re.compile(
        r"今天|明天|昨天|现在|目前|这周|本周|下周|这个?月|去年|最新|刚出|新规|到哪一步|进度|还(?:有效|算数|执行|管用)"
    ),
    Demand.WHETHER: re.compile(
        r"[吗么不没](?:[?？。!！]|$)|能不能|可不可以|是不是|算不算|行不行|要不要|用不用|管不管|有没有|该不该|合法"
    ),
    Demand.WAY: re.compile(r"怎么|咋|如何|去哪|找谁|哪(?:里|儿)|要(?:带|准备|什么|啥|哪些)|什么(?:手续|材料|条件)"),
}
_ASKS_AT_ALL: Final = re.compile(
    r"[?？]|[吗呢么嘛]|([一-龥])[不没]\1|怎么|咋|如何|为什么|为啥|多少|多久|几|哪|谁|什么|啥|[能会行可要]不[能会行可要]?$"
)
_AT_A_LOSS: Final = re.compile(r"不(?:知道?|晓得|会)(?:该|要)?(?:咋|怎么|从哪儿?|从哪里)(?:个)?(?:说|讲|开口)")
_HOLDS: Final = {
    Demand.CONTACT: re.compile(r"\d{5,}"),
    Demand.CLOCK: re.compile(r"\d\s*[点时:：]|小时"),
    Demand.FIGURE: re.compile(rf"[\d{_CHINESE_DIGIT}]"),
    Demand.SUM: re.compile(
        rf"[\d{_CHINESE_DIGIT}](?:万|亿)?元|[\d{_CHINESE_DIGIT}]倍|百分之|%|免费|不(?:得)?收|无需支付|免(?:交|收|予)"
    ),
    Demand.DAY: re.compile(rf"[\d{_CHINESE_DIGIT}][年月日]|(?:周|星期|礼拜)[一二三四五六日天]|[之起]日"),
    Demand.SPOT: re.compile(r"[路街巷]|所在地|住所地|发生地|履行地|[处局院会所站厅]|窗口"),
}
HELD: Final = tuple(_HOLDS)
"""What a text can be seen to hold or to lack."""
_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_FORETELL: Final = re.compile(
    r"(?:打|告)?得?(?:能|会)(?:不能|不会)?(?:打|告)?赢|胜算|胜诉率|赢面|[几多]成把握|多大把握|肯定能|一定能|到底能不能|说句实话"
    r"|能(?:给我)?要回来?多少|我能(?:拿|赔|要)到(?:几|多少)|会(?:不会)?给我判|会(?:不会)?改判|会(?:不会)?同意[吗么不]|会.{0,3}认定成"
)
_NUMBER: Final = re.compile(r"((?:19|20)\d\d)年?\s*[〕\])）]?\s*第?(\d{1,4})号")
_LOCAL_RULE: Final = re.compile(r"(?:省|市|自治区)[一-龥]{2,14}?(?:条例|办法|细则|规定)")
_LATER: Final = re.compile(r"明年|后年|下一年")


def asks(text: str) -> bool:
    """Tell whether a text asks anything at all: what only tells a piece of a story asks nothing."""
    return _ASKS_AT_ALL.search(_AT_A_LOSS.sub("", text)) is not None


def demanded(question: str) -> tuple[Demand, ...]:
    """Return everything a question asks for that can be told by its form."""
    return tuple(demand for demand, asks in _ASKS.items() if asks.search(question))


def holds(demand: Demand, text: str) -> bool:
    """Tell whether a text has such a thing at all. No text of ours names a person or foretells an outcome."""
    has = _HOLDS.get(demand)
    return has is not None and bool(has.search(text))


def of_another_year(question: str, text: str, documents: Sequence[Document]) -> bool:
    """Tell whether a question names a year that a local plan is not about."""
    plans = [d for d in documents if d.kind is DocumentKind.POLICY]
    if not plans:
        return False
    if _LATER.search(question):
        return True
    years = {int(year) for year in _YEAR.findall(question)}
    known = {day.year for d in plans for day in (d.issued, d.published, d.plan_end) if day}
    return bool(years) and not years & known and not any(str(year) in text for year in years)


def asks_to_foretell(question: str) -> bool:
    """Tell whether somebody wants to know how their own case will end: no text says, and nobody may promise."""
    return bool(_FORETELL.search(question))


def names_another_text(question: str, documents: Iterable[Document]) -> bool:
    """Tell whether a question is about a text, by its number or as a rule of some place, that is not among these."""
    numbers = {(year, number) for year, number in _NUMBER.findall(question)}
    titles = set(_LOCAL_RULE.findall(normalise(question)))
    if not numbers and not titles:
        return False
    for document in documents:
        if numbers & set(_NUMBER.findall(normalise(document.number or ""))):
            return False
        if any(title in normalise(document.title) for title in titles):
            return False
    return True


def years_in(question: str, *, on: date) -> frozenset[int]:
    """Return the years a question names, 去年 and 明年 among them; 今年 is said of a plan whose year is over, too."""
    near = {"去年": -1, "明年": 1, "后年": 2}
    return frozenset({int(year) for year in _YEAR.findall(question)}) | {
        on.year + away for word, away in near.items() if word in question
    }
