"""Makes the same document as a text file, a web page, a Word file and a PDF, each with its format's usual furniture."""

import html
from collections.abc import Sequence
from io import BytesIO

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

FONT = "STSong-Light"
HEAD = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>某市司法局</title><script>var a="一、";</script>
<style>p{}</style></head><body><div class="top-nav"><ul><li><a href="/">首页</a></li><li>政务公开</li></ul></div>
<div class="breadcrumb">当前位置: 首页 &gt; 政策文件</div><div class="wrap"><div class="content" id="zoom">
"""
FOOT = """</div></div><div class="qrcode">扫一扫在手机打开当前页</div><div class="next">上一篇:某某通知 下一篇:某某公告</div>
<div>邻居单位咨询热线 0999-1234567</div><div class="site-footer">版权所有:某市人民政府 ICP备12345678号 浏览次数: 99</div></body></html>
"""


def lines_of(source: str) -> list[str]:
    """Return the lines of one of our sources without Markdown's signs."""
    lines = (line.strip(" \t\u3000\xa0\u200b").lstrip("#").strip(" \u3000") for line in source.splitlines())
    return [line for line in lines if line and line != "<!-- INFO END -->"]


def as_txt(lines: Sequence[str], *, encoding: str = "utf-8") -> bytes:
    return "\r\n\r\n".join(lines).encode(encoding)


def as_html(lines: Sequence[str], *, encoding: str = "utf-8") -> bytes:
    body = "\n".join(f'<p style="text-indent:2em"><span>{html.escape(line)}</span></p>' for line in lines)
    page = (HEAD + body + FOOT).replace('charset="utf-8"', f'charset="{encoding}"')
    return page.encode(encoding)


def as_docx(lines: Sequence[str]) -> bytes:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "某市司法局文件"
    document.sections[0].footer.paragraphs[0].text = "第 1 页"
    for line in lines:
        document.add_paragraph(line)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def as_pdf(
    lines: Sequence[str],
    *,
    running_head: str = "某市司法局文件",
    password: str | None = None,
    owner: str | None = None,
) -> bytes:
    """Return a PDF as offices print one: indented paragraphs, a running head, numbered pages, a font of the reader's.

    `password` is asked of every reader, `owner` only of whoever would change the file.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("body", fontName=FONT, fontSize=14, leading=22, firstLineIndent=28, wordWrap="CJK")

    def furniture(canvas, template) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - reportlab's own
        canvas.setFont(FONT, 10)
        canvas.drawCentredString(A4[0] / 2, A4[1] - 36, running_head)
        canvas.drawCentredString(A4[0] / 2, 30, f"— {template.page} —")

    out = BytesIO()
    locked = StandardEncryption("", ownerPassword=owner) if owner else password
    template = SimpleDocTemplate(out, pagesize=A4, encrypt=locked)
    story = [Paragraph(html.escape(line), style) for line in lines]
    template.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()
