"""Looks a turn up: what it is about, what the documents say of it, and what of that was told before (查找)."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from actions import matters, unasked
from actions.acts import Act
from actions.matters import Said
from actions.services import Services
from actions.turn import Turn, remembered, with_extra
from actions.wire import Say, TextReply
from api.services.records import DialogueState
from knowledge_base.demands import asks, asks_to_foretell
from knowledge_base.embedding import Vector
from knowledge_base.short import GENERAL
from knowledge_base.told import AGE
from knowledge_base.types import Answer, Facts, KnowledgeUnavailable, Matter, NoAnswer, NoAnswerReason, Triage
from knowledge_base.unasked import COMPANY, KIND, OF_DEFENDANT, OF_VICTIM

_Short = tuple[str, str]
"""A matter and what is asked for in it: the question, and so the card, stands in the list of short questions."""
_HOW_TO_APPLY: Final[_Short] = (GENERAL, "how")
"""Looked up where the documents are silent on a matter that may be in scope: Legal Aid Law art. 23 holds all the same."""
_PROOF: Final[_Short] = (GENERAL, "evidence")
"""What can be told to whoever asks how it will end: who has to prove what."""
_OF_EMPLOYERS: Final = "labour.employer"
_EMPLOYER: Final[_Short] = (_OF_EMPLOYERS, "how")
"""What is told to whoever employs, in place of what is told to workers."""
_FIRST: Final[Mapping[str, _Short]] = {
    COMPANY: (GENERAL, "company"),
    AGE: (f"{OF_DEFENDANT}.minor", "how"),
    OF_DEFENDANT: (OF_DEFENDANT, "appeal"),
    OF_VICTIM: (OF_VICTIM, "appeal"),
}
"""What is told before anything else, whatever the question was: to a company, where a child is held, after a criminal judgment."""
_QUERY: Final = "query"
_MOST_QUERY: Final = 200
_SAID: Final = "said"
_STOOD_IN: Final = "~"
_MOST_SAID: Final = 5
_ASKS_A_FIGURE: Final = re.compile(
    r"[?？]|多少|多久|多长|(?<![前后好这那有了过十百上])几[天日年个月岁条种]|哪|什么|啥|谁"
)
"""A question about one particular; what is only told, and asks for nothing in particular, is a story."""
_SHORT: Final = 6
"""Characters of a word or two, which are about the matter at hand whatever turn they look like."""
_OF_THE_WAY: Final = 8
"""Characters of a question about the way that names no place and nothing else: «打官司要花多少钱»."""
FAINT: Final = 0.3
"""Below this a matter is a guess, and no rule is told for it."""
SHORT_TALK: Final = 20
"""Characters up to which words that may be of anything are of the matter at hand."""
_ELLIPTIC: Final = re.compile(r"^(?:那|那么|要是|如果|万一|假如).{0,12}$|^.{0,8}呢[?？]?$")
"""«那如果没签合同呢» goes on about something, whatever words are in it."""
_POINTS: Final = re.compile(r"^.{1,10}?(?:那|这)(?:件事|个事|个|事|边)儿?的?(.{2,12})$")
"""«工资那件事要多久»: what is asked once it is said about which matter."""
_CLAUSES: Final = re.compile(r"[\s,，。；;]+")
_LISTED: Final = re.compile(r"[、与和]")
_NATIONWIDE: Final = re.compile(r"全国|国家(?:层面|统一)")
"""«全国有没有统一的标准» asks of the nation, wherever the caller is."""
NAMES_ANOTHER: Final = 0.9
"""From this confidence a short turn names a matter of its own, instead of going on about the one at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look-up brought; `answer` is None where the knowledge base is broken."""

    answer: Answer | NoAnswer | None
    region: str | None
    query: str
    heard: tuple[Matter, ...] = ()
    """What the turn may be about, the likeliest first; nothing for a turn that goes on about the matter at hand."""
    said: tuple[Said, ...] = ()
    """Of that, what the turn speaks of in words of its own; the first is the one that was looked up."""
    about: str | None = None
    """The matter that was looked up, also where only the conversation names it."""
    how_to_apply: Answer | None = None
    general: Answer | None = None
    """What holds in such matters generally, where the documents are silent on a story."""
    proof: Answer | None = None
    """Who has to prove what, where the question is how it will end."""
    first: Answer | None = None
    """What comes before the answer, for whoever asks."""
    who: str | None = None
    """Why something comes first: a key of `_FIRST`."""
    told: Facts = field(default_factory=dict)
    """What triage heard of whoever speaks or is spoken of."""
    employer: bool = False
    """Whether whoever employs asks, in what a worker claims."""
    told_before: bool = False
    """Whether a follow-up only leads back to what was told already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What to ask of the documents, and in which matters."""

    query: str
    codes: tuple[str, ...]
    heard: tuple[Matter, ...] = ()
    said: tuple[Said, ...] = ()
    goes_on: bool = False
    """Whether the conversation alone says what it is about."""


def look_up(turn: Turn, services: Services, /, *, named: str | None) -> Found:
    """Do the turn's heavy work: one vector, shared by triage and search."""
    region = services.region_in(turn.text)
    text = turn.text if named is None else _of_named(turn, named, services)
    try:
        vector = services.knowledge.embed(text)
    except KnowledgeUnavailable:
        # Triage still has its words; the answer is what is missing.
        triage = services.classify(text, vector=None)
        return _unanswered(_read(turn, triage, named, text, services), region)
    triage = services.classify(text, vector=vector)
    read = _read(turn, triage, named or services.unasked.sentenced(turn.text), text, services)
    found = _of_whom(turn, triage, read, _unanswered(read, region), services)
    if found.employer:
        read = replace(read, codes=(_OF_EMPLOYERS, *read.codes))
    place = None if _NATIONWIDE.search(turn.text) else region or turn.region
    try:
        answer = _asked(turn, services, read, place, vector if read.query == text else None)
        answer, told_before = _further(turn, services, read, answer, region=region)
        to_both = isinstance(answer, Answer) and services.unasked.says_to_employer(answer)
        if found.employer and not to_both and not asks_to_foretell(turn.text):
            answer = _listed(services, _EMPLOYER, region=place, turn=turn) or answer
        how = general = proof = None
        first = _listed(services, _FIRST[found.who], region=place, turn=turn) if found.who is not None else None
        if isinstance(answer, NoAnswer) and asks_to_foretell(turn.text):
            proof = _listed(services, _PROOF, region=place, turn=turn)
        if isinstance(answer, NoAnswer) and not answer.because and read.codes:
            how = _listed(services, _HOW_TO_APPLY, region=place, turn=turn)
            tells = bool(read.said) and _ASKS_A_FIGURE.search(read.query) is None
            tells = tells and read.said[0].matter.confidence >= FAINT
            if tells and not read.codes[0].startswith(GENERAL):
                general = _general(services, answer, read.codes[0], place, turn)
    except KnowledgeUnavailable:
        return found
    return replace(
        found,
        answer=answer,
        how_to_apply=how,
        general=general,
        proof=proof,
        first=first,
        told_before=told_before,
    )


def _unanswered(read: _Reading, region: str | None) -> Found:
    about = read.said[0].matter.code if read.said else next(reversed(read.codes), None)
    return Found(answer=None, region=region, query=read.query, heard=read.heard, said=read.said, about=about)


def told(services: Services, query: str, /, *, region: str | None, turn: Turn) -> Answer | None:
    """Look something up that is known to be on file, if it is. Raises KnowledgeUnavailable."""
    answer = services.knowledge.ask(query, region=region, on=turn.on)
    return answer if isinstance(answer, Answer) else None


def _listed(services: Services, short: _Short, /, *, region: str | None, turn: Turn) -> Answer | None:
    """Look up what a short question means in a matter. Raises KnowledgeUnavailable."""
    code, facet = short
    question = services.short.question(facet, (code,))
    return told(services, question, region=region, turn=turn) if question is not None else None


def goes_on(turn: Turn, /) -> bool:
    """Tell a turn that is only understood with the one before."""
    elliptic = turn.act is Act.FOLLOW_UP or _ELLIPTIC.search(turn.text) is not None
    return turn.state.topic is not None and bool(turn.text) and elliptic


def note_words(state: DialogueState, found: Found, /) -> DialogueState:
    """Keep the words that a follow-up will be about."""
    if not found.query or (not found.said and state.topic is not None):
        return state
    return with_extra(state, **{_QUERY: found.query[:_MOST_QUERY]})


def note_answer(state: DialogueState, answer: Answer, /, *, asked: bool = True) -> DialogueState:
    """Keep in mind what was told, so that a follow-up is not told it again; also what only stood in for an answer."""
    mark = _digest(answer) if asked else f"{_digest(answer)}{_STOOD_IN}"
    return with_extra(state, **{_SAID: [*state.extra.get(_SAID, ()), mark][-_MOST_SAID:]})


def times_told(state: DialogueState, answer: Answer, /) -> int:
    """Return how often this was told lately."""
    return _said(state).count(_digest(answer))


def times_answered(state: DialogueState, answer: Answer, /) -> int:
    """Return how often this was told lately to a question that it answers."""
    return list(state.extra.get(_SAID, ())).count(_digest(answer))


def tells_more(turn: Turn, /) -> bool:
    """Tell whoever goes on telling of a matter, and asks nothing: the rule that was told already is no news to them."""
    return turn.state.topic is not None and bool(turn.text) and not asks(turn.text)


def anything_told(state: DialogueState, /) -> bool:
    """Tell whether any rule was told lately."""
    return bool(_said(state))


def is_of(state: DialogueState, found: Found, /) -> bool:
    """Tell whether what was found is of the matter at hand, or of the one that the form is about, and of no other."""
    at_hand = state.facts.get(matters.MATTER) or state.topic
    return all(one.matter.code == at_hand or _is_guess_beside(one.matter, str(at_hand)) for one in found.said)


def _is_guess_beside(matter: Matter, code: str) -> bool:
    return matter.confidence < matters.SURE and _root(matter.code) == _root(code)


def _read(turn: Turn, triage: Triage, named: str | None, text: str, services: Services) -> _Reading:
    """Tell what a turn is about: the matter that was picked, those that it names, or the one at hand."""
    if named is not None:
        picked = Matter(code=named, title=services.title_of(named) or named, confidence=1.0)
        return _Reading(query=text, codes=(named,), heard=(picked,), said=(Said(matter=picked, words=text),))
    topic, best = matters.at_hand(turn, services.short.facet(text)), next(iter(triage.matters), None)
    if topic is not None:
        held = {one.code for one in matters.held(turn.state)} - {topic}
        enough = matters.SURE if best is not None and best.code in held else NAMES_ANOTHER
        # How long, what it costs, which court: a question about the way is asked about the matter at hand.
        way = best is not None and matters.is_service(best.code) and len(text) <= _OF_THE_WAY
        # «赔偿找谁» has no words of its own, whatever it sounds like.
        bare = services.short.facet(text) is not None and not services.short.stands_alone(text)
        another = best is not None and best.confidence >= enough and not way and not bare
        akin = best is not None and _root(best.code) == _root(topic)
        # A guess takes nobody away from what they are talking of.
        guess = len(text) <= SHORT_TALK and not akin and (best is None or best.confidence < matters.SURE)
        if ((goes_on(turn) or bare) and (akin or not another)) or (len(text) <= _SHORT and not another):
            own = (best.code,) if best is not None and akin else ()
            codes = tuple(dict.fromkeys((*own, topic)))
            return _Reading(query=text, codes=codes, goes_on=not own)
        if guess:
            return _Reading(query=text, codes=(topic,))
    said = matters.apart(text, triage.matters, services.triaged)
    if len(said) > 1:
        return _Reading(query=said[0].words, codes=(said[0].matter.code,), heard=triage.matters, said=said)
    codes = tuple(one.code for one in triage.matters)
    code = said[0].matter.code if said else None
    if topic is not None and code and (matters.is_service(code) or matters.is_part_of(code, topic, text)):
        # «Can you come to her house?» is asked about the matter at hand, and does not take its place.
        return _Reading(query=text, codes=(*codes, topic), heard=triage.matters)
    return _Reading(query=text, codes=codes, heard=triage.matters, said=said)


def _asked(
    turn: Turn, services: Services, read: _Reading, place: str | None, vector: Vector | None
) -> Answer | NoAnswer:
    """Ask the documents; a follow-up that means nothing alone is asked once more with the words before it."""
    codes = _parts(turn, (*read.codes, *_kindred(turn, read, services)), services)
    answer = services.knowledge.ask(
        read.query, region=place, on=turn.on, matters=codes, vector=vector, follow_up=read.goes_on
    )
    if isinstance(answer, NoAnswer) and (spelt := services.spelt(read.query)) is not None:
        # «劳动众裁收费吗»: what nobody finds as it was written is asked once more as it was meant.
        answer = services.knowledge.ask(spelt, region=place, on=turn.on, matters=codes, follow_up=read.goes_on)
    bare = _bare_question(read.query, services)
    if isinstance(answer, NoAnswer) and bare and read.codes:
        answer = services.knowledge.ask(bare, region=place, on=turn.on, matters=codes, follow_up=True)
    return answer


def _kindred(turn: Turn, read: _Reading, services: Services) -> tuple[str, ...]:
    """Return the other matters that a bare question may be about: «住院没钱咋办» is asked of the fall, not of the contract."""
    if not read.goes_on or services.short.facet(read.query) is None:
        return ()
    roots = set(map(_root, read.codes))
    held = (one.code for one in matters.held(turn.state))
    return tuple(code for code in held if code not in read.codes and _root(code) in roots)


def _bare_question(query: str, services: Services) -> str | None:
    """Return what is asked once it is said about what: «工资那件事要多久», «我妈的赡养费呢 能要多少»."""
    if pointed := _POINTS.search(query):
        return pointed[1]
    last = _CLAUSES.split(query.strip())[-1]
    return last if last != query and services.short.facet(last) is not None else None


def _gone_on_to(turn: Turn, services: Services, read: _Reading, place: str | None) -> Answer | None:
    """Look a follow-up up with what it leaves out: the name of its matter («该找谁投诉»), then the words before.

    What was told already comes once more where nothing else does, and not twice in a row.
    """
    code = read.codes[-1] if read.codes else None
    name = None if code is None else services.short.name(_parts(turn, (code,), services)[0])
    before = turn.state.extra.get(_QUERY)
    by_name = None
    if name is not None and name not in read.query:
        by_name = _opened_with(name, services, read, place, turn)
        if by_name is not None and _digest(by_name) not in _said(turn.state):
            return by_name
    wider = _opened_with(before, services, read, place, turn) if before else None
    if wider is not None and _digest(wider) not in _said(turn.state):
        return wider
    # The words before may drown the question: only the name leads back.
    led_back = any(isinstance(one, TextReply) and one.say is Say.AS_TOLD for one in remembered(turn.state))
    return None if led_back else by_name


def _further(
    turn: Turn, services: Services, read: _Reading, answer: Answer | NoAnswer, /, *, region: str | None
) -> tuple[Answer | NoAnswer, bool]:
    """Return what else is found where a turn alone brings nothing, and whether it only leads back to what was told.

    Whoever names a place, `region`, asks about that place, and not on about the matter at hand.
    """
    place = None if _NATIONWIDE.search(turn.text) else region or turn.region
    # «多久能下来» alone is of nothing the documents know; whoever goes on means the matter at hand.
    strange = turn.act is Act.OFF_TOPIC or not read.goes_on or not asks(turn.text)
    unfound = isinstance(answer, NoAnswer) and not (strange and answer.reason is NoAnswerReason.OFF_TOPIC)
    found: Answer | None = None
    if unfound and region is None and turn.state.topic is not None and len(turn.text) <= SHORT_TALK:
        found = _gone_on_to(turn, services, read, place)
    if found is not None and tells_more(turn) and times_told(turn.state, found):
        found = None  # to whoever only tells on, the old rule is no answer
    return found or answer, found is not None and times_told(turn.state, found) > 0


def _opened_with(opening: str, services: Services, read: _Reading, place: str | None, turn: Turn) -> Answer | None:
    query = f"{opening} {read.query}"
    found = services.knowledge.ask(query, region=place, on=turn.on, matters=read.codes)
    return found if isinstance(found, Answer) else None


def _of_whom(turn: Turn, triage: Triage, read: _Reading, found: Found, services: Services) -> Found:
    """Return what was found with who asks, and of whom: a company, whoever employs, a child."""
    code = next(iter(read.codes), None)
    beside = services.unasked.beside(triage)
    company = services.unasked.of(turn.text).get(KIND) == COMPANY and services.unasked.fits(KIND, COMPANY, code)
    child = services.unasked.is_of_a_child(turn.text, beside, code)
    after = unasked.noted(turn.state, turn.text, code, services, beside=beside)
    return replace(
        found,
        told=beside,
        employer=unasked.is_employer(after, code, services),
        who=COMPANY if company else AGE if child else services.unasked.sentenced(turn.text),
    )


def _parts(turn: Turn, codes: Sequence[str], services: Services) -> tuple[str, ...]:
    """Return the matters, each as the part of it that the caller speaks of: parents' maintenance, or a child's."""
    return tuple(services.short.part(code, turn.text, matters.words_of(turn.state, code)) for code in codes)


def _general(services: Services, silent: NoAnswer, code: str, region: str | None, turn: Turn) -> Answer | None:
    """Return what holds in such matters: what came nearest, if it is about the matter, else what its name brings.

    A name of several things («赡养、抚养、扶养费») stands for the one that the caller speaks of.
    """
    title = services.title_of(code) or ""
    spoken = (_part_said(title, words) for words in (turn.text, matters.words_of(turn.state, code)))
    own = _parts(turn, (code,), services)[0]
    part = services.short.name(own) if own != code else next(filter(None, spoken), None)
    near = silent.nearest
    if near is not None and code in near.matters and (part is None or part[:2] in near.text):
        return near
    return told(services, part or title, region=region, turn=turn) if title else None


def _part_said(title: str, words: str) -> str | None:
    """Return the part of a matter's name that is in the words, as it is said there; None for a name of one thing."""
    parts = _LISTED.split(title)
    if len(parts) == 1:
        return None
    found = (re.search(f"{re.escape(part[:2])}[费权金债]?", words) for part in parts)
    return next((one[0] for one in found if one is not None), None)


def _of_named(turn: Turn, named: str, services: Services) -> str:
    """Return what to look up for a matter that was picked: how the caller put it, else its name beside the last words."""
    words = matters.words_of(turn.state, named)
    return words or f"{turn.state.extra.get(_QUERY, '')} {services.title_of(named) or ''}".strip()


def _said(state: DialogueState) -> Sequence[str]:
    """Return what was answered lately, as digests."""
    return [str(one).removesuffix(_STOOD_IN) for one in state.extra.get(_SAID, ())]


def _digest(answer: Answer) -> str:
    return hashlib.sha256(answer.text.encode()).hexdigest()[:8]


def _root(code: str) -> str:
    return code.partition(".")[0]
