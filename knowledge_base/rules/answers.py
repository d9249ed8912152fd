"""Reads what people really answer: 没签, 三千五, 快七十了, 不晓得. A question or anything else is not taken for an answer."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from knowledge_base.rules.model import Fact
from knowledge_base.rules.numerals import read_age, read_amount
from knowledge_base.spoken_dates import read_date
from knowledge_base.types import FactType, FactValue


class FactNotUnderstood(Exception):
    """The words do not answer the question. The words themselves are not repeated: they may be personal."""

    code = "fact_not_understood"

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}: not understood as an answer")
        self.fact = fact


_UNKNOWN: Final = re.compile(
    r"不知道|不清楚|不太清楚|不晓得|不懂|弄不懂|搞不懂|不明白|记不清|记不得|不记得|想不起|忘了|忘记了|说不好|说不准|说不清|不确定|不好说|没数|算不清|算不出|不了解"
    r"|不想说|不愿意说|不愿说|不方便说|不能说|不告诉你|不告诉|保密|跳过|下一个|下一题|拿不准|谁知道|母鸡|唔知|布吉岛|^不造|没法说"
)
# «好», «行», «可以» agree to go on and say nothing of a fact: whoever says only that is asked again.
_YES: Final = re.compile(
    r"1|y|√|会|嗯|对|恩|是|有|算|系|能|要|领|不错|会的|可不|嗯呐|嗯哪|嗯啊|嗯嗯|在领|对呀|"
    r"对啊|对头|对对|对的|就是|属于|当然|是吧|是呀|是呢|是咧|是哒|是啊|是滴|是的|有了|有呀|有咧|有啊|有有|有的|有过|没错|"
    r"确实|算是|系啊|经常|要的|请了|领着|yes|一直有|以前有|可不是|可能会|可能是|可能有|大概是|对对对|差不多|应该是|应该有|"
    r"应该算|当然是|当然有|必须的|有一个|有一点|确实是|确实有|经常有|true|可不咋地|已经有了"
)
_NO: Final = re.compile(
    r"0|2|n|×|不|冇|否|无|没|no|不会|不呀|不哦|不啊|不对|不是|不用|不算|不能|不要|不领|从没|唔系|木有|没了|没呢|"
    r"没哩|没啊|没得|没有|没的|没签|没请|没领|莫得|还没|不可以|不可能|不存在|不属于|不是的|不至于|从来没|从没有|才不是|没有呢|"
    r"没有啊|没有的|没有请|没有过|没领过|啥都没领|啥也没领|什么都没领|什么也没领|没有领|没有领过|没吃|没有吃|没在领|没有在领|还不是|还没有|都不是|都没有|从来没有|可能不会|可能不是|可能没有|啥也没有|啥都没有|应该不会|"
    r"应该不是|应该没有|当然不是|当然没有|暂时没有|现在没有|目前没有|肯定不是|肯定没有|false|一次也没有|什么都没有"
)
_FILLER: Final = re.compile(
    r"^(?:嗯+|恩|啊|呃|额|哦|哎|唉|诶|那个|这个|就是说|其实|反正|我觉得|我想|我|俺|咱|我们|俺们|他|她|它|人家|家里|我家|孩子|我儿子|我爸|我妈|俺爹|俺娘|我老公|我丈夫|我媳妇|目前|现在|应该|大概|可能|好像|都|也|还|就|真|是真的)+"
)
_TAIL: Final = re.compile(
    r"(?:啊|呀|呢|哦|喔|嘛|吧|哈|哩|咧|呐|啦|了|滴|哒|噢|哟|的|谢谢|麻烦了|老师|同志|律师|你好|您好)+$"
)
_QUESTION: Final = re.compile(
    r"[?？]|想问|问一下|问下|请问|打听|咨询|吗$|么$|怎么|咋|为什么|为啥|几天|几点|多久|多长时间|多少钱|要不要|能不能|可不可以|行不行|是不是|有没有|算不算|管不管|会不会|该不该|哪里|哪儿|哪个|去哪|找谁|是谁|什么时候|啥时候|什么意思|啥意思|什么材料|啥材料|什么是|啥是|可以.{1,8}吗|凭什么|凭啥"
)
_LEAVES: Final = re.compile(
    r"(?:那|还是|就|嗯|唉|哎)*(?:算了|拉倒|不弄了|不问了|不答了|不说了)(?:吧|啊|呀|先|不弄了?|不问了?|不办了?|\s)*"
)
"""«算了» leaves the question; without its last character it would be a yes."""
_NOTHING: Final = re.compile(r"没(?:有)?(?:什么|啥)|什么都没|啥都没|不(?:是)?(?:什么|啥)")
_NEGATION: Final = re.compile(
    r"(?:不是|没有|没得|不算|不属于|不领|没领|没上|没吃|没办|没|不|无|未|非|冇|莫)(?:过|什么|啥|在|有|再|拿|享受|领|是)?$"
)
_DENIED_BEHIND: Final = re.compile(
    r"(?:金|户|证|款|的?待遇|啥的|什么的|之类的?|这些|那些|方面|我|他|她|家|现在|一样|一分|[一二两]?个|[去前今]年|上个?月|[0-9一二三四五六七八九十]+(?:年|个?月)(?:份|前)?|后来|又|[,，\s])*(?:也|都|全|倒|还|是|根本|从来)*"
    r"(?:没有?(?:领|拿|吃|办|得|了|过|享受|批|给|请|找|上|下来|在|到)*|不(?:领|吃|拿|是|算|享受)|(?:早就|都|已经|让人|给|被)*(?:停|取消|断)(?:了|掉|发)*)(?:过|了|啊|呀|呢|的)*(?=$|[,，。;；!！、\s])"
)
"""«啥救助也没有», «低保停了»: denied behind the word."""
_CLAUSE: Final = re.compile(r"[,，。;；!！、~…\s]+")
_AN_AGE: Final = re.compile(r"(?:我|俺|咱|他|她|今年|都|快|虚岁|周岁)*[0-9一二三四五六七八九十]{1,3}多?(?:岁.*|了)")
"""«我63了» to the question about income is an age told too early, not 63 yuan."""
_AGE_TOLD: Final = re.compile(r"(?<=[0-9一二三四五六七八九十多])[岁了]+")
_SHARED: Final = re.compile(r"[口人]|全家|一家|一共|总共|合计|家里|老婆|老公|媳妇|孩子")
"""«三个人 一个月六千» tells what several live on, and is asked again rather than divided."""
_LONGEST: Final = 40
_SELF_WORDS: Final = 24


def understand(
    fact: Fact,
    raw_text: str,
    *,
    on: date | None = None,
    place: Callable[[str], str | None] | None = None,
    facts: Mapping[str, Fact] = MappingProxyType({}),
) -> FactValue:
    """Return the value, or None for «I do not know» and «I would rather not say». Raises FactNotUnderstood.

    `facts` are those that it may follow from: whoever is asked whether they are old and says «68» has answered.
    """
    text = _normalise(raw_text)
    exact = (raw_text.strip() or None) if fact.type is FactType.TEXT else _by_title(fact, text)
    if exact is not None:
        return exact
    text = _NOTHING.sub(lambda found: "没有" if found.group().startswith("没") else found.group(), text)
    if _does_not_know(text):
        return _named_in_doubt(fact, text)
    if not 0 < len(text) <= _LONGEST or _QUESTION.search(text) or _LEAVES.fullmatch(text):
        raise FactNotUnderstood(fact.name)
    value = fact.told_by(_told_beside(fact, text, facts)) or _read(fact, text, on, place)
    if value is None:
        raise FactNotUnderstood(fact.name)
    return value


def _told_beside(fact: Fact, text: str, facts: Mapping[str, Fact]) -> Mapping[str, FactValue]:
    """Return what an answer tells of the facts that this one follows from, clause by clause: «70岁没残疾»."""
    told: dict[str, FactValue] = {}
    for name in dict.fromkeys(atom.fact for each in fact.follows for atom in each.when.atoms()):
        for clause in _CLAUSE.split(_AGE_TOLD.sub(r"\g<0> ", text)):
            value = _read(facts[name], clause, None, None) if clause and name in facts else None
            if value is not None:
                told.setdefault(name, value)
    return told


def _read(fact: Fact, text: str, on: date | None, place: Callable[[str], str | None] | None) -> FactValue:
    value: FactValue = None
    match fact.type:
        case FactType.BOOL:
            value = _yes_or_no(fact, text)
        case FactType.ENUM:
            value = _choice(fact, text)
        case FactType.INT:
            value = read_age(text)
        case FactType.MONEY:
            value = _amount(text)
        case FactType.DATE:
            value = read_date(text, on=on)
        case FactType.REGION if place is not None:
            value = place(text)
    return value


def _amount(text: str) -> Decimal | None:
    """Return the amount of the whole answer, else of the one clause that tells any: «没工作 没收入»."""
    if _AN_AGE.fullmatch(text):
        return None
    whole = read_amount(text)
    if whole is not None or _SHARED.search(text):
        return whole
    told = [read_amount(part) for part in _CLAUSE.split(text) if part and not _AN_AGE.fullmatch(part)]
    amounts = [amount for amount in told if amount is not None]
    return amounts[0] if len(amounts) == 1 else None


def _normalise(raw: str) -> str:
    return unicodedata.normalize("NFKC", raw).strip().strip("\"'“”‘’「」()（）。.!！,，~～、").strip().lower()


def _by_title(fact: Fact, text: str) -> FactValue:
    """Return what a button's own words, or its number in the list, stand for."""
    for option in fact.options:
        if text in {_normalise(option.title), str(option.value).lower()}:
            return option.value
    if fact.type is FactType.ENUM:
        number = re.fullmatch(r"(?:选|第)?\s*(?:([1-9]\d?)|([一二三四五六七八九十]))\s*(?:个|种|项|号)?", text)
        if number:
            index = int(number[1]) if number[1] else "一二三四五六七八九十".index(number[2]) + 1
            if index <= len(fact.options):
                return fact.options[index - 1].value
    return None


def _does_not_know(text: str) -> bool:
    """«不知道他多大» says so; «不知道法援要几天» asks something else."""
    found = _UNKNOWN.search(text)
    if found is None:
        return False
    rest = text[: found.start()] + text[found.end() :]
    aside = re.sub(
        r"多大|多少岁|几岁|多少|哪天|哪一天|什么时候|有没有|是不是|算不算|会不会|怎么说|怎么算|什么|啥", "", rest
    )
    return len(aside) <= _SELF_WORDS and not _QUESTION.search(aside)


def _named_in_doubt(fact: Fact, text: str) -> FactValue:
    """Return the one option that is named beside a doubt: «是别的事 说不清楚»; None where none is."""
    if fact.type is not FactType.ENUM:
        return None
    sure = (part for part in _CLAUSE.split(text) if part and not _UNKNOWN.search(part))
    named = {value for part in sure if (value := _choice(fact, part)) is not None}
    return named.pop() if len(named) == 1 else None


def _bare(text: str) -> str:
    stripped = _TAIL.sub("", text)
    return _FILLER.sub("", stripped) or stripped


def _yes_or_no(fact: Fact, text: str) -> bool | None:
    spoken = _from_words(fact, text)
    if spoken:
        return "true" in spoken if len(spoken) == 1 else None
    # «停了 现在没领»: whoever explains first answers afterwards; the first plain answer counts.
    plain = (_plain(part) for part in _CLAUSE.split(text) if part)
    answered = next((said for said in plain if said is not None), None)
    return None if answered is None else answered != fact.opposite


def _plain(clause: str) -> bool | None:
    """Return what a clause says that is nothing but a yes or a no; «算了» gives up and says neither."""
    if clause.startswith("算了"):
        return None
    for said in (clause, _bare(clause), _TAIL.sub("", clause)):
        if _YES.fullmatch(said):
            return True
        if _NO.fullmatch(said):
            return False
    return None


def _choice(fact: Fact, text: str) -> str | None:
    spoken = _from_words(fact, text)
    if not spoken:
        spoken = {str(each.value) for each in fact.options if len(each.title) > 1 and _normalise(each.title) in text}
    if spoken:
        return spoken.pop() if len(spoken) == 1 else None
    bare = _bare(next((part for part in _CLAUSE.split(text) if part), ""))
    return "none" if _NO.fullmatch(bare) and any(option.value == "none" for option in fact.options) else None


def _from_words(fact: Fact, text: str) -> set[str]:
    """Return the values whose words were used; «没有低保» turns a yes round."""
    found: set[str] = set()
    hits = sorted(_hits(fact, text), key=lambda hit: hit[1] - hit[0], reverse=True)
    taken: list[tuple[int, int]] = []
    for start, end, value in hits:
        if any(start < other_end and other_start < end for other_start, other_end in taken):
            continue  # inside a longer word that was already counted: 没有律师 holds 有律师
        taken.append((start, end))
        denied = _NEGATION.search(text[:start]) or _DENIED_BEHIND.match(text, end)
        if not denied:
            found.add(value)
        elif fact.type is FactType.BOOL:
            found.add("false" if value == "true" else "true")
    return found


def _hits(fact: Fact, text: str) -> Iterable[tuple[int, int, str]]:
    for value, words in fact.words.items():
        for word in words:
            start = text.find(word.lower())
            while start >= 0:
                yield start, start + len(word), value
                start = text.find(word.lower(), start + 1)
