"""Draws papers on A4 as PDF, in Chinese: ruled rows, running text that may go over pages, lines to sign on.

The font is Adobe's STSong-Light, by name: every reader of PDF in a Chinese office brings it or its like, and no licence
travels with the file. It knows the characters of GB 18030 in the first plane; of any other, a 〓 asks for the pen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

_FONT: Final = "STSong-Light"
_WIDTH: Final = A4[0] - 2 * 25 * mm - 12
"""What a frame of reportlab leaves between the margins."""
_LAST: Final = 0xFFFF
"""The end of the plane that the font knows."""
_BY_HAND: Final = "〓"


@dataclass(slots=True)
class Sheets:
    """One paper in the making: parts are added from top to bottom."""

    title: str
    foot: str
    """Stands at the foot of every page, before its number."""
    _parts: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))

    def heading(self, text: str) -> None:
        """Add the name of the paper, or of a part."""
        self._parts.append(Paragraph(_plain(text), _style(18, align=TA_CENTER, after=5 * mm)))

    def rows(self, rows: Sequence[Sequence[str]], *, widths: Sequence[float]) -> None:
        """Add ruled rows; `widths` are shares of the page. Every other cell is a label."""
        cells = [
            [
                Paragraph(_plain(cell), _style(10.5, align=TA_CENTER if at % 2 == 0 else 0))
                for at, cell in enumerate(row)
            ]
            for row in rows
        ]
        table = Table(cells, colWidths=[_WIDTH * share for share in widths], repeatRows=0)
        labels = [("BACKGROUND", (at, 0), (at, -1), colors.whitesmoke) for at in range(0, len(widths), 2)]
        grid = [("GRID", (0, 0), (-1, -1), 0.6, colors.black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
        room = [("TOPPADDING", (0, 0), (-1, -1), 5), ("BOTTOMPADDING", (0, 0), (-1, -1), 7)]
        table.setStyle(TableStyle([*grid, *room, *labels]))
        self._parts.append(table)

    def block(self, title: str, lines: Sequence[str]) -> None:
        """Add a title and text under it, which may go over pages."""
        first, *others = [Paragraph(_plain(line), _style(11, after=1.5 * mm)) for line in lines] or [Spacer(1, 16 * mm)]
        head = Paragraph(_plain(title), _style(12, before=4 * mm, after=2 * mm, background=colors.whitesmoke))
        self._parts += [KeepTogether([head, first]), *others]

    def text(self, text: str, *, indent: bool = True) -> None:
        """Add a paragraph of a letter."""
        self._parts.append(Paragraph(_plain(text), _style(14, after=2 * mm, indent=28 if indent else 0)))

    def signed(self, lines: Sequence[str], *, right: bool) -> None:
        """Add lines to sign on, kept together."""
        style = _style(12, align=TA_RIGHT if right else 0, after=5 * mm)
        self._parts += [Spacer(1, 8 * mm), KeepTogether([Paragraph(_plain(line), style) for line in lines])]

    def pdf(self) -> bytes:
        """Return the paper as a file. Takes tens of milliseconds: call it in a thread."""
        out = BytesIO()
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=25 * mm,
            rightMargin=25 * mm,
            topMargin=24 * mm,
            bottomMargin=24 * mm,
            title=self.title,
            lang="zh-CN",
        )
        document.build(self._parts, onFirstPage=self._footed, onLaterPages=self._footed)
        return out.getvalue()

    def _footed(self, canvas: Any, document: Any) -> None:  # noqa: ANN401 - reportlab has no types
        canvas.setFont(_FONT, 9)
        canvas.drawString(25 * mm, 14 * mm, _drawable(self.foot))
        canvas.drawRightString(A4[0] - 25 * mm, 14 * mm, f"第 {document.page} 页")


def _style(  # noqa: PLR0913 - one per property of a paragraph
    size: float,
    *,
    align: int = 0,
    before: float = 0,
    after: float = 0,
    indent: float = 0,
    background: Any = None,  # noqa: ANN401
) -> ParagraphStyle:
    return ParagraphStyle(
        name=f"s{size}{align}",
        fontName=_FONT,
        fontSize=size,
        leading=size * 1.55,
        alignment=align,
        spaceBefore=before,
        spaceAfter=after,
        firstLineIndent=indent,
        backColor=background,
        wordWrap="CJK",
    )


def _plain(text: str) -> str:
    """Return text as reportlab's markup, in which nothing of it means anything."""
    return escape(_drawable(text)).replace("\n", "<br/>").replace("\u3000", " ")


def _drawable(text: str) -> str:
    return "".join(char if ord(char) <= _LAST else _BY_HAND for char in text)
