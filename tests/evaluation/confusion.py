"""Draws what was taken for what: an SVG that any browser shows, with a count behind every cell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import NONE

Counts: TypeAlias = NDArray[np.int64]

_CELL: Final = 15
_MARGIN: Final = 290
_HEAD: Final = 40
_RIGHT, _WRONG, _LINE = "#1a6fb0", "#c0392b", "#bbb"
_DARK: Final = 0.55
_FONT: Final = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts of what was meant (rows) and what was heard (columns), in the order of `codes`."""

    codes: tuple[str, ...]
    titles: tuple[str, ...]
    counts: Counts

    @classmethod
    def of_matters(cls, classes: Sequence[str], truth: Counts, guess: Counts, taxonomy: Taxonomy) -> "Confusion":
        """Count matters in the order of the taxonomy, so that neighbours stand together, and no matter last."""
        order = [*(code for code in taxonomy.topics if code in classes), NONE]
        place = np.asarray([order.index(code) for code in classes])
        counts = np.zeros((len(order), len(order)), np.int64)
        np.add.at(counts, (place[truth], place[guess]), 1)
        titles = (*(taxonomy.get(code).title for code in order[:-1]), "不是法律问题")
        return cls(codes=tuple(order), titles=titles, counts=counts)

    def pairs(self, most: int = 10) -> Iterator[str]:
        """Yield what is most often taken for something else."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        for index in np.argsort(-wrong, axis=None, kind="stable")[:most]:
            row, column = np.unravel_index(index, wrong.shape)
            if wrong[row, column]:
                share = wrong[row, column] / self.counts[row].sum()
                yield f"  {self.codes[row]} taken for {self.codes[column]}: {wrong[row, column]} ({share:.0%})"

    def svg(self, title: str) -> str:
        """Return the drawing: the darker a cell, the larger its share of what was meant."""
        side = _MARGIN + _CELL * len(self.codes)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{side + 10}" height="{side + _HEAD}" '
            f'viewBox="0 0 {side + 10} {side + _HEAD}" font-family="{_FONT}" font-size="9">\n'
            f'<title>{escape(title)}</title>\n<rect width="100%" height="100%" fill="white"/>\n'
            f'<text x="10" y="18" font-size="14">{escape(title)}</text>\n'
            '<text x="10" y="34" fill="#555">rows: what was meant; columns: what was heard</text>\n'
            f'<g transform="translate({_MARGIN} {_MARGIN + _HEAD - 10})">\n'
        )
        return "".join((head, *self._labels(), *self._cells(), *self._borders(), "</g>\n</svg>\n"))

    def _labels(self) -> Iterator[str]:
        for place, (code, title) in enumerate(zip(self.codes, self.titles, strict=True)):
            middle, label = place * _CELL + _CELL * 0.7, escape(f"{title} {code}")
            yield f'<text x="-6" y="{middle:.1f}" text-anchor="end">{label}</text>\n'
            yield f'<text transform="translate({middle:.1f} -6) rotate(-90)">{label}</text>\n'

    def _cells(self) -> Iterator[str]:
        shares = self.counts / np.maximum(1, self.counts.sum(axis=1, keepdims=True))
        for row, column in np.argwhere(self.counts):
            share, count = float(shares[row, column]), int(self.counts[row, column])
            x, y, fill = column * _CELL, row * _CELL, _RIGHT if row == column else _WRONG
            ink = "white" if share > _DARK**2 else "black"
            meant = f"{self.codes[row]} → {self.codes[column]}: {count} ({share:.1%})"
            yield (
                f'<g><title>{escape(meant)}</title><rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" '
                f'fill="{fill}" fill-opacity="{share**0.5:.2f}"/><text x="{x + _CELL / 2}" y="{y + _CELL * 0.65}" '
                f'font-size="6" text-anchor="middle" fill="{ink}">{count}</text></g>\n'
            )

    def _borders(self) -> Iterator[str]:
        """Draw a line wherever the first level changes."""
        side, roots = _CELL * len(self.codes), [code.split(".")[0] for code in self.codes]
        changes = [place for place in range(1, len(roots)) if roots[place] != roots[place - 1]]
        for at in (0, *(place * _CELL for place in changes), side):
            yield f'<path d="M0 {at}H{side}M{at} 0V{side}" stroke="{_LINE}" stroke-width="0.6"/>\n'
