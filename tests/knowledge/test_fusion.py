"""What several sources say of a clause becomes one order, by weights that are read back, and refused if damaged."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from knowledge_base.fusion import (
    DEEPEST,
    FEATURES,
    Evidence,
    Floats,
    Fusion,
    FusionUnreadable,
    Network,
    Source,
    ranked,
    source,
)
from knowledge_base.types import KnowledgeUnavailable
from tests.knowledge.damage import HARMS, Harm

pytestmark = pytest.mark.unit

FILE = "fusion.npz"
MEMORY = 12
"""The column that holds how near a question lies whose answer is known."""


def floats(*values: float) -> Floats:
    return np.asarray(values, np.float32)


def said(*scores: float, best: float, ranks: tuple[int, ...]) -> Source:
    return Source(floats(*scores), best, np.asarray(ranks, np.int64))


def evidence(memory: Floats) -> Evidence:
    """Return what is known of two candidates; the first leads by words, the second by meaning."""
    return Evidence(
        words=said(20.0, 5.0, best=20.0, ranks=(0, 10)),
        meaning=said(0.80, 0.84, best=0.84, ranks=(3, 0)),
        asked=said(0.0, 0.70, best=0.70, ranks=(DEEPEST, 0)),
        memory=memory,
        law_prior=floats(-1.5, -3.0),
        article_prior=floats(0.0, 0.5),
    )


def weights(seed: int = 0, *, features: int = FEATURES) -> Fusion:
    dice = np.random.default_rng(seed)

    def some(*shape: int) -> Floats:
        return dice.normal(size=shape).astype(np.float32)

    networks = tuple(Network(hidden=some(features, 4), hidden_bias=some(4), out=some(4)) for _ in range(3))
    return Fusion(mean=some(features), spread=np.abs(some(features)) + 1, networks=networks)


class TestEvidence:
    def test_is_laid_out_on_scales_that_compare_between_questions(self) -> None:
        features = evidence(floats(0.9, 0.0)).features()
        assert features.shape == (2, FEATURES)
        wanted = [
            # words: share of the best, a tenth, 1 / (10 + rank)
            [1.0, 2.0, 0.1],
            [0.25, 0.5, 0.05],
            # meaning: behind the best in steps of 0.02, the cosine, 1 / (10 + rank)
            [-2.0, 0.80, 1 / 13],
            [0.0, 0.84, 0.1],
            # how it is asked for: the same
            [-35.0, 0.0, 1 / (10 + DEEPEST)],
            [0.0, 0.70, 0.1],
        ]
        for number, row in enumerate(wanted):
            column = 3 * (number // 2)
            assert features[number % 2, column : column + 3] == pytest.approx(row, abs=1e-4)
        assert features[:, 9:11].tolist() == [[-1.5, 0.0], [-3.0, 0.5]]

    def test_of_memory_is_nothing_where_the_clause_never_answered(self) -> None:
        features = evidence(floats(0.9, 0.0)).features()
        assert features[0, MEMORY - 1 :] == pytest.approx([0.9, 0.0, 0.9, 0.5, (0.9 - 0.85) / 0.15], abs=1e-4)
        assert features[1, MEMORY - 1 :] == pytest.approx([0.0, -1.0, 0.9, 0.0, 0.0], abs=1e-4)

    def test_stays_finite_where_no_word_fits_and_nothing_is_remembered(self) -> None:
        bare = Evidence(
            words=said(0.0, 0.0, best=0.0, ranks=(DEEPEST, DEEPEST)),
            meaning=said(0.5, 0.4, best=0.5, ranks=(0, 1)),
            asked=said(0.0, 0.0, best=0.0, ranks=(DEEPEST, DEEPEST)),
            memory=floats(0.0, 0.0),
            law_prior=floats(0.0, 0.0),
            article_prior=floats(0.0, 0.0),
        )
        assert np.isfinite(bare.features()).all()


class TestRanked:
    def test_gives_the_best_first_and_nothing_at_or_below_nought(self) -> None:
        assert ranked(floats(0.2, 0.0, 0.9, -0.5, 0.4), 10).tolist() == [2, 4, 0]

    def test_gives_a_tie_to_the_earlier_even_at_the_cut(self) -> None:
        assert ranked(np.full(50, 0.5, np.float32), 3).tolist() == [0, 1, 2]
        assert ranked(floats(0.5, 0.9, 0.5, 0.5), 2).tolist() == [1, 0]

    def test_of_nothing_gives_nothing(self) -> None:
        assert ranked(floats(), 5).tolist() == ranked(floats(0.3), 0).tolist() == []

    @given(
        arrays(np.float32, st.integers(0, 60), elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0])),
        st.integers(0, 70),
    )
    def test_is_a_stable_sort_cut_short(self, scores: Floats, count: int) -> None:
        in_full = sorted((i for i in range(len(scores)) if scores[i] > 0), key=lambda i: -scores[i])
        assert ranked(scores, count).tolist() == in_full[:count]


class TestSource:
    def test_ranks_the_candidates_it_named_and_puts_the_others_last(self) -> None:
        order, candidates = np.asarray([7, 2, 9]), np.asarray([2, 5, 9])
        found = source(order, floats(0.6, 0.1, 0.4), candidates)
        assert found.ranks.tolist() == [1, DEEPEST, 2]
        assert found.best == pytest.approx(0.6)
        assert found.reciprocal == pytest.approx([1 / 11, 1 / (10 + DEEPEST), 1 / 12])

    def test_counts_no_rank_beyond_the_deepest(self) -> None:
        order = np.arange(DEEPEST + 50)[::-1]
        found = source(order, floats(0.1, 0.9), np.asarray([0, DEEPEST + 49]))
        assert found.ranks.tolist() == [DEEPEST, 0]


class TestScores:
    def test_add_up_what_each_network_makes_of_the_scaled_features(self) -> None:
        hidden = np.zeros((FEATURES, 2), np.float32)
        hidden[MEMORY - 1] = [1.0, -1.0]
        one = Network(hidden=hidden, hidden_bias=floats(0.0, 0.5), out=floats(2.0, 4.0))
        mean, spread = np.zeros(FEATURES, np.float32), np.ones(FEATURES, np.float32)
        mean[MEMORY - 1], spread[MEMORY - 1] = 0.5, 0.25
        rows = evidence(floats(0.75, 0.5)).features()
        # scaled to 1 and 0; then 2·1 + 4·0 and 2·0 + 4·0.5, from each of two networks
        assert Fusion(mean=mean, spread=spread, networks=(one, one)).scores(rows) == pytest.approx([4.0, 4.0])
        assert Fusion(mean=mean, spread=spread, networks=(one,)).scores(rows) == pytest.approx([2.0, 2.0])


class TestKeeping:
    def test_is_read_back_as_it_was(self, tmp_path: Path) -> None:
        kept = weights()
        kept.save(tmp_path)
        again = Fusion.load(tmp_path)
        assert again is not None
        rows = evidence(floats(0.9, 0.3)).features()
        assert again.scores(rows).tolist() == kept.scores(rows).tolist()

    def test_is_nothing_where_nothing_was_learned(self, tmp_path: Path) -> None:
        assert Fusion.load(tmp_path) is None

    @pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
    def test_refuses_a_damaged_file(self, tmp_path: Path, harm: Harm) -> None:
        weights().save(tmp_path)
        file = tmp_path / FILE
        file.write_bytes(harm(file.read_bytes()))
        with pytest.raises(FusionUnreadable, match="train again"):
            Fusion.load(tmp_path)

    def test_refuses_a_file_that_lacks_a_part(self, tmp_path: Path) -> None:
        np.savez(tmp_path / FILE, mean=np.zeros(FEATURES), spread=np.ones(FEATURES))
        with pytest.raises(FusionUnreadable, match="hidden"):
            Fusion.load(tmp_path)

    def test_refuses_weights_for_other_features(self, tmp_path: Path) -> None:
        weights(features=FEATURES - 1).save(tmp_path)
        with pytest.raises(FusionUnreadable, match="other features"):
            Fusion.load(tmp_path)

    def test_that_fails_is_a_technical_failure_never_a_missing_answer(self) -> None:
        assert issubclass(FusionUnreadable, KnowledgeUnavailable)
