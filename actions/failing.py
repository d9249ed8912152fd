"""Counts what went wrong in one matter, so that nobody is asked to try a third time (两次没答好就说清楚)."""

import re
from typing import Final

from actions.turn import with_extra
from api.services.records import DialogueState

_FAILED: Final = "failed"
_MOST: Final = 2
_BESIDE_THE_POINT: Final = re.compile(
    r"答非所问|所答非|驴唇不对马嘴|牛头不对马嘴|不对题|跑题|文不对题"
    r"|(?:我)?(?:问的|说的|要问的|想问的|要的|意思)(?:根本|压根|可)?(?:就)?不是(?:这个|这|那个|你说的)"
    r"|不是(?:我)?(?:要|想)?(?:问|说)(?:的)?(?:这个|这些|那个)?(?:的|吧|啊|呀)?$|^(?:不是|不对)?[，, ]*(?:我)?不是(?:这个|那个)意思"
    r"|(?:你|机器人|系统)?(?:根本|压根|就|还是|又|都|完全)*(?:没|不)(?:有)?(?:听懂|看懂|明白|理解|懂)我(?:的|说|问)"
    r"|(?:你|机器人)(?:根本|压根|就|还是|又|都|完全)*(?:没|不)(?:有)?(?:听懂|看懂|搞懂|弄懂|明白|懂)"
    r"|(?:没|没有|不)(?:回答|解答|说到|答到)(?:我|点子|正题|问题)|说了等于没说|等于没说|没用的话|都是废话|看不懂你(?:说|写)"
)
_LONGEST: Final = 24
"""Whoever writes more tells something beside the complaint, and that is looked up."""


def is_beside_the_point(text: str, /) -> bool:
    """Tell the words of somebody whose question was not the one that was answered."""
    return len(text) <= _LONGEST and _BESIDE_THE_POINT.search(text) is not None


def noted(state: DialogueState, *, about: str | None, answered: bool) -> DialogueState:
    """Count an answer that failed; one that was given ends the count."""
    count = _count(state, about)
    return _keep(state, about, missing=0 if answered else count["missing"] + 1, objections=count["objections"])


def objected(state: DialogueState, /) -> DialogueState:
    """Count an answer that was to another question; only a new matter ends that count."""
    count = _count(state, state.topic)
    return _keep(state, state.topic, missing=count["missing"], objections=count["objections"] + 1)


def is_enough(state: DialogueState, /) -> bool:
    """Tell whether two tries at one matter have failed."""
    kept = state.extra.get(_FAILED) or {}
    return int(kept.get("missing", 0)) + int(kept.get("objections", 0)) >= _MOST


def explained(state: DialogueState, /) -> DialogueState:
    """Begin to count anew, once it was said what cannot be done."""
    return with_extra(state, **{_FAILED: None})


def _count(state: DialogueState, about: str | None) -> dict[str, int]:
    """Return the counts of a matter; another matter than the last has none yet."""
    kept = state.extra.get(_FAILED) or {}
    if not kept or kept["about"] != about:
        return {"missing": 0, "objections": 0}
    return {"missing": kept["missing"], "objections": kept["objections"]}


def _keep(state: DialogueState, about: str | None, *, missing: int, objections: int) -> DialogueState:
    counts = {"about": about, "missing": missing, "objections": objections}
    return with_extra(state, **{_FAILED: counts if missing or objections else None})
