"""The tables of what staff write for the knowledge base, and of what was asked of it."""

from sqlalchemy import JSON, Column, Date, Float, Index, Integer, LargeBinary, String, Table

from api.db.tables import METADATA, Moment

_ID = String(32)

curation_versions = Table(
    "curation_versions",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("key", String(50), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", String(200), nullable=False),
    Column("region", String(6), nullable=False),
    Column("body", JSON, nullable=False),
    Column("author", _ID),
    Column("created_at", Moment, nullable=False),
    Column("file_name", String(200)),
    Column("file", LargeBinary),
)

curation_decisions = Table(
    "curation_decisions",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("key", String(50), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("step", String(16), nullable=False),
    Column("staff", _ID, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", String(500), nullable=False),
)

lookups = Table(
    "lookups",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("day", Date, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("entry", String(200)),
    Column("version", String(64)),
    Column("build", String(64)),
    Column("score", Float, nullable=False),
    Column("region", String(6)),
    Column("matter", String(64)),
    Column("asker", String(64)),
    Column("words_sealed", LargeBinary),
    Index("ix_lookups_day_outcome", "day", "outcome"),
)

weekly_lists = Table(
    "weekly_lists",
    METADATA,
    Column("week", String(8), primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("content", JSON, nullable=False),
)
