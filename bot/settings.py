"""Settings of the whole: those of intake, and what the conversation edge needs beside them."""

from pathlib import Path
from typing import Final, Self

from pydantic import AliasChoices, Field, IPvAnyNetwork, SecretStr, model_validator

from api.config import Environment, SecretMissing, kept_secret
from bot.phone_settings import PhoneSettings
from bot.telegram_settings import TelegramSettings
from bot.wechat_settings import WeChatSettings
from knowledge_base.embedding import DEFAULT_SPEC
from knowledge_base.engines.choice import AUTO, Engines
from knowledge_base.engines.pgvector import NAME as PGVECTOR
from knowledge_base.engines.port import EngineUnknown

LOOPBACK: Final = "127.0.0.1"


class BotSettings(PhoneSettings, TelegramSettings, WeChatSettings):
    """Read from the environment, `LEGAL_AID_…` and `PORT`, and from `.env`."""

    host: str = Field(default=LOOPBACK, description="Address the app listens on.")
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        validation_alias=AliasChoices("PORT", "LEGAL_AID_PORT", "port"),
        description="Port the app listens on.",
    )
    trusted_proxies: tuple[IPvAnyNetwork, ...] = Field(
        default=(), description="Proxies whose word on the caller's address counts, as a JSON list of addresses."
    )
    rasa_url: str = Field(default=f"http://{LOOPBACK}:5005", description="Where the dialogue engine listens.")
    action_secret: SecretStr | None = Field(
        default=None, description="What Rasa shows to the action endpoint; drawn on first run in development."
    )
    knowledge_home: Path | None = Field(default=None, description="Folder of sources and index; in var when empty.")
    embedder: str = Field(default=DEFAULT_SPEC, description="Embedding model of the index.")
    reranker: str = Field(default="", description="Cross-encoder that reads the best clauses anew; none when empty.")
    vectors: str = Field(
        default=AUTO,
        description="Engine of the vectors: auto, flat, hnsw, ivfpq, or pgvector:URL; pgvector alone is the database above.",
    )
    turn_seconds: float = Field(default=8.0, gt=0, description="What the dialogue engine has for a turn on the web.")
    message_rate: str = Field(default="30/minute", description="Messages one conversation may send.")
    address_rate: str = Field(default="120/minute", description="Messages one network address may send.")
    channel_rate: str = Field(default="3000/minute", description="Messages the website may take in altogether.")
    open_rate: str = Field(default="30/minute", description="Conversations one network address may open.")
    widget_origins: tuple[str, ...] = Field(
        default=(), description="Other sites that may embed the widget, as a JSON list of origins."
    )
    secure_cookies: bool = Field(default=False, description="Whether staff come over HTTPS.")
    simulators: bool = Field(
        default=False,
        description="Whether channels without an account speak to the simulators of make sim-…; development only.",
    )

    @model_validator(mode="after")
    def _simulates_nothing_for_real(self) -> Self:
        if self.simulators and self.environment is not Environment.DEVELOPMENT:
            msg = "LEGAL_AID_SIMULATORS is for development"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _names_an_engine(self) -> Self:
        try:
            kind = Engines(self.vectors_engine).kind
        except EngineUnknown as unknown:
            raise ValueError(str(unknown)) from unknown
        if kind == PGVECTOR and not self.vectors_engine.startswith(
            (f"{PGVECTOR}:postgresql:", f"{PGVECTOR}:postgres:")
        ):
            msg = f"LEGAL_AID_VECTORS={PGVECTOR} needs a PostgreSQL: in LEGAL_AID_DATABASE_URL, or {PGVECTOR}:postgresql://…"
            raise ValueError(msg)
        return self

    @property
    def knowledge(self) -> Path:
        """Return the home of the knowledge base."""
        return self.knowledge_home or self.var / "knowledge"

    @property
    def vectors_engine(self) -> str:
        """Return the engine of the vectors, with the address of its database."""
        return f"{PGVECTOR}:{self.database}" if self.vectors == PGVECTOR else self.vectors

    @property
    def models(self) -> Path:
        """Return where models are kept: beside the knowledge base's home."""
        return self.knowledge.parent / "models"

    @property
    def triage(self) -> Path:
        """Return the file of the triage model."""
        return self.models / "triage.npz"

    @property
    def staff_file(self) -> Path:
        """Return where the demo staff's passwords stand."""
        return self.var / "secrets" / "demo-staff.txt"


def load_action_secret(settings: BotSettings) -> str:
    """Return what guards the action endpoint; development draws one on first run. Raises SecretMissing."""
    if settings.action_secret is not None:
        return settings.action_secret.get_secret_value()
    if settings.environment is not Environment.DEVELOPMENT:
        raise SecretMissing("LEGAL_AID_ACTION_SECRET")
    return kept_secret(settings.var / "secrets" / "action.key")
