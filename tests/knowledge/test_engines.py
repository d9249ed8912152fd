"""What every engine of vectors must do: the nearest among the admitted rows, and nothing else."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.embedding import Matrix, Vector
from knowledge_base.engines.choice import FLAT_UP_TO, GRAPH_UP_TO, Engines
from knowledge_base.engines.local import FILE, Cells, Flat, Graph, LocalEngine
from knowledge_base.engines.pgvector import PgVector
from knowledge_base.engines.port import (
    Engine,
    EngineUnknown,
    Mask,
    Nearest,
    ShapeMismatch,
    VectorIndex,
    VectorsUnreachable,
)
from tests.services import Postgres, free_port

pytestmark = pytest.mark.knowledge
DIMENSION = 64
MANY = 12_000  # enough for a code book to be learnt from
TOLERANCE = 2e-3  # rows are kept in half precision
EXACT = {"flat", "pgvector"}
LEAST_RECALL = 0.95
Open = Callable[[Matrix], VectorIndex]


def scattered(count: int, *, seed: int = 1) -> Matrix:
    """Return unit vectors in some hundred clumps, as texts on some hundred subjects lie."""
    dice = np.random.default_rng(seed)
    middles = np.random.default_rng(0).standard_normal((120, DIMENSION))
    rows = middles[dice.integers(0, len(middles), count)] + 0.7 * dice.standard_normal((count, DIMENSION))
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


QUESTIONS = scattered(40, seed=2)


@pytest.fixture(scope="module", params=["flat", "hnsw", "ivfpq", "pgvector", "pgvector, by graph"])
def engine(request: pytest.FixtureRequest) -> Engine:
    # The approximate ones are held back from scanning, or a test this small would never see them approximate.
    match request.param:
        case "flat":
            return LocalEngine(Flat())
        case "hnsw":
            return LocalEngine(Graph(), scanned=100)
        case "ivfpq":
            return LocalEngine(Cells(), scanned=100)
        case "pgvector":
            return PgVector(request.getfixturevalue("vector_server").url("postgres"), least_indexed=2 * MANY)
        case _:
            return PgVector(request.getfixturevalue("vector_server").url("postgres"), least_indexed=100)


@pytest.fixture(scope="module")
def opened(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Return a way to write rows and open them again, which is closed and forgotten at the end."""
    made: list[tuple[VectorIndex, Path]] = []

    def write_and_open(rows: Matrix) -> VectorIndex:
        folder = tmp_path_factory.mktemp("vectors")
        engine.write(rows, folder)
        index = engine.open(folder)
        made.append((index, folder))
        return index

    yield write_and_open
    for index, folder in made:
        index.close()
        engine.discard(folder)


@pytest.fixture(scope="module")
def rows() -> Matrix:
    return scattered(MANY)


@pytest.fixture(scope="module")
def index(opened: Open, rows: Matrix) -> VectorIndex:
    return opened(rows)


def brute(rows: Matrix, vector: Vector, *, count: int, mask: Mask | None = None) -> set[int]:
    near = rows @ vector
    if mask is not None:
        near = np.where(mask, near, -2)
    return set(np.argsort(-near)[:count].tolist())


def recall(index: VectorIndex, rows: Matrix, *, count: int = 10, mask: Mask | None = None) -> float:
    shares = []
    for question in QUESTIONS:
        found = index.search(question, count=count, mask=mask)
        assert mask is None or mask[found.rows].all()
        shares.append(len(set(found.rows.tolist()) & brute(rows, question, count=count, mask=mask)) / count)
    return float(np.mean(shares))


class TestSearch:
    def test_finds_the_nearest(
        self, index: VectorIndex, rows: Matrix, engine: Engine, request: pytest.FixtureRequest
    ) -> None:
        graph = "graph" in request.node.callspec.id
        least = 0.995 if engine.name in EXACT and not graph else LEAST_RECALL
        assert recall(index, rows) >= least
        assert recall(index, rows, count=100) >= least

    def test_gives_each_row_once_best_first_with_its_cosine(self, index: VectorIndex, rows: Matrix) -> None:
        for question in QUESTIONS:
            found = index.search(question, count=50)
            assert len(found.rows) == len(set(found.rows.tolist())) == 50
            assert (np.diff(found.cosines) <= 1e-6).all()
            assert np.allclose(found.cosines, rows[found.rows] @ question, atol=TOLERANCE)

    def test_gives_no_more_than_there_is(self, opened: Open, rows: Matrix) -> None:
        few = opened(rows[:7])
        assert set(few.search(QUESTIONS[0], count=50).rows.tolist()) == set(range(7))
        assert len(few.search(QUESTIONS[0], count=0).rows) == 0

    def test_of_nothing_finds_nothing(self, opened: Open, rows: Matrix) -> None:
        empty = opened(rows[:0])
        assert (len(empty), empty.dimension) == (0, DIMENSION)
        assert len(empty.search(QUESTIONS[0], count=5).rows) == 0
        assert len(empty.search(QUESTIONS[0], count=5, mask=np.zeros(0, bool)).rows) == 0
        assert len(empty.cosines(QUESTIONS[0], np.zeros(0, np.int64))) == 0

    def test_of_one_row_finds_it(self, opened: Open, rows: Matrix) -> None:
        assert opened(rows[:1]).search(rows[0], count=5).rows.tolist() == [0]

    def test_finds_rows_that_are_alike_and_keeps_them_apart(self, opened: Open, rows: Matrix) -> None:
        twins = np.concatenate([rows[:300], np.repeat(rows[:1], 5, axis=0)])
        found = opened(twins).search(rows[0], count=6)
        assert set(found.rows.tolist()) == {0, 300, 301, 302, 303, 304}
        assert np.allclose(found.cosines, 1, atol=TOLERANCE)


class TestMask:
    @pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.02])
    def test_is_laid_on_before_ranking(self, index: VectorIndex, rows: Matrix, share: float) -> None:
        mask = np.random.default_rng(3).random(MANY) < share
        assert recall(index, rows, mask=mask) >= LEAST_RECALL
        assert len(index.search(QUESTIONS[0], count=100, mask=mask).rows) == 100

    def test_of_a_few_rows_far_away_still_finds_all_of_them(self, index: VectorIndex, rows: Matrix) -> None:
        far = np.argsort(rows @ QUESTIONS[0])[:5]
        mask = np.zeros(MANY, bool)
        mask[far] = True
        assert set(index.search(QUESTIONS[0], count=50, mask=mask).rows.tolist()) == set(far.tolist())

    def test_that_admits_nothing_finds_nothing(self, index: VectorIndex) -> None:
        assert len(index.search(QUESTIONS[0], count=5, mask=np.zeros(MANY, bool)).rows) == 0

    def test_that_admits_everything_changes_nothing(self, index: VectorIndex) -> None:
        free, masked = (index.search(QUESTIONS[0], count=9, mask=m) for m in (None, np.ones(MANY, bool)))
        assert free.rows.tolist() == masked.rows.tolist()

    def test_of_another_length_is_refused(self, index: VectorIndex) -> None:
        with pytest.raises(ShapeMismatch):
            index.search(QUESTIONS[0], count=5, mask=np.ones(MANY - 1, bool))


class TestCosines:
    def test_are_those_of_the_rows_asked_for_in_their_order(self, index: VectorIndex, rows: Matrix) -> None:
        asked = np.asarray([7, 3, MANY - 1, 3])
        assert np.allclose(index.cosines(QUESTIONS[0], asked), rows[asked] @ QUESTIONS[0], atol=TOLERANCE)

    @pytest.mark.parametrize("row", [MANY, -1])
    def test_of_a_row_that_is_not_there_are_refused(self, index: VectorIndex, row: int) -> None:
        with pytest.raises(IndexError):
            index.cosines(QUESTIONS[0], np.asarray([0, row]))

    def test_of_a_vector_of_another_length_are_refused(self, index: VectorIndex) -> None:
        short = QUESTIONS[0][:-1]
        with pytest.raises(ShapeMismatch):
            index.cosines(short, np.asarray([0]))
        with pytest.raises(ShapeMismatch):
            index.search(short, count=1)


class TestUse:
    def test_by_many_threads_at_once_gives_each_its_own_answer(self, index: VectorIndex) -> None:
        mask = np.arange(MANY) % 2 == 0

        def ask(number: int) -> Nearest:
            return index.search(QUESTIONS[number % 40], count=10, mask=mask if number % 2 else None)

        alone = [ask(number).rows.tolist() for number in range(80)]
        with ThreadPoolExecutor(8) as pool:
            together = [found.rows.tolist() for found in pool.map(ask, range(80))]
        assert together == alone

    def test_goes_on_after_it_was_opened_again(self, engine: Engine, rows: Matrix, tmp_path: Path) -> None:
        engine.write(rows[:500], tmp_path)
        first = engine.open(tmp_path)
        before = first.search(QUESTIONS[0], count=5)
        first.close()
        second = engine.open(tmp_path)
        after = second.search(QUESTIONS[0], count=5)
        second.close()
        engine.discard(tmp_path)
        assert (len(second_rows := after.rows), second_rows.tolist()) == (5, before.rows.tolist())

    def test_keeps_two_stores_apart(self, opened: Open, rows: Matrix) -> None:
        one, other = opened(rows[:50]), opened(rows[50:90])
        assert (len(one), len(other)) == (50, 40)
        assert one.search(rows[60], count=1).cosines[0] < other.search(rows[60], count=1).cosines[0]


class TestPgVector:
    def test_forgets_a_store_that_is_discarded(self, vector_server: Postgres, rows: Matrix, tmp_path: Path) -> None:
        engine = PgVector(vector_server.url("postgres"))
        engine.write(rows[:5], tmp_path)
        engine.discard(tmp_path)
        with pytest.raises(ValueError, match="no table"):
            engine.open(tmp_path)
        engine.discard(tmp_path)

    def test_knows_a_table_that_is_not_the_one_it_wrote(
        self, vector_server: Postgres, rows: Matrix, tmp_path: Path
    ) -> None:
        engine = PgVector(vector_server.url("postgres"))
        engine.write(rows[:5], tmp_path)
        noted = tmp_path / "pgvector.json"
        noted.write_text(noted.read_text().replace('"digest": ', '"digest": 1'))
        with pytest.raises(ValueError, match="another"):
            engine.open(tmp_path)
        engine.discard(tmp_path)

    def test_says_that_the_server_is_away(self, rows: Matrix, tmp_path: Path) -> None:
        engine = PgVector(f"postgresql://test@127.0.0.1:{free_port()}/none")
        with pytest.raises(VectorsUnreachable, match="PostgreSQL"):
            engine.write(rows[:5], tmp_path)
        with pytest.raises(VectorsUnreachable):
            engine.open(tmp_path)


class TestLocal:
    def test_refuses_a_file_that_is_cut(self, rows: Matrix, tmp_path: Path) -> None:
        engine = LocalEngine(Graph())
        engine.write(rows[:500], tmp_path)
        file = tmp_path / FILE
        file.write_bytes(file.read_bytes()[:-1000])
        with pytest.raises(RuntimeError):
            engine.open(tmp_path)


class TestChoice:
    def test_goes_by_size(self) -> None:
        names = [Engines().for_rows(count).name for count in (0, FLAT_UP_TO, FLAT_UP_TO + 1, GRAPH_UP_TO + 1)]
        assert names == ["flat", "flat", "hnsw", "ivfpq"]

    def test_obeys_the_operator(self) -> None:
        named = [Engines(spec).for_rows(5).name for spec in ("flat", "hnsw", "ivfpq", "pgvector:postgresql://x/y")]
        assert named == ["flat", "hnsw", "ivfpq", "pgvector"]

    @pytest.mark.parametrize("spec", ["", "faiss", "pgvector", "flat:1"])
    def test_says_what_there_is_to_one_who_asks_for_another(self, spec: str) -> None:
        with pytest.raises(EngineUnknown, match="hnsw"):
            Engines(spec).for_rows(1)

    def test_opens_what_was_written_whatever_is_chosen_now(self, rows: Matrix, tmp_path: Path) -> None:
        Engines("hnsw").write(rows[:50], tmp_path / "passages")
        opened = Engines("flat").open(tmp_path / "passages")
        assert len(opened) == 50
        opened.close()

    def test_says_which_database_is_wanted(self, vector_server: Postgres, rows: Matrix, tmp_path: Path) -> None:
        spec = f"pgvector:{vector_server.url('postgres')}"
        Engines(spec).write(rows[:50], tmp_path / "passages")
        with pytest.raises(VectorsUnreachable, match="pgvector:"):
            Engines().open(tmp_path / "passages")
        Engines(spec).discard(tmp_path / "passages")
