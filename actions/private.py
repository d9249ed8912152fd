"""Opens one thing a citizen told in confidence, for the moment it is checked: Rasa and the logs know it by its token alone."""

from typing import Final

from actions import intake
from actions.services import Services
from actions.turn import Turn
from api.domain.audit import Actor, ActorKind
from api.services import vault

_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="dialogue")


def token_in(text: str, /, *kinds: str) -> str | None:
    """Return the first token of one of these kinds in a text, None where there is none."""
    heads = tuple(f"<pii:{kind}:" for kind in kinds)
    return next((one for one in vault.tokens(text) if one.startswith(heads)), None)


async def phone_in(turn: Turn, services: Services, text: str, /) -> str | None:
    """Return the token of a telephone number that may be one by its shape, None where a text has none."""
    token = token_in(text, "phone")
    if token is None:
        return None
    number = await plain(turn, services, token, purpose="check the shape of an answer")
    return token if intake.plausible_phone(number) else None


async def once(turn: Turn, services: Services, text: str, /, *, kind: str, purpose: str) -> str:
    """Return what was told in confidence and destroy it: it is compared now, and needed never again."""
    found = await plain(turn, services, token_in(text, kind) or text, purpose=purpose)
    async with services.unit_of_work() as uow:
        await uow.vault.erase(conversation_id=turn.conversation.id, kind=kind)
        await uow.commit()
    return found


async def plain(turn: Turn, services: Services, given: str, /, *, purpose: str) -> str:
    """Return what stands behind a token, on record, or the words themselves where they are none."""
    if given not in vault.tokens(given):
        return given
    async with services.unit_of_work() as uow:
        found = await vault.reveal(
            uow, conversation_id=turn.conversation.id, token=given, purpose=purpose, by=_SYSTEM, now=turn.now
        )
        await uow.commit()
    return found
