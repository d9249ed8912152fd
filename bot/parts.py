"""Everything that is read once when the app starts, and what a turn asks of it."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

import structlog

from api.app import open_database
from api.db.engine import Database
from api.domain.clocks import CHINA
from api.observability import Metrics
from api.services.thinking_ports import Vector
from api.services.wake import Wake
from bot.knowledge import OpenedKnowledge
from bot.rasa_client import RasaDialogue
from bot.redact import without_tokens
from bot.settings import BotSettings
from knowledge_base.assess import PLACES, Assessor
from knowledge_base.danger import DangerGate
from knowledge_base.directory.asking import Asking
from knowledge_base.directory.book import Directory
from knowledge_base.embedding import DEFAULT_SPEC, Reading, hears_danger
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy, UnknownMatter
from knowledge_base.triage import Classifier
from knowledge_base.types import KnowledgeUnavailable, SafetyFinding, Triage

_log = structlog.get_logger(__name__)


def now() -> datetime:
    """Return the present; the only clock, handed to whoever needs one."""
    return datetime.now(UTC)


class PartDown(Exception):
    """A part of the service does not answer; /readyz names it."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


class Classifies(Protocol):
    """What a message is about, from its words and its vector."""

    def classify(self, text: str, /, *, vector: Vector | None, on: date) -> Triage:
        """Triage one message that came on a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that is built once; tests replace what thinks slowly."""

    settings: BotSettings
    database: Database
    knowledge: OpenedKnowledge
    assessor: Assessor
    directory: Directory
    asking: Asking
    regions: Regions
    taxonomy: Taxonomy
    safety: DangerGate
    classifier: Classifies
    dialogue: RasaDialogue
    metrics: Metrics = field(default_factory=Metrics)
    wake: Wake = field(default_factory=Wake)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def triage(self, text: str, /, *, region: str | None) -> Triage:
        """Say what a message is about, by words alone where the model of meaning is missing."""
        read = self._read(text)
        found = self.classify(text, vector=read.meaning if read else None)
        danger = self.safety.check(text, heard=read.heard if read else None)
        return replace(
            found,
            urgency=min(found.urgency, danger.urgency),
            safety=danger.kinds or found.safety,
            region=found.region or self.region_in(text) or region,
        )

    def classify(self, text: str, /, *, vector: Vector | None) -> Triage:
        """Say what a redacted message is about."""
        return self.classifier.classify(without_tokens(text), vector=vector, on=now().astimezone(CHINA).date())

    def check_safety(self, text: str, /) -> SafetyFinding:
        """Look for danger before any topic."""
        try:
            read = self._read(text)
        except Exception:  # noqa: BLE001 - whatever befalls the model of meaning, danger is looked for without it
            _log.exception("safety.without_meaning")
            read = None
        return self.safety.check(text, heard=read.heard if read else None)

    def _read(self, text: str) -> Reading | None:
        """Return what the model makes of the turn, None where it is missing: words alone must do then."""
        try:
            return self.knowledge.read(text) if text else None
        except KnowledgeUnavailable:
            return None

    def title_of(self, code: str) -> str | None:
        """Return a matter's title, None for an unknown code."""
        try:
            return self.taxonomy.get(code).title
        except UnknownMatter:
            return None

    def region_in(self, text: str) -> str | None:
        """Return the code of the place a text names."""
        return self.regions.place_in(text)

    def region_name(self, code: str) -> str:
        """Return a place's name."""
        found = self.regions.get(code)
        return found.name if found else code


def load_parts(settings: BotSettings) -> Parts:
    """Build everything that is read once; the database is opened, and knowledge loaded, when the app starts.

    Raises RulebookInvalid, DirectoryInvalid, SafetyRulesInvalid, DangerUnreadable, TriageUnavailable, SecretMissing, SecretUnfit.
    """
    regions, taxonomy = Regions.load(), Taxonomy.load()
    safety = DangerGate.load()
    if not hears_danger(settings.embedder):
        _log.warning("safety.by_characters", model=settings.embedder, hears=DEFAULT_SPEC)
    directory = Directory.load(PLACES, regions, own=settings.own_places)
    return Parts(
        settings=settings,
        database=open_database(settings),
        knowledge=OpenedKnowledge(settings=settings),
        assessor=Assessor.load(own=settings.own_places, regions=regions, directory=directory),
        directory=directory,
        asking=Asking.load(regions),
        regions=regions,
        taxonomy=taxonomy,
        safety=safety,
        classifier=Classifier.load(settings.triage, taxonomy),
        dialogue=RasaDialogue(base_url=settings.rasa_url),
    )
