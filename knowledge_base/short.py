"""Spells out what a word or two mean: «那多久呢», said about unpaid wages, asks how long one may go to arbitration."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml

from knowledge_base.cards import Card
from knowledge_base.text import normalise

GENERAL: Final = "general"
_READ_AS: Final = {"time": "limit", "reply": "time"}
_WHATEVER_THE_MATTER: Final[Mapping[str, str]] = {
    "which_place": GENERAL,
    "secret": GENERAL,
    "company": GENERAL,
    "aid_cost": GENERAL,
    "ours": GENERAL,
    "award_late": "labour",
    "visit": GENERAL,
    "identity": GENERAL,
    "standard": GENERAL,
}
"""What has one answer whatever is talked of, and where that stands: most of it is asked of the aid itself."""
_EVEN_SO: Final = frozenset(
    {"appeal", "apply_cost", "cannot_pay", "court", "no_show", "sue", "sue_time", "suit_time", "unpaid"}
)
"""What has an answer of its own in some matters, and the common one in all others."""
_FILLER: Final = re.compile(
    r"(?:需要|应该|应当|可以|还有|现在|具体|一般|大概|到底|的话|然后|我们|你们|他们|人家|对方|请问|你好|您好|什么|哪些|哪个"
    r"|[那这个啥些点呢啊呀哦噢哈吧吗嘛么的了要能会是得该我您你他她请问还有再又就都先说一下办做搞弄给用想\W])+"
)
EMPLOYER: Final = "老板"
"""Adds nothing to the name of a matter («老板欠薪»); beside a mere facet it says whom this is about."""
_SUPPOSED: Final = re.compile(r"要是|如果|万一|假如")
_SUFFERED: Final = re.compile(r"[被遭受]")
_LONGEST_FOLLOW_UP: Final = 10
_OF_ITS_OWN: Final = {
    "refusal": re.compile(r"老板|公司|单位|钱|账"),
    "back": re.compile(r"[骗偷抢]|货款"),
    "deposit": re.compile("押金"),
    "paid_by": re.compile(r"司机|肇事|逃逸|车主|老板|包工头"),
}
"""What is asked for, and the words with which it says enough to be looked up as it stands."""
_OPENING: Final = re.compile(r"^(?:对了|请问|你好|您好|(?:我)?想?问一?下)+")
_CLOSING: Final = re.compile(r"(?:(?:应该|该|要)?(?:怎么办|咋办|咋整)|[吗呢啊呀吧嘛了])+$")


@dataclass(frozen=True, slots=True)
class ShortQuestions:
    """What can be asked in a word, and what that means within a matter."""

    facets: Mapping[str, re.Pattern[str]]
    questions: Mapping[str, Mapping[str, str]]
    words: Mapping[str, str]
    """What a word means when nothing else is said."""
    names: frozenset[str]
    """The same words as they are said."""
    called: Mapping[str, str]
    """What people call a matter, by its code."""
    parts: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]]
    """What a matter of several things can be, by its code, and the words that tell."""

    @classmethod
    def load(cls) -> "ShortQuestions":
        """Read our list."""
        text = files("knowledge_base").joinpath("sources", "short.yml").read_text("utf-8")
        data: dict[str, Any] = yaml.safe_load(text)
        return cls(
            {name: re.compile(words) for name, words in data["facets"].items()},
            data["questions"],
            {bare(str(word)): question for question, words in data["words"].items() for word in words},
            frozenset(normalise(str(word)) for words in data["words"].values() for word in words),
            data["called"],
            {
                code: [(f"{code}.{one['part']}", re.compile(one["said"])) for one in parts]
                for code, parts in data["parts"].items()
            },
        )

    def part(self, code: str, *said: str) -> str:
        """Return which part of a matter somebody speaks of, by the first of their words that tell; the matter itself for none."""
        known = self.parts.get(code, ())
        found = (part for words in said for part, tells in known if tells.search(words))
        return next(found, code)

    def name(self, code: str) -> str | None:
        """Return what people call a matter, or the part of one; None where nobody wrote it down."""
        return next((self.called[one] for one in _upwards(code) if one in self.called), None)

    def facet(self, query: str) -> str | None:
        """Return what is asked for when that is all that is said; None for a question with words of its own."""
        rest, asked = normalise(query), []
        for name, words in self.facets.items():
            rest, found = words.subn(" ", rest)
            if found:
                asked.append(name)
        return asked[0] if asked and not _FILLER.sub("", rest) else None

    def of_word(self, query: str) -> str | None:
        """Return what is meant when somebody says the name of a matter and nothing else."""
        return self.words.get(bare(query))

    def names_a_matter(self, query: str) -> bool:
        """Tell whether a question says itself what it is about."""
        plain = normalise(query)
        return any(word in plain for word in self.names)

    def of_other_matters(self, query: str, matters: Sequence[str], cards: Sequence[Card]) -> Sequence[int]:
        """Return which cards a follow-up cannot mean: what is asked about a beating is not answered about wages."""
        roots = {_root(code) for code in matters} - {GENERAL}
        if not roots or len(query) > _LONGEST_FOLLOW_UP or self.names_a_matter(query):
            return ()
        fitting = roots | {GENERAL}
        return [at for at, card in enumerate(cards) if card.matters and fitting.isdisjoint(map(_root, card.matters))]

    def is_short(self, query: str) -> bool:
        """Tell whether a question has no words of its own: what it means, if anything, is spelled out."""
        return self.facet(query) is not None or self.of_word(query) is not None

    def stands_alone(self, query: str) -> bool:
        """Tell whether a short question can be looked up as it stands: «要是老板不给钱», «被骗的钱能要回来吗»."""
        own = _OF_ITS_OWN.get(self.facet(query) or "")
        return own is not None and own.search(normalise(query)) is not None

    def spelled_out(self, query: str, matters: Sequence[str]) -> str | None:
        """Return the whole question; None where it is whole already, or where the matter has no such question."""
        facet, whole = self.facet(query), self.of_word(query)
        if facet is None or (whole and {_root(code) for code in matters} <= {GENERAL}):
            return whole  # «没合同» alone is of a job; within a lease it is of the lease
        whatever = _WHATEVER_THE_MATTER.get(facet)
        # A question about the way («要多久») is asked about the matter beside it.
        codes = (whatever,) if whatever else sorted(matters, key=lambda code: _root(code) == GENERAL) or (GENERAL,)
        return self.question(facet, codes)

    def question(self, facet: str, codes: Sequence[str]) -> str | None:
        """Return the question that a card answers, of what is asked for in the first matter that has one; None for none."""
        for asked in (facet, _READ_AS.get(facet)):
            for about in (*(up for code in codes for up in _upwards(code)), *((GENERAL,) if facet in _EVEN_SO else ())):
                if asked and (question := self.questions.get(about, {}).get(asked)):
                    return question
        return None


@lru_cache(maxsize=16384)
def core(question: str) -> str:
    """Return a question without what any question may begin or end with: 怎么办, 吗, 请问."""
    plain = without_manners(question)
    return _CLOSING.sub("", plain) or plain


def without_manners(question: str, /) -> str:
    """Return a question without stops, and without what is said before one: 请问, 我想问一下."""
    plain = re.sub(r"\W+", "", normalise(question))
    return _OPENING.sub("", plain) or plain


def _root(code: str) -> str:
    return code.partition(".")[0]


def _upwards(code: str) -> Sequence[str]:
    """Return a code and those above it, the nearest first."""
    parts = code.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]


def bare(text: str, /) -> str:
    """Return a word without what people say around it: «那如果没签合同呢» is about 没签合同."""
    return _SUFFERED.sub("", _FILLER.sub("", _SUPPOSED.sub("", normalise(text)).replace(EMPLOYER, "")))
