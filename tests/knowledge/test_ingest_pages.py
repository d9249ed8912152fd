"""A PDF's pages are read in the order of their columns, and one that is only a picture is named."""

from io import BytesIO

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from knowledge_base.ingest.parsed import FileRefused
from knowledge_base.ingest.pdf import read_pdf
from tests.knowledge import papers

pytestmark = pytest.mark.unit


TABLE = (
    ("类别", "标准", "说明"),
    (
        "刑事案件",
        "侦查阶段每件一千五百元，审查起诉阶段每件一千八百元",
        "跨市办理的另加交通费，凭票据实报销，不超过五百元",
    ),
    ("", "审判阶段每件二千元", "同一案件不重复计算"),
    ("民事案件", "每件一千八百元，调解结案的按八成计算，撤诉的按五成计算", "涉及未成年人的每件加二百元"),
)


class TestARuledTable:
    def lines(self, *more: tuple[object, ...], framed: bool = False) -> list[str]:
        pdfmetrics.registerFont(UnicodeCIDFont(papers.FONT))
        style = ParagraphStyle("cell", fontName=papers.FONT, fontSize=12, leading=18, wordWrap="CJK")
        rows = [[Paragraph(words, style) for words in row] for row in TABLE]
        table = Table(rows, colWidths=(80, 170, 170), style=TableStyle([("GRID", (0, 0), (-1, -1), 1, "black"), *more]))
        out = BytesIO()
        story = [Paragraph("一、补贴标准如下：", style), table, Paragraph("二、本标准由司法局解释。", style)]

        def frame(drawn: canvas.Canvas, _template: object) -> None:
            if framed:
                drawn.rect(50, 60, 495, 730)

        SimpleDocTemplate(out, pagesize=A4).build(story, onFirstPage=frame)
        return [line.text for line in read_pdf(out.getvalue()).lines]

    def test_keeps_what_stands_in_one_cell_together_however_it_is_broken(self) -> None:
        rows = [" | ".join(row) for row in TABLE]
        assert self.lines() == ["一、补贴标准如下：", *rows, "二、本标准由司法局解释。"]

    def test_repeats_a_cell_over_the_rows_it_spans(self) -> None:
        assert self.lines(("SPAN", (0, 1), (0, 2)))[2:4] == [
            " | ".join(TABLE[1]),
            " | ".join(("刑事案件", *TABLE[2][1:])),
        ]

    def test_lets_a_row_of_one_cell_be_a_line(self) -> None:
        found = self.lines(("SPAN", (0, 0), (-1, 0)))
        assert (found[1], found[2]) == ("类别", " | ".join(TABLE[1]))

    def test_is_told_from_a_frame_around_the_page(self) -> None:
        assert self.lines(framed=True) == self.lines()


class TestAPdf:
    LEFT = (
        "一、安排",
        "每周三值班一次，每次不少于",
        "四小时，可以根据实际情况适",
        "当调整值班次数和时间安排。",
        "在乡镇工作站值班，特殊情况",
    )
    RIGHT = (
        "可以在村里值班，须提前公告",
        "并告知群众具体的时间地点。",
        "二、要求",
        "各所要如实登记，不得收取任",
        "何费用。",
    )
    COLUMNS = (
        "某市二〇二五年度值班实施方案",
        "一、安排",
        "每周三值班一次，每次不少于四小时，可以根据实际情况适当调整值班次数和时间安排。在乡镇工作站值班，特殊情况可以在村里值班，须提前公告并告知群众具体的时间地点。",
        "二、要求",
        "各所要如实登记，不得收取任何费用。",
    )

    @pytest.mark.parametrize("gutter", [30, 60, 110])
    @pytest.mark.parametrize("offset", [0, 7])
    def test_in_two_columns_is_read_one_after_the_other(self, gutter: int, offset: int) -> None:
        out = BytesIO()
        drawn = canvas.Canvas(out, pagesize=A4)
        pdfmetrics.registerFont(UnicodeCIDFont(papers.FONT))
        drawn.setFont(papers.FONT, 12)
        drawn.drawString(60 + 12 * 13 + gutter / 2 - 84, 780, self.COLUMNS[0])
        for at, (left, right) in enumerate(zip(self.LEFT, self.RIGHT, strict=True)):
            drawn.drawString(60, 740 - 20 * at, left)
            drawn.drawString(60 + 12 * 13 + gutter, 740 - 20 * at - offset, right)
        drawn.save()
        assert [line.text for line in read_pdf(out.getvalue()).lines] == list(self.COLUMNS)

    @pytest.mark.parametrize("angle", [90, -90, 180])
    def test_whose_words_lie_on_their_side_is_refused_for_that(self, angle: int) -> None:
        out = BytesIO()
        drawn = canvas.Canvas(out, pagesize=A4)
        pdfmetrics.registerFont(UnicodeCIDFont(papers.FONT))
        drawn.setFont(papers.FONT, 12)
        drawn.translate(300, 400)
        drawn.rotate(angle)
        for at, line in enumerate(self.LEFT):
            drawn.drawString(0, -20 * at, line)
        drawn.save()
        with pytest.raises(FileRefused, match="转正"):
            read_pdf(out.getvalue())

    def test_loses_what_is_stamped_across_its_pages(self) -> None:
        out = BytesIO()
        drawn = canvas.Canvas(out, pagesize=A4)
        pdfmetrics.registerFont(UnicodeCIDFont(papers.FONT))
        drawn.setFont(papers.FONT, 12)
        for at, line in enumerate(self.LEFT):
            drawn.drawString(60, 740 - 20 * at, line)
        drawn.translate(60, 640)
        drawn.rotate(40)
        drawn.setFont(papers.FONT, 30)
        drawn.drawString(0, 0, "内部资料")
        drawn.save()
        found = read_pdf(out.getvalue())
        assert found.text.replace("\n", "") == "".join(self.LEFT)
        assert [note.text for note in found.notes] == ["斜着印的字（水印之类），未收录：内部资料"]

    def test_with_a_page_that_is_a_picture_is_read_and_the_page_is_named(self) -> None:
        out = BytesIO()
        drawn = canvas.Canvas(out, pagesize=A4)
        pdfmetrics.registerFont(UnicodeCIDFont(papers.FONT))
        picture = ImageReader(Image.new("RGB", (60, 80), "white"))
        for scanned in (False, True):
            drawn.setFont(papers.FONT, 12)
            if scanned:
                drawn.drawImage(picture, 0, 0, *A4)
                drawn.drawCentredString(300, 20, "- 2 -")
            else:
                drawn.drawString(60, 700, "一、每周三在乡镇工作站值班。")
            drawn.showPage()
        drawn.save()
        found = read_pdf(out.getvalue())
        assert found.lines[0].text == "一、每周三在乡镇工作站值班。"
        assert [(problem.page, "OCR" in problem.text) for problem in found.problems] == [(2, True)]
