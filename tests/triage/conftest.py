"""Things every triage test borrows: the taxonomy, the gate, and a classifier trained once without an embedding."""

from pathlib import Path

import pytest

from knowledge_base.safety import SafetyGate
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Classifier
from knowledge_base.triage_cli import UTTERANCES
from knowledge_base.triage_scores import Score, scores
from knowledge_base.triage_training import train


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


@pytest.fixture(scope="session")
def gate() -> SafetyGate:
    return SafetyGate.load()


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, taxonomy: Taxonomy) -> tuple[Path, tuple[Score, ...]]:
    path = tmp_path_factory.mktemp("triage") / "triage.npz"
    return path, scores(train(UTTERANCES, taxonomy, None, path))


@pytest.fixture(scope="session")
def classifier(trained: tuple[Path, tuple[Score, ...]], taxonomy: Taxonomy) -> Classifier:
    return Classifier.load(trained[0], taxonomy)
