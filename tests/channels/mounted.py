"""The channels that settings switch on, over a stage."""

from api.http.limits import Limiter
from bot import lines
from bot.channels.phrases import Phrases
from bot.settings import BotSettings
from knowledge_base.offices import Opening, Openness
from tests.gateway.stage import Stage


def built(settings: BotSettings, stage: Stage) -> lines.Lines:
    """Build them."""
    needs = lines.Needs(
        settings=settings,
        gateway=stage.gateway,
        database=stage.database,
        limits=Limiter(),
        clock=stage.clock,
        phrases=Phrases.load(),
        on_duty=lambda _now: Opening(state=Openness.UNKNOWN),
        place=lambda _address: None,
    )
    return lines.build(needs)
