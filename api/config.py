"""Settings of the intake API, one typed object; a start outside development refuses what only development may do without."""

import base64
import binascii
import hmac
import os
import re
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.domain.clocks import KEPT_DAYS

_KEY_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600
_ADDRESS: Final = re.compile(r"https?://[^\s/]+\S*")


class Environment(StrEnum):
    """Where this runs."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SecretMissing(Exception):
    """A secret that production must be given is absent."""

    code = "secret_missing"


class SecretUnfit(Exception):
    """A secret is malformed, or one that anybody could guess."""

    code = "secret_unfit"


class DangerCall(BaseModel):
    """Somebody who is called when nobody answers a danger alert, and the web address that reaches them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=64)
    url: SecretStr

    @field_validator("url")
    @classmethod
    def _is_a_web_address(cls, url: SecretStr) -> SecretStr:
        if not _ADDRESS.fullmatch(url.get_secret_value()):
            msg = "an address of LEGAL_AID_DANGER_CALLS begins with https:// or http://"
            raise ValueError(msg)
        return url


class Settings(BaseSettings):
    """Read from the environment, `LEGAL_AID_…`, and from `.env`."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True, env_prefix="LEGAL_AID_", env_file=".env", extra="ignore", frozen=True
    )

    environment: Environment = Field(
        default=Environment.DEVELOPMENT, description="development, or production, which refuses default secrets."
    )
    var: Path = Field(default=Path("var"), description="Folder of everything that is written.")
    places: Path | None = Field(
        default=None, description="Folder of rules, offices, hours and holidays of your own; places in var when empty."
    )
    database_url: str = Field(default="", description="SQLite in the var folder when empty; else a PostgreSQL URL.")
    master_key: SecretStr | None = Field(default=None, description="Base64 of 32 bytes that wrap the data keys.")
    log_level: str = Field(default="INFO", description="Least level that is logged.")
    limits_storage: str = Field(
        default="async+memory://", description="Where rate limits are counted; Redis if shared."
    )
    turns_at_once: int = Field(
        default=60,
        ge=1,
        description="Turns answered at once by one process on PostgreSQL; each holds a connection, beside thirty others.",
    )
    largest_body: int = Field(
        default=262_144, ge=1024, description="Bytes of a request body beyond which it is refused."
    )

    danger_calls: tuple[DangerCall, ...] = Field(
        default=(),
        description="Who is called, one a minute, while nobody answers a danger alert: a JSON list of name and url.",
    )

    retention_days: int = Field(
        default=KEPT_DAYS, ge=1, description="Days after which a talk that led to no application is destroyed."
    )

    metrics_token: SecretStr | None = Field(
        default=None,
        description="What Prometheus sends as its bearer token; without one /metrics is there in development only.",
    )

    @model_validator(mode="after")
    def _production_brings_its_own(self) -> Self:
        if self.environment is Environment.PRODUCTION and self.master_key is None:
            msg = "LEGAL_AID_MASTER_KEY is required in production: base64 of 32 random bytes"
            raise ValueError(msg)
        if len({call.name for call in self.danger_calls}) < len(self.danger_calls):
            msg = "LEGAL_AID_DANGER_CALLS names somebody twice"
            raise ValueError(msg)
        return self

    def lets_measure(self, authorization: str | None) -> bool:
        """Tell whether whoever sends this Authorization header may read the figures."""
        if self.metrics_token is None:
            return self.environment is Environment.DEVELOPMENT
        expected = f"Bearer {self.metrics_token.get_secret_value()}"
        return hmac.compare_digest(expected.encode(), (authorization or "").encode())

    @property
    def own_places(self) -> Path:
        """Return the operator's own places; the folder need not exist."""
        return self.places or self.var / "places"

    @property
    def database(self) -> str:
        """Return the database URL."""
        return self.database_url or f"sqlite:///{self.var / 'legal_aid.db'}"


def load_master_key(settings: Settings) -> bytes:
    """Return the key that wraps the data keys; development makes one on first run, readable by its owner only.

    Raises SecretMissing, SecretUnfit.
    """
    if settings.master_key is not None:
        return _fit(settings.master_key.get_secret_value())
    if settings.environment is not Environment.DEVELOPMENT:
        raise SecretMissing("LEGAL_AID_MASTER_KEY")
    return _fit(kept_secret(settings.var / "secrets" / "master.key"))


def kept_secret(path: Path) -> str:
    """Return the secret in a file of the owner's, making one of 32 random bytes when there is none.

    Of several processes starting at once one writes; the file is complete before it has its name.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass  # Another process was first; its secret counts.
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _fit(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as broken:
        raise SecretUnfit("LEGAL_AID_MASTER_KEY") from broken
    # A key of one repeated byte is a placeholder out of somebody's example.
    if len(key) != _KEY_BYTES or len(set(key)) < _KEY_BYTES // 4:
        raise SecretUnfit("LEGAL_AID_MASTER_KEY")
    return key
