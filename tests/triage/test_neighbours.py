"""Neighbours vote by how near they are, and are the same neighbours after they were kept in a file."""

import numpy as np
import pytest

from knowledge_base.neighbours import Neighbours

pytestmark = pytest.mark.unit

KNOWN = np.asarray([[1, 0], [0.9, 0.1], [-1, 0.2], [-0.9, -0.1]], np.float32)
CODES = np.asarray([0, 0, 1, 1])


@pytest.fixture
def near() -> Neighbours:
    return Neighbours.of(KNOWN, CODES, classes=3)


def test_they_vote_by_how_near_they_are(near: Neighbours) -> None:
    assert near.votes(np.asarray([2, 0.1], np.float32)).argmax() == 0
    assert near.votes(np.asarray([-2, 0.1], np.float32)).argmax() == 1


def test_a_class_without_neighbours_is_unlikely_and_not_impossible(near: Neighbours) -> None:
    votes = near.votes(np.asarray([1, 0.1], np.float32))
    assert votes[2] < votes[0]
    assert np.isfinite(votes).all()


def test_packing_changes_next_to_nothing() -> None:
    rows = np.random.default_rng(1).normal(size=(200, 32)).astype(np.float32)
    near = Neighbours.of(rows, np.arange(200) % 7, classes=7)
    back = Neighbours.unpacked(near.packed, near.codes, centre=near.centre, classes=7)
    assert np.abs(back.known - near.known).max() < 0.005
    assert np.abs(back.votes(rows[3]) - near.votes(rows[3])).max() < 0.2


@pytest.mark.parametrize(
    ("codes", "centre", "classes"),
    [([0, 0, 1], 2, 3), ([0, 0, 1, 1], 3, 3), ([0, 0, 1, 3], 2, 3), ([0, 0, 1, -1], 2, 3)],
)
def test_parts_that_do_not_fit_are_refused(near: Neighbours, codes: list[int], centre: int, classes: int) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Neighbours.unpacked(near.packed, np.asarray(codes), centre=np.zeros(centre, np.float32), classes=classes)
