"""Chooses the engine of vectors: by the number of rows, or as the operator says.

`auto` picks by size; `flat`, `hnsw` and `ivfpq` insist; `pgvector:postgresql://…` keeps the vectors in PostgreSQL, for
more machines than one. A build remembers what it was written with and is opened with that.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from knowledge_base.embedding import Matrix
from knowledge_base.engines.local import Cells, Flat, Graph, LocalEngine
from knowledge_base.engines.pgvector import NAME as PGVECTOR
from knowledge_base.engines.pgvector import PgVector
from knowledge_base.engines.port import Engine, EngineUnknown, VectorIndex, VectorsUnreachable

AUTO: Final = "auto"
# Figures of `python -m tests.bench knowledge` on two cores, docs/adr/0007.
FLAT_UP_TO: Final = 150_000
GRAPH_UP_TO: Final = 3_000_000
LOCAL: Final = {shape.name: shape for shape in (Flat(), Graph(), Cells())}
_DESCRIPTION: Final = "engine.json"


@dataclass(frozen=True, slots=True)
class Engines:
    """What the operator chose."""

    spec: str = AUTO

    @property
    def kind(self) -> str:
        """Return the choice without what is secret in it. Raises EngineUnknown."""
        kind, _, address = self.spec.partition(":")
        if kind in (AUTO, *LOCAL) and not address:
            return kind
        if kind == PGVECTOR and address:
            return kind
        known = ", ".join((AUTO, *LOCAL, f"{PGVECTOR}:postgresql://…"))
        msg = f"unknown engine of vectors {kind!r}; use one of {known}"
        raise EngineUnknown(msg)

    def for_rows(self, count: int) -> Engine:
        """Return the engine that is to keep so many rows."""
        kind = self.kind
        if kind == AUTO:
            kind = Flat().name if count <= FLAT_UP_TO else Graph().name if count <= GRAPH_UP_TO else Cells().name
        return self._named(kind)

    def _named(self, name: str) -> Engine:
        """Return an engine by the name in a build."""
        if name in LOCAL:
            return LocalEngine(LOCAL[name])
        if name != PGVECTOR:
            msg = f"the index keeps its vectors in {name!r}, which this program does not know; build it again"
            raise EngineUnknown(msg)
        kind, _, address = self.spec.partition(":")
        if kind != PGVECTOR:
            msg = f"the index keeps its vectors in PostgreSQL; set the engine to {PGVECTOR}:… or build it again"
            raise VectorsUnreachable(msg)
        return PgVector(address)

    def write(self, rows: Matrix, folder: Path) -> None:
        """Keep rows in a folder of a build."""
        folder.mkdir(parents=True)
        engine = self.for_rows(len(rows))
        described = {"engine": engine.name, "rows": len(rows), "dimension": rows.shape[1]}
        (folder / _DESCRIPTION).write_text(json.dumps(described), "utf-8")
        engine.write(rows, folder)

    def open(self, folder: Path) -> VectorIndex:
        """Open what was kept there. Raises OSError, ValueError, KeyError or RuntimeError where it is not whole."""
        described = json.loads((folder / _DESCRIPTION).read_text("utf-8"))
        opened = self._named(described["engine"]).open(folder)
        if (len(opened), opened.dimension) != (described["rows"], described["dimension"]):
            opened.close()
            msg = f"{folder.name} holds {len(opened)} vectors, {described['rows']} were written"
            raise ValueError(msg)
        return opened

    def discard(self, folder: Path) -> None:
        """Forget what is kept elsewhere for a folder that is about to be removed. Raises VectorsUnreachable."""
        try:
            described = json.loads((folder / _DESCRIPTION).read_text("utf-8"))
        except (OSError, ValueError):
            return  # nothing was written but perhaps this line
        self._named(str(described.get("engine"))).discard(folder)
