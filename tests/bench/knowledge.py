"""What the knowledge base costs: engines of vectors side by side, loading an index, and a whole question.

Every figure is taken in a process of its own, so that memory is what that one thing needs. The vectors are those of a
built home; where there is none they are drawn in clumps, and the table says so. Recall is against the exact engine on
the same rows and questions, so it holds on any machine; times are for comparing engines with one another.

A million rows are those of the home with noise added, each at a cosine of some 0.96 to the one it was made from: as near
one another as passages of like texts. `--million` asks for them, for they take an hour on two cores.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from knowledge_base.embedding import DEFAULT_SPEC, Matrix
from knowledge_base.engines.choice import LOCAL
from knowledge_base.engines.local import FILE, LocalEngine
from knowledge_base.engines.pgvector import PgVector
from knowledge_base.engines.port import Engine
from knowledge_base.index_files import FOLDER, read_manifest
from knowledge_base.index_writer import PASSAGES, VECTORS
from knowledge_base.types import KnowledgeUnavailable
from tests.services import Unavailable, pgvector

HOME = Path("var") / "knowledge"
UTTERANCES = Path(__file__).resolve().parents[2] / "nlu_data" / "triage"
SMALL, STATUTES, MILLION = 1_000, 58_000, 1_000_000
DIMENSION = 384
NOISE = 0.3
ASKED = 200
POOL = 200
STEP = 50_000
SHARE = 0.3
LONGEST_LOAD, LONGEST_QUESTION = 2.0, 0.040
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Built:
    """What it cost to write the rows."""

    seconds: float
    peak: float
    disk: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What it costs to ask; `admitted` is the same with three rows in ten admitted."""

    opened: float
    private: float
    mapped: float
    times: tuple[float, float]
    times_admitted: tuple[float, float]
    found: list[list[int]]
    found_admitted: list[list[int]]


def apart(work: Callable[..., T], *arguments: object) -> T:
    """Do something in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def memory() -> dict[str, float]:
    """Return what this process holds, in MB: its own, mapped from files, and at most; nothing where nobody says."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1000 for name in ("RssAnon", "RssFile", "VmHWM")}


def engine_of(spec: str) -> Engine:
    """Return an engine that does what its name says at any size: no scan where its graph or cells are to be measured."""
    kind, _, address = spec.partition(":")
    return PgVector(address) if address else LocalEngine(LOCAL[kind], scanned=0)


def percentiles(times: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile, in milliseconds."""
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return cuts[9] * 1000, cuts[18] * 1000


def timed(
    ask: Callable[[int], T], count: int, *, clock: Callable[[], float] = time.perf_counter
) -> tuple[tuple[float, float], list[T]]:
    """Ask so often, after a few questions that nobody times."""
    for number in range(min(10, count)):
        ask(number)
    times, answers = [], []
    for number in range(count):
        began = clock()
        answers.append(ask(number))
        times.append(clock() - began)
    return percentiles(times), answers


def build(spec: str, rows: Path, folder: Path) -> Built:
    """Write rows with one engine."""
    vectors = np.load(rows).astype(np.float32)
    folder.mkdir()
    began = time.perf_counter()
    engine_of(spec).write(vectors, folder)
    took = time.perf_counter() - began
    disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Built(took, memory().get("VmHWM", float("nan")), disk / 1e6)


def search(spec: str, folder: Path, questions: Path) -> Searched:
    """Open what one engine wrote and ask it."""
    asked = np.load(questions)
    import faiss  # noqa: F401, PLC0415 - the library is no part of what opening costs

    before, began = memory(), time.perf_counter()
    index = engine_of(spec).open(folder)
    opened = time.perf_counter() - began
    mask = np.random.default_rng(7).random(len(index)) < SHARE
    times, free = timed(lambda n: index.search(asked[n], count=POOL), len(asked))
    times_admitted, admitted = timed(lambda n: index.search(asked[n], count=POOL, mask=mask), len(asked))
    after = memory()
    index.close()
    grown = {name: after[name] - before[name] for name in before}
    return Searched(
        opened * 1000,
        grown.get("RssAnon", float("nan")),
        grown.get("RssFile", float("nan")),
        times,
        times_admitted,
        [found.rows[:10].tolist() for found in free],
        [found.rows[:10].tolist() for found in admitted],
    )


def rows_of(home: Path) -> Matrix | None:
    """Return the vectors of a built home, if it keeps any in files."""
    manifest = read_manifest(home)
    if manifest is None:
        return None
    current = home / FOLDER / (home / FOLDER / "CURRENT").read_text().strip()
    file = current / VECTORS / PASSAGES / FILE
    if not file.is_file():
        return None
    import faiss  # noqa: PLC0415

    index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
    rows: Matrix = index.reconstruct_n(0, index.ntotal)
    return rows


def unit(rows: Matrix) -> Matrix:
    """Return the rows at length one."""
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def drawn(count: int, dice: np.random.Generator) -> Matrix:
    """Return rows in a thousand clumps that all lie to one side, as a model of language lays texts."""
    middles = 0.9 + dice.standard_normal((1000, DIMENSION))
    noise = dice.standard_normal((count, DIMENSION), dtype=np.float32)
    return unit(middles[dice.integers(0, len(middles), count)].astype(np.float32) + 0.7 * noise)


def varied(rows: Matrix, count: int, dice: np.random.Generator, *, noise: float = NOISE) -> Matrix:
    """Return so many rows made from these by adding noise."""
    made = np.empty((count, rows.shape[1]), np.float32)
    for start in range(0, count, STEP):
        chosen = rows[dice.integers(0, len(rows), min(STEP, count - start))]
        noisy = chosen + dice.standard_normal(chosen.shape, dtype=np.float32) * (noise / rows.shape[1] ** 0.5)
        made[start : start + STEP] = unit(noisy)
    return made


def utterances(count: int) -> list[str]:
    """Return what callers say, drawn from the training data of triage."""
    texts: list[str] = []
    for file in sorted(UTTERANCES.glob("*.yml")):
        texts += [line.strip() for line in file.read_text("utf-8").splitlines() if line.startswith("    ")]
    return [texts[i] for i in np.random.default_rng(11).permutation(len(texts))[:count]]


def embedded(spec: str, models: Path, texts: Sequence[str]) -> Matrix:
    """Return the vectors of questions."""
    from knowledge_base.embedding import load_embedder  # noqa: PLC0415 - seconds, and only some figures need it

    return load_embedder(spec, models=models).queries(texts)


def compare(title: str, rows: Matrix, questions: Matrix, *, specs: Sequence[str], folder: Path) -> None:
    """Print one table: every engine over the same rows."""
    folder.mkdir()
    np.save(folder / "rows.npy", rows.astype(np.float16))
    np.save(folder / "questions.npy", questions)
    print(
        f"\n{title}: {len(rows):,} rows of {rows.shape[1]}, {len(questions)} questions, the best {POOL} rows of each; recall@10 against flat"
    )
    print(
        f"{'engine':<10}{'build s':>9}{'peak MB':>9}{'disk MB':>9}{'open ms':>9}{'own MB':>8}{'mapped':>8}"
        f"{'p50 ms':>9}{'p95':>8}{'recall@10':>11}{f'  {SHARE:.0%}: p50':>12}{'p95':>8}{'recall@10':>11}"
    )
    exact: Searched | None = None
    for number, spec in enumerate(specs):
        kept = folder / f"{number}"
        built = apart(build, spec, folder / "rows.npy", kept)
        found = apart(search, spec, kept, folder / "questions.npy")
        exact = exact or found
        recall, admitted = shared(found.found, exact.found), shared(found.found_admitted, exact.found_admitted)
        name = spec.partition(":")[0]
        print(
            f"{name:<10}{built.seconds:>9.1f}{built.peak:>9.0f}{built.disk:>9.0f}{found.opened:>9.1f}"
            f"{found.private:>8.0f}{found.mapped:>8.0f}{found.times[0]:>9.2f}{found.times[1]:>8.2f}{recall:>11.3f}"
            f"{found.times_admitted[0]:>12.2f}{found.times_admitted[1]:>8.2f}{admitted:>11.3f}",
            flush=True,
        )
        engine_of(spec).discard(kept)


def shared(found: list[list[int]], exact: list[list[int]]) -> float:
    """Return how much of what the exact engine finds is found."""
    return statistics.mean(len(set(a) & set(b)) / max(len(b), 1) for a, b in zip(found, exact, strict=True))


def loaded(home: Path, spec: str) -> tuple[float, dict[str, float], dict[str, tuple[float, ...]]]:
    """Open a home's index and ask whole questions; returns seconds, MB, and milliseconds by step, by either clock."""
    import bm25s  # noqa: F401, PLC0415 - the libraries are no part of what opening costs
    import faiss  # noqa: F401, PLC0415

    from knowledge_base.answer import KnowledgeBase  # noqa: PLC0415
    from knowledge_base.index import open_index  # noqa: PLC0415
    from knowledge_base.search import Wanted  # noqa: PLC0415

    before, began = memory(), time.perf_counter()
    index = open_index(home, model=str((read_manifest(home) or {})["model"]))
    took = time.perf_counter() - began
    texts, today = utterances(ASKED), datetime.now(UTC).date()
    for text in texts:
        index.word_scores(text)
    grown = {name: value - before[name] for name, value in memory().items()}
    base = KnowledgeBase.load(home, embedder_spec=spec)
    vectors = [base.embed(text) for text in texts]
    steps: dict[str, Callable[[int], object]] = {
        "embedding": lambda n: base.embed(texts[n]),
        "words": lambda n: index.word_scores(texts[n]),
        "vectors": lambda n: index.nearest(vectors[n], count=POOL, mask=None),  # type: ignore[arg-type]
        "query": lambda n: base.searcher.rank(Wanted(query=texts[n], on=today)),
        "whole search": lambda n: base.search(texts[n], region=None, on=today),
        "whole answer": lambda n: base.ask(texts[n], region=None, on=today),
    }
    both = (time.perf_counter, time.process_time)
    figures = {
        name: tuple(figure for clock in both for figure in timed(step, len(texts), clock=clock)[0])
        for name, step in steps.items()
    }
    return took, grown, figures


def whole(home: Path, spec: str) -> bool:
    """Print what a home costs to open and to ask; returns whether it is as fast as it should be."""
    took, grown, steps = apart(loaded, home, spec)
    manifest = read_manifest(home) or {}
    print(f"\n{home}: {manifest.get('passages'):,} passages, {manifest.get('cards')} cards")
    sizes = f"{grown['RssAnon']:.0f} MB of its own, {grown['RssFile']:.0f} MB mapped" if grown else "memory unknown"
    print(
        f"index opened, every byte checked, in {took:.2f} s (aim: at most {LONGEST_LOAD:.0f} s);"
        f" it holds {sizes} after {ASKED} searches by words alone"
    )
    print(f"{'a question':<16}{'waited, ms: p50':>17}{'p95':>8}{'processor, ms: p50':>20}{'p95':>8}")
    for name, (p50, p95, busy50, busy95) in steps.items():
        print(f"{name:<16}{p50:>17.2f}{p95:>8.2f}{busy50:>20.2f}{busy95:>8.2f}")
    print(
        f"aim: «query», which embeds a question and ranks by words and vectors, waits at most {LONGEST_QUESTION * 1000:.0f} ms"
        " at p95 on two idle cores; «whole search» then judges what was found, and «whole answer» puts it into words"
    )
    return took <= LONGEST_LOAD and steps["query"][1] <= LONGEST_QUESTION * 1000


def main(arguments: list[str]) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench knowledge", description=__doc__.partition("\n")[0])
    parser.add_argument("--home", type=Path, default=HOME, help=f"a built home to take vectors from, default {HOME}")
    parser.add_argument("--model", default=DEFAULT_SPEC, help=f"its embedding model, default {DEFAULT_SPEC}")
    parser.add_argument("--million", action="store_true", default=bool(os.environ.get("BENCH_MILLION")))
    parser.add_argument("--pgvector", action="store_true", help="beside the files, a PostgreSQL with pgvector")
    parser.add_argument(
        "--sizes",
        default="1k,58k",
        help="which tables to print: 1k (a thousand of the rows), 58k (all rows of the home, or 58,000 drawn), none",
    )
    options = parser.parse_args(arguments)
    dice = np.random.default_rng(5)
    real = rows_of(options.home)
    asked = None
    if real is not None:
        print(f"real vectors: {len(real):,} rows of {options.home}; questions: {ASKED} things callers say")
        asked = apart(embedded, options.model, options.home.parent / "models", utterances(ASKED))
    else:
        print(f"drawn vectors: {options.home} holds no index with vectors in files; build one for real figures")
    rows = real if real is not None else drawn(STATUTES, dice)
    questions = asked if asked is not None else varied(rows, ASKED, dice, noise=0.5)
    specs, sizes = ["flat", "hnsw", "ivfpq"], options.sizes.split(",")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        if options.pgvector:
            try:
                specs.append(f"pgvector:{stack.enter_context(pgvector()).url('postgres')}")
            except Unavailable as absent:
                print(f"no pgvector: {absent}")
        if "1k" in sizes:
            some = rows[dice.permutation(len(rows))[:SMALL]]
            compare("1k of them", some, questions, specs=specs, folder=Path(folder) / "1k")
        if "58k" in sizes:
            title = "all the home has" if real is not None else "58k drawn"
            compare(title, rows, questions, specs=specs, folder=Path(folder) / "58k")
        if options.million:
            many = varied(rows, MILLION, dice)
            compare("1M made from them by noise", many, questions, specs=specs, folder=Path(folder) / "1M")
    if real is None:
        print("\nno index: nothing to open and to ask as a whole")
        return 0
    try:
        return 0 if whole(options.home, options.model) else 1
    except KnowledgeUnavailable as unavailable:
        print(f"\nnothing to ask as a whole: {unavailable}")
        return 1
