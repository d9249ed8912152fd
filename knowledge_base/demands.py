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
_COUNTED: Final = r"趟|遍|分|天|年|个(?!字)|号|点|次|岁|种|条|万|千|百|块|元|级|倍|成|份|口|人|日|月|周|样|回|楼"
_ASKS_AT_ALL: Final = re.compile(
    r"[?？]|[吗嘛]|(?<![什怎那这要多])么(?=$|[\s,，。!！])|(?:^那|要是|如果|万一|假如)[^,，。]*呢$"
    r"|^(?!嗯)(?:没有?)?[^\s,，。没不还在正着了嗯]{1,6}呢$|([一-龥])[不没]\1|可不可以|有没有"
    r"|怎么|咋|如何|为什么|为啥|凭什么|凭啥|什么|啥|谁|哪|多少|多(?:久|长|大|高|远|重)"
    rf"|(?<![好十百千万这那前后头有了过没欠我他她们上又隔])几(?:{_COUNTED})|几(?:天|个月|年)(?:之内|以内|内|能|会|可以|才|给)|(?:星期|礼拜|周)几|几$"
    r"|几点(?:能|可以|才|就)*(?:上班|下班|开门|关门|办公)(?!了)"
    r"|(?:犯法|违法|合法|合理|作数|有效|有用|要紧|严重|收费)不(?=$|[\s,，。!！])"
    r"|[能会行可要用算该得给管][^\s,，。没不]{0,8}不(?=$|[\s,，。!！])|[了过到][没冇]有?(?=$|[\s,，。!！])"
)
_ASKS_NOTHING: Final = re.compile(
    r"不(?:知道?|晓得|会)(?:该|要)?(?:咋|怎么|从哪儿?|从哪里)(?:个)?(?:说|讲|开口)"
    r"|(?:没(?:有)?|别提?|不要提?|不用|甭)(?:跟|和|管)?(?:什么|啥|谁|哪|几|多少|多久|多大)|不怎么(?!办|样)"
    r"|(?:不管|不论|无论|甭管|随便|管他)(?:是)?(?:什么|啥|谁|哪|几|多少|多久|怎么|咋)"
    r"|(?<!为)(?:什么|啥|谁|哪(?!些)|几点|几天|多久|多少)[^?？\s,，。]{0,6}?[也都]"
    r"|(?:怎么|咋)(?!还)[^?？\s,，。还]{0,4}?[也都](?!没(?:有)?(?:人|回|动静|消息)|不(?:理|管|回|接))"
    r"|(?<![干做弄搞是])(?:什么|啥)的(?=$|[\s,，。])|几个[^?？\s,，。]{1,4}都|哪[怕敢]|多少(?:年|次|回|遍)了|多少(?:给|有)(?:点|些|一)"
)
"""«啥救助也没有», «怎么都行», «哪里都疼», «多少给点»: words of a question that ask nothing."""
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
    """Tell whether words ask anything at all: one reading for forms, errands, complaints and pieces of a story (是不是在问)."""
    return _ASKS_AT_ALL.search(_ASKS_NOTHING.sub("", text)) is not None


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
