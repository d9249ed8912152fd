"""The index of our own cards with the real model, built once a session; its vectors are kept between sessions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import build
from knowledge_base.embedding import DEFAULT_SPEC
from knowledge_base.ingest.parsed import Locate
from knowledge_base.regions import Regions
from tests.services import Postgres, Unavailable, pgvector

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "var" / "models"
SHARED = ROOT.parent / "shared"
PLACES = {
    "高平": "140581",
    "牡丹江": "231000",
    "常州": "320400",
    "银川": "640100",
    "黑龙江": "230000",
    "山西": "140000",
}


@pytest.fixture
def locate() -> Locate:
    return lambda text: next((code for name, code in PLACES.items() if name in text), None)


@pytest.fixture(scope="session")
def regions() -> Regions:
    return Regions.load()


@pytest.fixture(scope="session")
def vector_server() -> Iterator[Postgres]:
    """Return a PostgreSQL that can keep vectors."""
    try:
        with pgvector() as running:
            yield running
    except Unavailable as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def cards_home() -> Path:
    """Return a home with our cards and nothing else."""
    home = ROOT / "var" / "tests" / "cards"
    build(home, embedder_spec=DEFAULT_SPEC, models=MODELS)
    return home


@pytest.fixture(scope="session")
def cards_only(cards_home: Path) -> KnowledgeBase:
    return KnowledgeBase.load(cards_home, embedder_spec=DEFAULT_SPEC, models=MODELS)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let torch learn on one thread: where others compute too, two wait for one another."""
    import torch  # noqa: PLC0415 - seconds, and most modules here do without

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def seeds() -> Callable[[str], Path]:
    """Return a finder of the five local documents; a test that needs them is skipped where they are not."""

    def find(number: str) -> Path:
        found = sorted((SHARED / "policies" / "seeds").glob(f"{number}_*.txt"))
        if not found:
            pytest.skip("the local policy documents (../shared/policies/seeds) are not here")
        return found[0]

    return find


@pytest.fixture(scope="session")
def laws() -> Path:
    folder = SHARED / "policies" / "laws"
    if not folder.is_dir():
        pytest.skip("the statutes (../shared/policies/laws) are not here")
    return folder
