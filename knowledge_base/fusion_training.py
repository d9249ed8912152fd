"""Fits the networks of the fusion: a right article should stand before the wrong ones of its question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from knowledge_base.fusion import FEATURES, Floats, Fusion, Network

_HIDDEN: Final = 48
_NETWORKS: Final = 4
_EPOCHS: Final = 40
_RATE: Final = 3e-3
_DECAY: Final = 0.1
_DROPOUT: Final = 0.1
_BATCH: Final = 32
_LEAST: Final = 1e-6
_NEVER: Final = -1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question: candidates, what is known of each, and which are right."""

    entries: NDArray[np.int64]
    features: Floats
    right: NDArray[np.bool_]


def fit(cases: Sequence[Case]) -> Fusion:
    """Learn from the questions of which a right article is among the candidates."""
    usable = [case for case in cases if case.right.any()]
    everything = np.concatenate([case.features for case in usable])
    mean, spread = everything.mean(axis=0), everything.std(axis=0) + np.float32(_LEAST)
    widest = max(len(case.entries) for case in usable)
    features = torch.zeros(len(usable), widest, FEATURES)
    right = torch.zeros(len(usable), widest, dtype=torch.bool)
    there = torch.zeros(len(usable), widest, dtype=torch.bool)
    for row, case in enumerate(usable):
        size = len(case.entries)
        features[row, :size] = torch.from_numpy((case.features - mean) / spread)
        right[row, :size] = torch.from_numpy(case.right)
        there[row, :size] = True
    networks = tuple(_network(features, right, there, seed=seed) for seed in range(_NETWORKS))
    return Fusion(mean=mean, spread=spread, networks=networks)


def _network(features: torch.Tensor, right: torch.Tensor, there: torch.Tensor, *, seed: int) -> Network:
    torch.manual_seed(seed)
    first, last = nn.Linear(FEATURES, _HIDDEN), nn.Linear(_HIDDEN, 1, bias=False)
    net = nn.Sequential(first, nn.ReLU(), nn.Dropout(_DROPOUT), last)
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    order = torch.Generator().manual_seed(seed)
    steps, done = _EPOCHS * -(-len(features) // _BATCH), 0
    for _ in range(_EPOCHS):
        for batch in torch.split(torch.randperm(len(features), generator=order), _BATCH):
            scores = net(features[batch]).squeeze(-1).masked_fill(~there[batch], _NEVER)
            share = torch.log_softmax(scores, 1).masked_fill(~right[batch], 0).sum(1) / right[batch].sum(1)
            for group in optimiser.param_groups:
                group["lr"] = _RATE * (1 - done / steps)
            optimiser.zero_grad()
            (-share.mean()).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            done += 1
    return Network(
        hidden=first.weight.detach().numpy().T.copy(),
        hidden_bias=first.bias.detach().numpy().copy(),
        out=last.weight.detach().numpy()[0].copy(),
    )
