"""Photographs and PDFs as citizens send them, drawn for tests; nothing of a real one."""

import io
from collections.abc import Sequence

from PIL import Image, TiffImagePlugin
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SECRET_PLACE = "N44E129"


def photograph(*, form: str = "JPEG", size: tuple[int, int] = (640, 480), colour: str = "navy") -> bytes:
    """Return a photograph that tells in its margin where and by whom it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET_PLACE
    exif[0x0112] = 6  # turned: what is upright lies on its side
    exif[0x8825] = {1: "N", 2: (TiffImagePlugin.IFDRational(44), 30.0, 0.0)}
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, form, exif=exif)
    return content.getvalue()


def pdf(lines: Sequence[str]) -> bytes:
    """Return a PDF with a text layer, a line under the other."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    content = io.BytesIO()
    canvas = Canvas(content)
    canvas.setFont("STSong-Light", 14)
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 28 * number, line)
    canvas.save()
    return content.getvalue()
