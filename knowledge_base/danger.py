"""Give the safety rules a second opinion that was learned from examples: what no rule was written for is heard too.

A linear voice goes by characters alone. Beside it, where the packaged model is at hand, speaks one that goes by what the
model makes of the words with an adapter of its own, learned from the same sentences. The rules speak first and can be
read; where the learned opinion is sure of danger, there is danger without a rule, and where it is sure that all is calm,
a rule alone raises no alarm. The same message always gets the same answer.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base import adapter
from knowledge_base.adapter import EAR, FOLDER
from knowledge_base.arrays import read_arrays
from knowledge_base.folding import Folder
from knowledge_base.safety import SafetyGate
from knowledge_base.spoken_dates import spoken_dates
from knowledge_base.triage import NONE, Features, Floats, softmax
from knowledge_base.types import SafetyFinding, SafetyKind

Columns: TypeAlias = NDArray[np.int64]

FILE: Final = FOLDER / "danger.npz"
MOST_CHARACTERS: Final = 3000
"""More than this is not weighed; the rules read all of it."""
_KIN: Final = re.compile(
    "我?(?:老公|丈夫|爱人|对象|媳妇|老婆|妻子|爸妈|父母|爸爸?|妈妈?|爹|娘|父亲|母亲|儿子|女儿|闺女|孩子|娃儿?|哥哥?|弟弟?"
    "|姐姐?|妹妹?|[姐妹]夫|嫂子|[表堂][哥弟姐妹]|侄[子女儿]|外甥女?|外?孙女|外?孙子|叔叔?|舅舅?|大?伯伯?|姑姑?|姑妈|姨妈?|小姨"
    "|爷爷|奶奶|外公|外婆|公公|婆婆|岳父|岳母|女婿|男朋友|女朋友|未婚[夫妻]|前夫|前妻|亲戚|家里?人|老乡|工友|同事|室友|同学|朋友)"
)
_NUMBER: Final = re.compile(r"[\d.,一二三四五六七八九十百千万两几半]+多?")
_VOICE_COUNTS: Final = 3.0
"""What a step of the voice is worth in logarithms of odds: on held-out families two to six do equally well, one does worse."""
_TOO_SHORT_TO_DOUBT: Final = 12
"""Up to so many characters a rule is not overruled: «救命» has nothing beside it that could say it is meant otherwise."""
_CLOCK: Final = re.compile(
    r"早上|上午|中午|下午|傍晚|晚上|夜里|凌晨|[\d一二两三四五六七八九十]{1,3}(?:点钟?|[:：]\d\d)(?:半|[一三]刻)?"
    r"|[以之]?[前后]|左右|[吧呢啊的吗行到和或至约]|可以|\W"
)
"""What is said beside a day by somebody who names a time."""
_VISIT: Final = re.compile(
    "我们?|咱们?|你们?|您|[那这][儿边里]|过[去来]|[来去]?一趟|来|去|再|带|拿|送|材料|资料|证件|身份证|户口本|没?有(?:空|时间|人)|没空|方便"
    "|行不行|能不能|可不可|打(?:给|回给?|电话给)(?:你们?|您)|给(?:你们?|您)(?:打|回)个?电话|联系(?:你们?|您)|上班|都|也|还|"
    + _CLOCK.pattern
)
"""What is said beside a day by somebody who will come to us or ring us."""
_AT_NIGHT: Final = re.compile("今晚|今夜|夜|凌晨|晚上")
"""Nobody comes to an office then: «我今晚去» may be said by somebody who threatened before."""
_SENT_AWAY: Final = re.compile(
    "(?:我们?|俺们?|咱)?(?:的)?(?:老板娘?|经理|厂长|厂里?|公司|单位|主管|领导|组长|班长|工头|包工头|人事|店长|校长|学校|老总|车间主任|主任|队长|对方)"
    "(?:刚才|突然|直接|昨天|今天|就|又|都|已经|刚|现在|发微信|打电话|口头)*(?:叫|让|喊|通知|要|告诉|跟|和)(?:我们?|俺们?|大家|咱)(?:说)?"
    "(?:从|到|以后|今后|起|开始|就|再|这个?|下个?|月|底|星期|礼拜|年后|都)*"
    r"(?:(?:不用|别|不要|不必|甭|莫|不许|不准|不让)再?(?:来|去|干|做|上班|过来|过去)(?:上班|干活)?|走人?|滚蛋?|离开|离职|辞职|回家(?:等|歇着|休息|待着|等通知)*"
    r"|收拾(?:下|一下)?(?:东西|行李)(?:走人?|回家|离开)?|去?(?:结|算|领)(?:工资|工钱|账))(?:[了啦的吧啊呢]|\W)*"
)
"""A notice of dismissal and nothing else: «老板叫我明天不用来了» sounds, to the learned voices, of somebody who orders another about."""
_ALSO: Final = 0.5
"""A further kind is named too when it is at least this likely beside the likeliest."""
_NOT_THIS: Final = 0.05
"""A kind that a rule names is left out where the ear, sure of another danger, gives it less: «跟人打架被拘留了» is nobody's cry for
the police. On held-out families every kind so left out was a wrong one (33 of 33)."""


class DangerUnreadable(ValueError):
    """What was learned about danger is missing or damaged; nothing starts with half a safety gate."""

    code = "danger_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """How sure of danger an opinion must be before it speaks: of itself, and to bear out a rule."""

    speaks: float
    bears_out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Goes by characters: what tells danger from calm, and what then tells kind from kind."""

    alarm: Floats
    alarm_bias: float
    weights: Floats
    bias: Floats
    lines: Lines

    def sounds(self, columns: Columns, row: Floats, /) -> float:
        """Return how far a row lies on the side of danger; below nought it lies on the side of calm."""
        return float(self.alarm[columns] @ row) + self.alarm_bias


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """Goes by what the model makes of the words with the adapter for danger: a row of weights a kind, calm the last."""

    weights: Floats
    bias: Floats
    lines: Lines
    adapter: str
    """The adapter's fingerprint: other vectors mean nothing to these weights."""

    def kinds(self, heard: Floats, /) -> Floats:
        """Return the logarithm of the odds of each kind against calm."""
        scores = self.weights @ heard + self.bias
        return np.asarray(scores[:-1] - scores[-1], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was made of one message: how far it lies on the side of danger, each kind's share, and the lines it is held to."""

    sound: float
    shares: Floats
    lines: Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """第二意见: the likeliest dangers of a folded message."""

    features: Features
    voice: Voice
    ear: Ear | None

    @classmethod
    def load(cls, file: Path = FILE, *, adapter_folder: Path = EAR) -> "Opinion":
        """Read what `danger train` wrote. Raises DangerUnreadable with what to do about it."""
        try:
            stored = read_arrays(file)
            head = json.loads(str(stored["head"]))
            arrays = {name: array.astype(np.float32) for name, array in stored.items() if name != "head"}
            lines = {name: Lines(**drawn) for name, drawn in head["lines"].items()}
            features = Features(
                grams={gram: column for column, gram in enumerate(head["grams"])},
                idf=arrays["idf"],
                words={},
                classes=tuple(head["classes"]),
            )
            voice = Voice(
                alarm=arrays["alarm"],
                alarm_bias=float(head["alarm_bias"]),
                weights=arrays["weights"],
                bias=arrays["bias"],
                lines=lines["voice"],
            )
            ear = None
            if "ear" in lines:
                weights, bias = arrays["ear_weights"], arrays["ear_bias"]
                ear = Ear(weights=weights, bias=bias, lines=lines["ear"], adapter=head["adapter"])
        except (OSError, KeyError, ValueError, TypeError) as error:
            msg = f"no usable second opinion at {file}; learn it with: python -m knowledge_base danger train"
            raise DangerUnreadable(msg) from error
        if ear is not None and ear.adapter != adapter.digest(adapter_folder):
            msg = f"{file.name} and the adapter in {adapter_folder} were not learned together; learn both with: "
            raise DangerUnreadable(msg + "python -m knowledge_base danger train")
        return cls(features=features, voice=voice, ear=ear)

    def hear(self, folded: str, /, *, heard: Floats | None = None) -> Heard:
        """Weigh a message; `heard` is what the model made of the words with the adapter for danger."""
        columns, values = self.features.row(heard_as(folded))
        at, row = np.asarray(columns, np.int64), np.asarray(values, np.float32)
        sound = self.voice.sounds(at, row)
        if self.ear is None or heard is None:
            named = np.asarray(self.voice.weights[:, at] @ row + self.voice.bias, np.float32)
            return Heard(sound=sound, shares=softmax(named), lines=self.voice.lines)
        odds = self.ear.kinds(heard)
        sound = _VOICE_COUNTS * sound + float(np.logaddexp.reduce(odds))
        return Heard(sound=sound, shares=softmax(odds), lines=self.ear.lines)

    def kinds(self, weighed: Heard, /) -> tuple[SafetyKind, ...]:
        """Return the kinds that a dangerous message speaks of, likeliest first."""
        ranked = np.argsort(-weighed.shares, kind="stable")
        least = _ALSO * weighed.shares[ranked[0]]
        return tuple(SafetyKind(self.features.classes[one]) for one in ranked if weighed.shares[one] >= least)

    def borne_out(self, kinds: Sequence[SafetyKind], weighed: Heard, /) -> tuple[SafetyKind, ...]:
        """Return those of the kinds that rules name which are not plainly another danger; a life always counts."""
        shares = dict(zip(self.features.classes, weighed.shares, strict=False))
        return tuple(kind for kind in kinds if kind is SafetyKind.SELF_HARM or shares[kind.value] >= _NOT_THIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerGate:
    """安全闸 with both voices: what every channel asks before any topic."""

    rules: SafetyGate
    opinion: Opinion
    folder: Folder

    @classmethod
    def load(cls) -> "DangerGate":
        """Read the rules and what was learned. Raises SafetyRulesInvalid, DangerUnreadable."""
        return cls(rules=SafetyGate.load(), opinion=Opinion.load(), folder=Folder.load())

    def check(self, text: str, /, *, heard: Floats | None = None, ruled: SafetyFinding | None = None) -> SafetyFinding:
        """Return what danger is heard, gravest first.

        `heard` is what the model made of the words with the adapter for danger; `ruled` is what the rules found, if
        they were asked.
        """
        ruled = ruled or self.rules.check(text)
        folded = self.folder.fold(text).spaced
        if not folded or _only_sounds(folded):
            return ruled
        weighed = self.opinion.hear(folded, heard=heard)
        doubts = heard is not None and len(folded) > _TOO_SHORT_TO_DOUBT
        if weighed.sound > weighed.lines.speaks:
            kept = self._firm(text, ruled, self.opinion.borne_out(ruled.kinds, weighed)) if doubts else ruled.kinds
            return self.rules.join(SafetyFinding(), [*kept, *self.opinion.kinds(weighed)], text=folded)
        if not doubts or weighed.sound > weighed.lines.bears_out:
            return ruled
        return self.rules.join(SafetyFinding(), self._firm(text, ruled, ()), text=folded)

    def _firm(self, text: str, ruled: SafetyFinding, kept: Sequence[SafetyKind]) -> tuple[SafetyKind, ...]:
        """Return the kinds that were kept of what rules found, and those that no opinion may take back."""
        if set(kept) >= set(ruled.kinds):
            return tuple(kept)
        firm = self.rules.check(text, firm=True).kinds
        return tuple(kind for kind in ruled.kinds if kind in kept or kind in firm)


def _only_sounds(folded: str) -> bool:
    """Tell what only sounds of danger: an answer that is a day or an hour («我明天过去行不行»), and a notice of dismissal."""
    rest, end = "", 0
    for spoken in spoken_dates(folded):
        rest, end = rest + folded[end : spoken.start], spoken.end
    visit = end > 0 and _AT_NIGHT.search(folded) is None
    rest += folded[end:]
    return _SENT_AWAY.fullmatch(rest.strip()) is not None or not (_VISIT if visit else _CLOCK).sub("", rest)


def heard_as(folded: str, /) -> str:
    """Return a text as both voices read it: once as said, once with all kin alike and all numbers alike."""
    folded = folded[:MOST_CHARACTERS]
    return f"{folded}|{_NUMBER.sub('#', _KIN.sub('亲', folded))}"


def strangers(classes: Sequence[str], /) -> list[str]:
    """Return the names that are no kind of danger."""
    known = {NONE, *(kind.value for kind in SafetyKind)}
    return [name for name in classes if name not in known]
