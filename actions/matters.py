"""Keeps the matters of one conversation apart: what was heard, what was told, which answers belong to which (几件事)."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, Final

from actions.turn import Turn, with_extra
from actions.wire import Choice
from api.services.records import DialogueState
from knowledge_base.types import Matter, SafetyKind, Triage

MATTER: Final = "matter"
GO_ON: Final = "matter.go_on"
"""Key of the choice that leads to a matter that was heard. `matter` itself answers the pre-screen's question."""
DROPPED: Final = "matter.dropped"
"""Key of the choice that says a matter was not meant; null where it is still open which one."""
SURE: Final = 0.5
"""From this confidence a matter is taken for granted; below it, it is only heard until the caller takes it up."""
_ALSO: Final = 0.4
"""From this confidence a second matter is named to the caller, who may say that it is not meant."""
_KEPT: Final = "matters"
_MOST: Final = 9
_MOST_WORDS: Final = 200
_MOST_OFFERED: Final = 2
_SHORTEST: Final = 4
_MOST_AT_ONCE: Final = 3
_MOST_READ: Final = 12
"""Clauses read each by itself; what is told behind them goes on about the last. A clause costs an embedding."""
_FEWEST_LISTED, _MOST_LISTED, _LONGEST_LISTED = 2, 4, 16
"""How many clauses a list of troubles has, and how many characters the longest."""
_CLEAR, _CLEAR_IN_WORDS = 0.9, 0.2
"""From these confidences a clause alone tells of a matter, without and with words of its own."""
_ASIDE: Final = 0.3
"""From this confidence a clause of another kind is of none of the matters that a message speaks of."""
_BEATEN: Final = "family.domestic_violence"
_SERVICE: Final = "general."
"""How to apply, what a court costs: a question about the way, which is no matter of its own."""
_PART_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "injury.other": ("labour.", "injury.", "family."),
    "construction": ("labour.",),
    "contract": ("labour.", "property.", "consumer", "contract."),
    "contract.insurance": ("injury.",),
    "criminal.defence": ("criminal.sentence",),
    "injury.medical": ("injury.", "labour.work_injury", "criminal.victim"),
    "administrative.registration": ("family.",),
    "debt.private_loan": ("labour.",),
    "family.maintenance": ("labour.",),
    "labour.wages": ("family.maintenance",),
    "property.house_sale": ("family.", "inheritance"),
}
"""What only names the scene where the exacter matter beside it happened."""
_OWN_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "debt.private_loan": re.compile(r"借|贷|利息|货款|朋友|亲戚|同学|战友|邻居"),
    "family.divorce": re.compile(r"离婚|[要想]离|跟我离"),
    "family.marital_property": re.compile(
        r"彩礼|嫁妆|(?:财产|房子|车|存款|债)[^，。]{0,3}(?:怎么分|咋分|谁还|归谁|一人一半)"
    ),
    "property.neighbour": re.compile(r"楼[上下][^，。]{0,4}[吵漏水泡]|[泡淹漏][^，。]{0,2}楼下"),
    "family.domestic_violence": re.compile(
        r"家暴|虐待|(?:老公|丈夫|男人|他|老婆|媳妇|婆婆|公公)[^，。]{0,6}(?:打|揍|踢|掐)[^，。]{0,2}我(?!爸|妈|家|哥|弟|儿)|(?:把我|我被[^，。]{0,4})(?:打|揍|踢)"
    ),
    "inheritance": re.compile(
        r"遗产|遗嘱|继承|(?:爸|妈|爹|娘|父母|老人|爷爷|奶奶)[^，。]{0,4}(?:走|去世|过世|没)了?[^，。]{0,4}留下"
    ),
    "injury.medical": re.compile(
        r"误诊|医疗事故|(?:手术|治|打针|接生)[^，。]{0,4}(?:坏|错|失败|出事|残)|(?:医院|医生|大夫)[^，。]{0,8}(?:耽误|不认|治死|治坏)"
    ),
    "property.house_sale": re.compile(r"买房|卖房|购房|开发商|二手房|中介|定金|首付|烂尾|交房"),
    "injury.other": re.compile(
        r"被[^，。]{0,6}打[断伤坏成]|打断[^，。]{0,6}(?:骨|腿|手|胳膊)|(?:老板|工头|经理|保安|(?:要钱|要账|要工资|讨薪)[^，。]{0,6})[^，。]{0,8}(?:打伤|打断|打了我|把我打)"
    ),
    "criminal.victim": re.compile(r"被[^，。]{0,6}(?:骗|偷|抢)|[骗偷抢]走|诈骗"),
    "labour.work_injury": re.compile(
        r"闪了腰|腰[^，。]{0,2}[闪扭]|[手脚腿腰眼头指膊臂][^，。]{0,4}[轧绞夹压砸割锯烫烧断伤折]|[轧绞夹压砸割锯烫摔碰崴][了断伤着坏破掉]*[^，。]?[手脚腿腰眼头指胳]|摔[了伤]"
    ),
    "family.maintenance": re.compile(r"[赡抚扶]养|养老|离婚|前[夫妻]|老公|老婆|孩子|娃|[爸妈爹娘]|儿|女|子女|父母"),
    "labour.dismissal": re.compile(
        r"辞退|开除|裁员|炒了?我|[把给]我(?:给)?(?:辞|开|裁|炒)|被(?:\S{1,4})?(?:辞|开除|裁)|不要我了|赶我走|不让我(?:来|干|上班)|劝退|走人"
        r"|(?:让|叫|喊|通知|要)我们?[^，。]{0,6}(?:别|不用|不要|不必|甭)再?(?:来|干|上班)|(?:单位|公司|厂里?|老板|店里)[^，。]{0,4}(?:让|叫)我们?(?:走|滚|回家)"
    ),
    "labour.wages": re.compile(r"工资|工钱|薪水|[欠拖扣]薪"),
    "property.tenancy": re.compile(r"押金|房租|房东|租客|租的?房"),
    "property.demolition": re.compile(r"拆迁|强拆|(?:房子|老宅|老房).{0,3}拆"),
    "criminal.defence": re.compile(r"刑拘|拘留(?!过)|看守所|被抓(?!过)|抓走|抓了|带走"),
}
"""With one of these it is a thing of its own all the same: «欠我一万八» of a building site is wages, «借我的钱» is not;
what a boss gives on account is called 生活费 too."""
_SAME_SCENE: Final[Mapping[str, str]] = {"injury.other": "labour.work_injury", "injury.medical": "injury.traffic"}
"""What a clause alone is taken for, and what it tells of in a message about that."""
_ENUMERATES: Final = re.compile(
    r"[两三四几](?:件|个)(?:事|问题)|一是.{1,40}二是|第一(?![年次胎天个月]).{1,40}第二(?![年次胎天个月])|一个是.{1,40}一个是"
)
_OF_A_LIST: Final = 0.3
"""From this confidence a clause tells of a matter of its own, where the caller counts them up."""
_BY_ITSELF: Final = 0.8
"""From this confidence a matter is heard in the whole of a message though in none of its clauses alone."""
_OF_DANGER: Final[Mapping[SafetyKind, str]] = {SafetyKind.LIVE_FRAUD: "criminal.victim"}
"""What a danger that was answered at once is about: «这钱还能要回来吗» is asked of the money that went to a swindler."""
_PERSONAL: Final = ("applicant.", "household.")
"""Facts about the person, who is the same in every matter."""
_ORDER: Final = "order"
_PRESSING: Final = ("family.domestic_violence", "criminal")
"""Told first whatever was said first: somebody may be hurt again, or is held."""
_ABOUT_US: Final = "general"
"""Beside a matter, a question about legal aid or the courts is a question about that matter."""
_BREAK: Final = re.compile(
    r"[\s,.;:!?，。；：、！？]+|还有(?:就是|一个|一件)?|另外(?:一件|一个)?|再就是|再一个|同时|顺便(?:问一?下)?|第[二三]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One matter of a message and the words of it that speak of that matter."""

    matter: Matter
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One matter of the conversation."""

    code: str
    words: str = field(default="", repr=False)
    """How the caller put it; empty where a choice named it."""
    confirmed: bool = False
    """False while it is only heard, and the caller has not taken it up."""
    told: bool = False
    """Whether anything has been said about it yet."""
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Its own answers of the pre-screen, while another matter is at hand."""
    order: tuple[str, ...] = ()


def at_hand(turn: Turn, facet: str | None, /) -> str | None:
    """Return what is talked of; for whoever has run from blows and asks in a word where to stay, that is the beating."""
    fled = facet == "shelter" and SafetyKind.VIOLENCE_NOW in turn.conversation.care.heard
    return turn.state.topic or (_BEATEN if fled else None)


def apart(text: str, found: Sequence[Matter], /, classify: Callable[[str], Triage]) -> tuple[Said, ...]:
    """Return the matters that a message speaks of in words of their own, the most pressing first, then as they were said.

    One clause is one matter: what the classifier sees twice in the same words is one thing seen twice.
    """
    clauses = [clause for clause in _BREAK.split(text) if clause]
    classify = cache(classify)
    counted = _ENUMERATES.search(text) is not None
    listed = _is_list(clauses, counted=counted)
    own = _listed_in(clauses, found, classify, counted=counted) if listed else ()
    found = [*found, *own][:_MOST_AT_ONCE]
    found = [one for one in found if not _is_part(one.code, found, text)]
    found = [one for one in found if not one.code.startswith(_ABOUT_US)] or found
    if len(found) < 2:  # noqa: PLR2004 (one matter has nothing to be told apart from)
        return tuple(Said(matter=one, words=text) for one in found)
    words: dict[str, list[str]] = {}
    codes, spoken_of = {one.code: one for one in found}, ""
    unnamed: list[str] = []
    for number, clause in enumerate(clauses):
        best = classify(clause).matters[:1] if _speaks(clause) and number < _MOST_READ else ()
        named = _named_by(clause, best[0], codes) if best else None
        if named is not None:
            spoken_of = named
            if listed:  # what a clause says by itself is said, however much the rest of the message drowns it
                codes[named] = max(codes[named], replace(codes[named], confidence=best[0].confidence), key=_confidence)
        elif best and spoken_of and best[0].confidence >= _ASIDE and _kind(best[0].code) not in map(_kind, codes):
            continue  # of something else: it must not lead the look-up astray
        elif not best and len(clause) >= _SHORTEST:
            unnamed.append(clause)
        words.setdefault(spoken_of, []).append(clause)
    if not words.keys() - {""}:
        return (Said(matter=found[0], words=text),)
    if listed:
        _give_to_whom_none_names(found, unnamed, words)
    opening = words.pop("", [])
    first = next(iter(words))
    words[first] = [*opening, *words[first]]
    said = [Said(matter=codes[code], words=" ".join(parts)) for code, parts in words.items()]
    sure = {found[0].code, *(one.code for one in own)}
    heard = [one for one in said if one.matter.code in sure or one.matter.confidence >= _ALSO] or said[:1]
    return tuple(sorted(heard, key=lambda one: not one.matter.code.startswith(_PRESSING)))


def _named_by(clause: str, best: Matter, codes: Collection[str]) -> str | None:
    """Return the one matter of a message that a clause speaks of: what it is surest of, or names in words of its own."""
    if best.code in codes:
        return best.code
    scene = _SAME_SCENE.get(best.code) if best.confidence < _CLEAR else None
    return scene if scene in codes else _in_own_words(clause, codes)


def _give_to_whom_none_names(found: Sequence[Matter], unnamed: Sequence[str], words: dict[str, list[str]]) -> None:
    """Give what no clause names, but the whole message surely tells of, the first words that name nothing: «楼上天天吵，物业也不管»."""
    left = [one for one in found if one.code not in words and (one is found[0] or one.confidence >= _BY_ITSELF)]
    if len(left) == 1 and unnamed:
        for parts in words.values():
            parts[:] = [one for one in parts if one != unnamed[0]]
        words[left[0].code] = [unnamed[0]]
        for code in [code for code, parts in words.items() if code and not parts]:
            del words[code]


def _speaks(clause: str) -> bool:
    """Tell a clause that is long enough to speak of something, or names it outright: «我想离»."""
    return len(clause) >= _SHORTEST or any(named.search(clause) for named in _OWN_WORDS.values())


def _confidence(matter: Matter) -> float:
    return matter.confidence


def _in_own_words(clause: str, codes: Collection[str]) -> str | None:
    """Return the one matter of a message that a clause names in words of its own, whatever else it resembles."""
    named = [code for code in codes if code in _OWN_WORDS and _OWN_WORDS[code].search(clause)]
    return named[0] if len(named) == 1 else None


def _kind(code: str) -> str:
    return code.partition(".")[0]


def _is_list(clauses: Sequence[str], *, counted: bool) -> bool:
    """Tell a list of troubles, short clauses and few, from a story."""
    told = [clause for clause in clauses if _speaks(clause)]
    few = _FEWEST_LISTED <= len(told) <= _MOST_LISTED
    return few and (counted or max(map(len, told)) <= _LONGEST_LISTED)


def _listed_in(
    clauses: Sequence[str], found: Sequence[Matter], classify: Callable[[str], Triage], *, counted: bool
) -> tuple[Matter, ...]:
    """Return what a list of troubles names beside what the whole of it was heard to be about.

    «老板欠我工资，干活把手轧了，媳妇闹离婚»: the first drowns the others. In a story the clauses belong together, and only
    name its scenes. Where the caller counts («一是…二是…») every clause is one of them.
    """
    told = [clause for clause in clauses if _speaks(clause)]
    known = {one.code for one in found}
    best = ((clause, next(iter(classify(clause).matters), None)) for clause in told)
    own = {
        one.code: one
        for clause, one in best
        if one is not None and (_is_clear(one, clause, known) or (counted and one.confidence >= _OF_A_LIST))
    }
    return tuple(one for code, one in own.items() if code not in known and not is_service(code))


def _is_clear(matter: Matter, clause: str, known: Collection[str]) -> bool:
    """Tell whether a clause surely tells of a matter; of a kind that is known already it has to in words of its own."""
    tells = _OWN_WORDS.get(matter.code)
    if tells is not None and tells.search(clause):
        return matter.confidence >= _CLEAR_IN_WORDS
    return matter.confidence >= _CLEAR and _kind(matter.code) not in map(_kind, known)


def is_service(code: str, /) -> bool:
    """Tell a question about the service or the way through it from a matter that somebody has."""
    return code.startswith(_SERVICE)


def is_part_of(code: str, topic: str, text: str, /) -> bool:
    """Tell what only names the scene, or the payer, of the matter at hand: «保险公司说不赔» of an accident is the accident."""
    own = code in _OWN_WORDS and _OWN_WORDS[code].search(text) is not None
    return not own and code != topic and topic.startswith(_PART_OF.get(code, ()))


def _is_part(code: str, found: Sequence[Matter], text: str) -> bool:
    """Tell what is no second thing beside the others of a message."""
    if code in _OWN_WORDS and _OWN_WORDS[code].search(text):
        return False
    others = [one.code for one in found if one.code != code]
    if is_service(code):
        return any(not is_service(other) for other in others)
    return any(other.startswith(_PART_OF.get(code, ())) for other in others)


def held(state: DialogueState, /) -> tuple[Held, ...]:
    """Return every matter of the conversation, in the order they came up."""
    return tuple(Held(**{**one, "order": tuple(one["order"])}) for one in state.extra.get(_KEPT, ()))


def heard(state: DialogueState, said: Sequence[Said], /) -> DialogueState:
    """Put matters on the list, or what was now said of them beside what is known."""
    listed = {one.code: one for one in held(state)}
    for each in said:
        before = listed.get(each.matter.code, Held(code=each.matter.code))
        listed[before.code] = replace(
            before,
            words=before.words or each.words[:_MOST_WORDS],
            confirmed=before.confirmed or each.matter.confidence >= SURE or len(said) > 1,
        )
    return _with(state, tuple(listed.values()))


def taken_up(state: DialogueState, code: str, /) -> DialogueState:
    """Turn to a matter. A question in between, while a form is open, leaves the form at its own matter."""
    state = replace(_changed(state, code, confirmed=True), topic=code)
    return state if state.asked is not None else exchanged(state, code)


def after_danger(state: DialogueState, dangers: Sequence[SafetyKind], /) -> DialogueState:
    """Return the memory with the matter of a danger at hand, where no other was told of: its message never came here."""
    code = next((_OF_DANGER[kind] for kind in dangers if kind in _OF_DANGER), None)
    return state if code is None or state.topic is not None else taken_up(state, code)


def exchanged(state: DialogueState, code: str, /) -> DialogueState:
    """Bring back a matter's own answers; those of the matter before stay with that one."""
    before = state.facts.get(MATTER)
    if before == code:
        return state
    own = next((one for one in held(state) if one.code == code), Held(code=code))
    if before is None:
        return replace(state, facts={**state.facts, **own.facts})
    order = [str(fact) for fact in state.extra.get(_ORDER, ())]
    of_matter = {fact: value for fact, value in state.facts.items() if not fact.startswith(_PERSONAL)}
    personal = {fact: value for fact, value in state.facts.items() if fact.startswith(_PERSONAL)}
    state = _changed(state, str(before), facts=of_matter, order=tuple(order), confirmed=True)
    kept = [*(fact for fact in order if fact in personal), *(fact for fact in own.order if fact in own.facts)]
    return with_extra(replace(state, facts={**personal, **own.facts}), **{_ORDER: kept})


def told(state: DialogueState, code: str, /) -> DialogueState:
    """Note that something has been said about a matter."""
    return _changed(state, code, told=True)


def dropped(state: DialogueState, code: str, /) -> DialogueState:
    """Take a matter off the list that was not meant, with everything that was said of it."""
    state = _with(state, tuple(one for one in held(state) if one.code != code))
    if state.facts.get(MATTER) == code:
        state = replace(state, facts={fact: value for fact, value in state.facts.items() if fact.startswith(_PERSONAL)})
    return replace(state, topic=None) if state.topic == code else state


def untold(state: DialogueState, /) -> tuple[Held, ...]:
    """Return the matters that nothing has been said about yet."""
    return tuple(one for one in held(state) if not one.told and one.code != state.topic)


def words_of(state: DialogueState, code: str, /) -> str:
    """Return how the caller put a matter, empty where nobody knows."""
    return next((one.words for one in held(state) if one.code == code), "")


def go_on(state: DialogueState, title_of: Callable[[str], str | None], /) -> tuple[Choice, ...]:
    """Return the choices that lead on to what was heard and not told yet."""
    waiting = [(one.code, title_of(one.code)) for one in untold(state)][:_MOST_OFFERED]
    return tuple(Choice(payload={GO_ON: code}, title=title, wording="go_on") for code, title in waiting if title)


def picked(answers: Mapping[str, object], /, title_of: Callable[[str], str | None]) -> str | None:
    """Return the matter that a choice leads to; None for every other choice, and for a matter that is none."""
    code = answers.get(GO_ON, answers.get(MATTER))
    return code if isinstance(code, str) and title_of(code) else None


def _changed(state: DialogueState, code: str, /, **changes: Any) -> DialogueState:  # noqa: ANN401 (fields of Held)
    listed = {one.code: one for one in held(state)}
    listed[code] = replace(listed.get(code, Held(code=code)), **changes)
    return _with(state, tuple(listed.values()))


def _with(state: DialogueState, listed: Sequence[Held]) -> DialogueState:
    """Keep the list, and the matters that an application carries: those confirmed, or all where none is."""
    listed = listed[-_MOST:]
    codes = tuple(one.code for one in listed if one.confirmed) or tuple(one.code for one in listed)
    return with_extra(replace(state, matters=codes), **{_KEPT: [_plain(one) for one in listed] or None})


def _plain(one: Held) -> dict[str, Any]:
    return {**asdict(one), "order": list(one.order)}
