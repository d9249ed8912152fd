"""A PDF's pages are read in the order of their columns, and one that is only a picture is named."""

from io import BytesIO

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from knowledge_base.ingest.pdf import read_pdf
from tests.knowledge import papers

pytestmark = pytest.mark.unit


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
