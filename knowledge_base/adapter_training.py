"""Fits adapters: one by which a question lies nearest to the articles that answer it, one that hears danger.

Only upper layers are adapted; what the lower ones make of a text is computed once. Vectors of documents stay as they
are, so that each step can hold a question against every passage there is instead of a few negatives, and a trained
adapter needs no passage embedded anew.
"""

import math
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from knowledge_base.embedding import BASE_SPEC, Matrix

_DROPOUT: Final = 0.05
_BATCH: Final = 32
_SCALE: Final = 50.0
_DECAY: Final = 0.01
_WARM_UP: Final = 20
_LEAST_RATE: Final = 0.02
_HEARD_EVERY: Final = 50
_LENGTH: Final = 12.0
"""Unit vectors are stretched so far before a head reads them: it learns faster."""
_HEAD_SHARE: Final = 2.0
_LEFT_OUT: Final = 0.1
_SMOOTHED: Final = 0.1

State = dict[str, torch.Tensor]
Halfway = torch.Tensor
"""What the lower layers made of one question: tokens x width, half precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which layers learn, how much, and how many tokens of a text are read."""

    first_layer: int = 6
    rank: int = 16
    longest: int = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A question, halfway through the model, and the rows of the passages that answer it."""

    halfway: Halfway
    rows: Sequence[int]


class Student:
    """The model while it learns."""

    def __init__(self, base: Path, *, seed: int, shape: Shape | None = None) -> None:
        torch.manual_seed(seed)
        torch.set_num_threads(os.cpu_count() or 1)  # whoever opened a model for questions left torch a single one
        self._shape = shape or Shape()
        model = SentenceTransformer(str(base), device="cpu", local_files_only=True)
        self._prompt = cast("str", model.prompts["query"])
        self._tokenizer = cast("Any", model.tokenizer)
        self._bert = cast("Any", model[0]).model
        layers = self._bert.config.num_hidden_layers
        self._peft = get_peft_model(
            self._bert,
            LoraConfig(
                r=self._shape.rank,
                lora_alpha=2 * self._shape.rank,
                lora_dropout=_DROPOUT,
                target_modules=["query", "key", "value", "dense"],
                layers_to_transform=list(range(self._shape.first_layer, layers)),
                layers_pattern="layer",
            ),
        )
        self._rng = random.Random(seed)  # noqa: S311 - order of training, not a secret

    @property
    def state(self) -> State:
        """Return a copy of what was learned so far."""
        return {name: tensor.clone() for name, tensor in get_peft_model_state_dict(self._peft).items()}

    def restore(self, state: State) -> None:
        """Go back to an earlier state."""
        set_peft_model_state_dict(self._peft, state)

    def save(self, folder: Path) -> None:
        """Write the adapter as PEFT does, in half precision."""
        # Else PEFT names the path on the machine that trained, and looks there whether the vocabulary grew.
        self._peft.peft_config["default"].base_model_name_or_path = BASE_SPEC
        self._peft.half().save_pretrained(str(folder), save_embedding_layers=False)
        (folder / "README.md").unlink(missing_ok=True)
        self._peft.float()

    @torch.no_grad()
    def halfway(self, texts: Sequence[str]) -> list[Halfway]:
        """Read questions as far as the layers that do not change."""
        self._peft.eval()
        found: dict[int, Halfway] = {}
        for batch in _by_length([len(text) for text in texts]):
            read = self._tokenizer(
                [self._prompt + texts[i] for i in batch],
                padding=True,
                truncation=True,
                max_length=self._shape.longest,
                return_tensors="pt",
            )
            mask = read["attention_mask"]
            hidden = self._bert.embeddings(input_ids=read["input_ids"])
            for layer in self._bert.encoder.layer[: self._shape.first_layer]:
                hidden = _through(layer, hidden, mask)
            for row, i in enumerate(batch):
                found[i] = hidden[row, : int(mask[row].sum())].half().clone()
        return [found[i] for i in range(len(texts))]

    @torch.no_grad()
    def encode(self, questions: Sequence[Halfway]) -> Matrix:
        """Return unit vectors."""
        self._peft.eval()
        vectors = np.zeros((len(questions), self._bert.config.hidden_size), np.float32)
        for batch in _by_length([len(question) for question in questions]):
            vectors[batch] = self._vectors([questions[i] for i in batch]).numpy()
        return vectors

    def fit(
        self,
        examples: Sequence[Example],
        passages: torch.Tensor,
        *,
        epochs: int,
        rate: float,
        heard: Callable[[int, int, float], None],
    ) -> None:
        """Learn. The loss is the share of probability, over all passages, that the right ones do not get."""

        def missed(vectors: torch.Tensor, batch: Sequence[int]) -> torch.Tensor:
            scores = vectors @ passages.T * _SCALE
            right = [torch.logsumexp(scores[row, list(examples[i].rows)], 0) for row, i in enumerate(batch)]
            return (torch.logsumexp(scores, 1) - torch.stack(right)).mean()

        self._learn([example.halfway for example in examples], missed, epochs=epochs, rate=rate, heard=heard)

    def sort(
        self,
        texts: Sequence[Halfway],
        labels: Sequence[int],
        *,
        epochs: int,
        rate: float,
        heard: Callable[[int, int, float], None],
    ) -> torch.nn.Linear:
        """Learn to tell labels, 0 and up, apart; return what reads them off a vector of `encode`."""
        head = torch.nn.Linear(self._bert.config.hidden_size, max(labels) + 1)
        wanted = torch.tensor(labels)

        def wrong(vectors: torch.Tensor, batch: Sequence[int]) -> torch.Tensor:
            guesses = head(functional.dropout(vectors, _LEFT_OUT) * _LENGTH)
            return functional.cross_entropy(guesses, wanted[list(batch)], label_smoothing=_SMOOTHED)

        self._learn(texts, wrong, epochs=epochs, rate=rate, heard=heard, beside=head)
        with torch.no_grad():
            head.weight.mul_(_LENGTH)
        return head

    def _learn(  # noqa: PLR0913 - a loop and all that it turns on
        self,
        texts: Sequence[Halfway],
        loss_of: Callable[[torch.Tensor, Sequence[int]], torch.Tensor],
        *,
        epochs: int,
        rate: float,
        heard: Callable[[int, int, float], None],
        beside: torch.nn.Module | None = None,
    ) -> None:
        weights = [p for p in self._peft.parameters() if p.requires_grad]
        groups: list[dict[str, Any]] = [{"params": weights, "share": 1.0}]
        if beside is not None:
            groups.append({"params": list(beside.parameters()), "share": _HEAD_SHARE})
        optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=_DECAY)
        steps = epochs * math.ceil(len(texts) / _BATCH)
        done, lost = 0, 0.0
        self._peft.train()
        while done < steps:
            for batch in self._shuffled([len(text) for text in texts]):
                loss = loss_of(self._vectors([texts[i] for i in batch]), batch)
                for group in optimiser.param_groups:
                    now = min(1, (done + 1) / _WARM_UP) * max(_LEAST_RATE, 1 - done / steps)
                    group["lr"] = rate * group["share"] * now
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(weights, 1.0)
                optimiser.step()
                done, lost = done + 1, lost + float(loss.detach())
                if done % _HEARD_EVERY == 0:
                    heard(done, steps, lost / _HEARD_EVERY)
                    lost = 0.0
                if done == steps:
                    return

    def _shuffled(self, lengths: Sequence[int]) -> list[list[int]]:
        """Return batches of like length in random order."""
        order = list(range(len(lengths)))
        self._rng.shuffle(order)
        window = 16 * _BATCH
        batches = [
            batch
            for start in range(0, len(order), window)
            for batch in _cut(sorted(order[start : start + window], key=lambda i: lengths[i]))
        ]
        self._rng.shuffle(batches)
        return batches

    def _vectors(self, questions: Sequence[Halfway]) -> torch.Tensor:
        longest = max(len(question) for question in questions)
        hidden = torch.zeros(len(questions), longest, questions[0].shape[1])
        mask = torch.zeros(len(questions), longest)
        for row, question in enumerate(questions):
            hidden[row, : len(question)] = question.float()
            mask[row, : len(question)] = 1
        for layer in self._bert.encoder.layer[self._shape.first_layer :]:
            hidden = _through(layer, hidden, mask)
        weight = mask.unsqueeze(-1)
        return functional.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)


def _through(layer: Any, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - a BertLayer
    out = layer(hidden, (1 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min)
    return cast("torch.Tensor", out[0] if isinstance(out, tuple) else out)


def _by_length(lengths: Sequence[int]) -> list[list[int]]:
    return _cut(sorted(range(len(lengths)), key=lambda i: lengths[i]))


def _cut(order: Sequence[int]) -> list[list[int]]:
    return [list(order[start : start + _BATCH]) for start in range(0, len(order), _BATCH)]
