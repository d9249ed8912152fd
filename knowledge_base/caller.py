"""Hear in a message of danger who speaks and of whom, and after it whether the caller is safe or has moved on.

The reply to danger is short, so it has to be the right one: a child is spoken to as a child, a friend is told what to do
for the one in danger, and nobody who says that they are safe now is read the same numbers again.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.types import SafetyFinding, SafetyKind

_DEFAULT: Final = Path(__file__).with_name("caller.yml")
_FILLING: Final = re.compile(r"[,。我俺嗯好的了啊呀吧现在已经刚才谢]")
_A_WORD: Final = 2
_LONGEST_DENIAL: Final = 24
"""Whoever denies at length tells a story, and that is listened to."""
_HANGUL: Final = re.compile(r"[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]")


class Bearing(StrEnum):
    """What a message after danger amounts to."""

    SAFE = "safe"
    """脱险: the caller says that it is over, for now."""
    DENIED = "denied"
    """否认: it was no danger, a word taken amiss or somebody else's story."""
    AGAIN = "again"
    """The words did not come through: they are wanted once more."""
    SHORT = "short"
    """A word in answer, whatever it is."""
    MOVED_ON = "moved_on"
    """Another matter, or a story of its own."""


class Remark(StrEnum):
    """What a whole message says beside its danger; what it means hangs on what the thread has told before."""

    PERSON = "person"
    """叫人来: somebody is wanted who decides."""
    ALONE = "alone"
    COMPANY = "company"
    """身边有人."""
    UNREACHABLE = "unreachable"
    """联系不上: the one in danger answers no more."""
    LULLED = "lulled"
    """停手了、睡着了: whoever struck is still there, and may begin again."""
    GONE = "gone"
    """走了: whoever struck has left."""
    NO_CALL = "no_call"
    """别打电话: no blow, but a call that must not come."""
    AWAITS = "awaits"
    """没人接吗."""
    STOPS = "stops"
    """不等了."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """谁在说话: a child or not; `about` names who is in danger where that is somebody else («您同学», «她»)."""

    child: bool = False
    about: str | None = None
    reports: bool = False
    """强制报告人: a teacher, a doctor, somebody who meets children at work."""
    quiet: bool = False
    """Cannot hear, speak or be overheard: nothing that rings is any use, and a voice may be a danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """The words on file, ready to be asked about; what is said arrives folded (folding.py)."""

    child: re.Pattern[str]
    others: Mapping[SafetyKind, tuple[re.Pattern[str], ...]]
    safe: re.Pattern[str]
    unsafe: re.Pattern[str]
    topic: re.Pattern[str]
    again: re.Pattern[str]
    denied: re.Pattern[str]
    insists: re.Pattern[str]
    plea: re.Pattern[str]
    reports: re.Pattern[str]
    quiet: re.Pattern[str]
    now: re.Pattern[str]
    remarks: Mapping[Remark, re.Pattern[str]]
    road: re.Pattern[str]
    road_not: re.Pattern[str]
    short: int
    korean: Mapping[SafetyKind, re.Pattern[str]]
    korean_not: re.Pattern[str]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Callers":
        """Read the words."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            child=_any(data["child"]),
            others={
                SafetyKind(kind): tuple(re.compile(one.replace("{kin}", data["kin"])) for one in patterns)
                for kind, patterns in data["others"].items()
            },
            safe=_any(data["safe"]),
            unsafe=re.compile(data["unsafe"]),
            topic=re.compile(data["topic"]),
            again=re.compile(data["again"]),
            denied=_any(data["denied"]),
            insists=re.compile(data["insists"]),
            plea=re.compile(data["plea"]),
            reports=_any(data["reports"]),
            quiet=_any(data["quiet"]),
            now=re.compile(data["now"]),
            remarks={
                Remark(name): _any([one.replace("{kin}", data["kin"]) for one in patterns])
                for name, patterns in data["remarks"].items()
            },
            road=re.compile(data["road"]),
            road_not=re.compile(data["road_not"]),
            short=data["short"],
            korean={SafetyKind(kind): re.compile(pattern) for kind, pattern in data["korean"].items()},
            korean_not=re.compile(data["korean_not"]),
        )

    def of(self, said: str, kinds: Sequence[SafetyKind], /) -> Caller:
        """Return who speaks, and of whom the gravest danger is told."""
        child = self.child.search(said) is not None
        about = None
        reports = SafetyKind.CHILD_HARM in kinds and not child and self.reports.search(said) is not None
        if kinds and not (child and kinds[0] is SafetyKind.CHILD_HARM):
            # A child who tells of harm speaks of itself, whoever else is named on the way.
            found = (pattern.search(said) for pattern in self.others.get(kinds[0], ()))
            about = next((_named(one, child=child) for one in found if one is not None), None)
        return Caller(child=child, about=about, reports=reports, quiet=self.is_quiet(said))

    def is_quiet(self, said: str, /) -> bool:
        """Tell whoever cannot speak, hear or be overheard."""
        return self.quiet.search(said) is not None

    def remark(self, said: str, /) -> Remark | None:
        """Return what the whole message says beside its danger."""
        return next((one for one, words in self.remarks.items() if words.fullmatch(said)), None)

    def strikes_now(self, said: str, /) -> bool:
        """Tell whether anything says that somebody strikes just now, or is about to."""
        return self.now.search(said) is not None

    def on_the_road(self, said: str, /) -> bool:
        """Tell an English story of a car accident that is over: «hit by a car» is no blow."""
        return self.road.search(said) is not None and self.road_not.search(said) is None

    def asks_law(self, said: str, /) -> bool:
        """Tell a question that the law answers from a cry: nothing in it says that somebody strikes just now."""
        return self.topic.search(said) is not None and not self.strikes_now(said)

    def eased(self, said: str, /) -> bool:
        """Tell whether a message says somewhere that it is over."""
        return self.safe.search(said) is not None and self.unsafe.search(said) is None

    def bearing(self, said: str, check: Callable[[str], SafetyFinding] | None = None, /) -> Bearing:
        """Return what a message after danger amounts to; `check` hears whether danger stands beside a denial."""
        if self.denied.search(said) and not self.insists.search(said) and len(said) <= _LONGEST_DENIAL:
            beside = check(self.denied.sub("", said)) if check is not None else None
            if beside is None or not beside.kinds:
                return Bearing.DENIED
        if self.topic.search(said) and not self.plea.search(said):
            return Bearing.MOVED_ON
        if self.safe.search(said) and not self.unsafe.search(said):
            return Bearing.SAFE
        if len(said) > self.short:
            return Bearing.MOVED_ON
        return Bearing.AGAIN if self.again.search(said) else Bearing.SHORT

    def says_only_safe(self, said: str, /) -> bool:
        """Tell whether a message says that it is over and nothing else: no word is left in which danger could hide."""
        left = _FILLING.sub("", self.safe.sub("", said))
        return self.bearing(said) is Bearing.SAFE and len(left) < _A_WORD

    def danger_in_korean(self, text: str, /) -> tuple[SafetyKind, ...]:
        """Return what danger a Korean message speaks of; folding keeps no Korean, so that the gate cannot read it."""
        if not _HANGUL.search(text) or self.korean_not.search(text):
            return ()
        return tuple(kind for kind, pattern in self.korean.items() if pattern.search(text))


def _named(found: re.Match[str], *, child: bool) -> str:
    who = found.groupdict().get("who")
    if who:
        return f"{'你' if child else '您'}{who}"
    # Nobody's sex is guessed: the caller's own word for them is said back, or none.
    return found[0][0] if found[0][0] in "他她" else "对方"


def _any(alternatives: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in alternatives))
