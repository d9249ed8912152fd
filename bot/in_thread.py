"""What a message means in its thread: the same words are a cry before, and an answer after (接上文).

The gate hears one message alone. «我等了半天了» is nobody's wish to die, «他睡着了» right after blows is a pause in them, and
«他电话打不通了» is nothing at all until a colleague has spoken of dying.
"""

from dataclasses import replace
from typing import Final

from api.domain.conversation import Holder
from api.services.records import Care
from bot.heard import Heard
from knowledge_base.caller import Bearing, Remark
from knowledge_base.types import SafetyFinding, SafetyKind, Scene, Urgency

_BLOWS: Final = frozenset({SafetyKind.VIOLENCE_NOW, SafetyKind.CHILD_HARM})
_PLAIN: Final = frozenset({Remark.NO_CALL, Remark.AWAITS})
"""No danger in any thread."""
_ANSWERS: Final = frozenset({Remark.ALONE, Remark.COMPANY, Remark.PERSON})
_PAUSES: Final = {Remark.LULLED: Bearing.SHORT, Remark.GONE: Bearing.SAFE}
_OWN_LIFE: Final = SafetyKind.SELF_HARM


def in_thread(care: Care, holder: Holder, heard: Heard, /) -> Heard:
    """Return what is heard, given what the thread has told of."""
    alone = _remarked(care, holder, _brawl_that_is_over(care, heard))
    goes_on = care.close and care.scene is Scene.THREATENS and alone.scene is None and alone.urgent and not alone.hurt
    if not goes_on:
        return alone
    # What follows a threat is more of it, until the caller speaks of being struck: «他家住哪我知道 今晚就去».
    told = {SafetyKind.VIOLENCE_NOW, *(() if alone.own_life else (_OWN_LIFE,))}
    return replace(alone, scene=Scene.THREATENS, kinds=tuple(kind for kind in alone.kinds if kind not in told))


def _brawl_that_is_over(care: Care, heard: Heard) -> Heard:
    """Take the fight that somebody was arrested for as the story of the arrest: «说是打架 我儿子也被打了»."""
    tells_why = SafetyKind.DETENTION in care.heard and heard.brawl and heard.scene is None
    if not tells_why or _OWN_LIFE in heard.finding.kinds or not _BLOWS.intersection(heard.finding.kinds):
        return heard
    left = tuple(kind for kind in heard.finding.kinds if kind not in _BLOWS)
    return replace(
        heard, finding=SafetyFinding(kinds=left, urgency=Urgency.S1) if left else SafetyFinding(), kinds=left
    )


def _remarked(care: Care, holder: Holder, heard: Heard) -> Heard:
    said, suicidal = heard.remark, _OWN_LIFE in care.heard
    if said is Remark.UNREACHABLE and care.close and care.others and suicidal:
        finding = SafetyFinding(kinds=(_OWN_LIFE,), urgency=Urgency.S0)
        return replace(heard, finding=finding, kinds=(_OWN_LIFE,), scene=None)
    if said in _PAUSES and care.close and not suicidal and _BLOWS.intersection(care.heard):
        # Whoever has taken something and sleeps is in danger; whoever struck and sleeps strikes nobody just now.
        return replace(_calm(heard), bearing=_PAUSES[said], safe=said is Remark.GONE)
    waits_no_more = said is Remark.STOPS and holder is Holder.WAITING and not suicidal
    if said in _PLAIN or (care.close and said in _ANSWERS) or waits_no_more:
        return _calm(heard)
    # Elsewhere the others are only words, and whatever the gate makes of them stands.
    return heard if said in _ANSWERS else replace(heard, remark=None)


def _calm(heard: Heard) -> Heard:
    return replace(heard, finding=SafetyFinding(), kinds=(), scene=None)
