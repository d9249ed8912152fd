"""Web pages, Word files, PDFs and every encoding say the same: the document, without its page."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.paragraph import Paragraph

from knowledge_base.corpus import Document
from knowledge_base.ingest.apart import read_pdf_apart
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.encoding import decode
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed, Reading
from knowledge_base.ingest.pdf import read_pdf
from knowledge_base.ingest.reader import read_document, read_file
from tests.knowledge import papers

pytestmark = pytest.mark.unit

PLAN = (
    "发布机构: 高平市司法局 成文日期: 2024年4月30日 发布日期: 2024-05-06",
    "高平市2024年惠民实施方案",
    "为方便群众,制定本方案。",
    "一、服务安排",
    "(一)值班时间",
    "1.市公共法律服务中心在每个工作日安排值班,值班时间参照该中心工作时间,每次值班时间不少于8小时。",
    "2.乡镇(街道)公共法律服务工作站每周三值班一次,每次值班时间不少于4小时,可根据工作实际调整值班次数和时间。",
    "(二)便民措施。行动不便的,可以电话预约。",
    "二、目标任务",
    "全年为人民群众提供优质、高效、便捷的免费法律咨询8600人次;精准对接特殊群体法律服务需求,全年为特殊群体提供无偿民事、刑事诉讼代理和刑事辩护法律援助290件。",
)


def parsed(reading: Reading, locate: Locate, *, name: str = "paper") -> Parsed:
    return read_document(reading, name=name, locate=locate)


def only(found: Parsed) -> Document:
    (document,) = found.documents
    return document


def texts(document: Document) -> dict[str, str]:
    return {clause.mark: clause.text for clause in document.clauses}


def page(body: str) -> bytes:
    return (papers.HEAD + body + papers.FOOT).encode()


class TestTheSameDocument:
    @pytest.mark.parametrize(
        ("make", "read"),
        [(papers.as_html, read_html), (papers.as_docx, read_docx), (papers.as_pdf, read_pdf)],
        ids=["html", "docx", "pdf"],
    )
    def test_gives_the_same_clauses_in_every_format(
        self,
        make: Callable[[Sequence[str]], bytes],
        read: Callable[[bytes], Reading],
        *,
        locate: Locate,
    ) -> None:
        text, _ = read_file(Path("plan.txt"), papers.as_txt(PLAN), locate=locate, region=None)
        other = parsed(read(make(PLAN)), locate)
        assert texts(only(other)) == texts(only(text))
        assert [c.headings for c in only(other).clauses] == [c.headings for c in only(text).clauses]
        assert (only(other).id, only(other).issued, only(other).plan_end) == (
            "高平市2024年惠民实施方案@2024-04-30",
            date(2024, 4, 30),
            date(2024, 12, 31),
        )
        assert only(other).published == date(2024, 5, 6)
        assert not other.problems

    @pytest.mark.parametrize(
        "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk", "gb2312"]
    )
    def test_is_read_in_every_encoding(self, encoding: str, locate: Locate) -> None:
        found, _ = read_file(Path("plan.txt"), papers.as_txt(PLAN, encoding=encoding), locate=locate, region=None)
        assert "8600人次" in texts(only(found))["二"]

    @pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-8"])
    def test_is_read_whatever_encoding_its_page_declares(self, encoding: str, locate: Locate) -> None:
        lying = papers.as_html(PLAN, encoding=encoding).replace(b'charset="gbk"', b'charset="iso-8859-1"')
        assert "290件" in texts(only(parsed(read_html(lying), locate)))["二"]


class TestEncodings:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("法律援助\0工作".encode(), "不是文本"),
            (
                "一、总体要求。法律援助工作应当坚持以人为本。".encode()[:-5] + b"\xff" + "完善机制".encode(),
                "字节坏了",
            ),
            ("法律援助工作應當堅持以人為本，維護當事人的合法權益。".encode("big5"), "不是 UTF-8"),
            ("Déjà vu, où êtes-vous né à l'été".encode("latin-1"), "不是 UTF-8"),
            (b"\xff\xfe\xfa", "不是 UTF-8"),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0", "不是文本"),
        ],
    )
    def test_what_is_no_text_we_can_be_sure_of_is_refused(self, content: bytes, reason: str) -> None:
        with pytest.raises(FileRefused, match=reason):
            decode(content)

    def test_what_nobody_sees_is_taken_out(self) -> None:
        assert decode("补贴\u202e002\u202c元\x1b[31m\u2066x\r\n二\u2028三".encode()) == "补贴002元[31mx\n二 三"


class TestAWebPage:
    def test_loses_menus_scripts_counters_and_what_is_hidden(self, locate: Locate) -> None:
        body = "".join(f"<p>{line}</p>" for line in PLAN)
        body += '<p style="display:none">补贴9999元。</p><p hidden>补贴8888元。</p><div class="share">分享到</div>'
        found = parsed(read_html(page(body)), locate)
        shown = "".join(texts(only(found)).values())
        for gone in ("扫一扫", "上一篇", "版权所有", "首页", "9999", "8888", "var a", "0999-1234567", "分享到"):
            assert gone not in shown
        assert any("扫一扫" in note.text for note in found.notes)

    def test_reports_text_it_finds_after_the_document(self, locate: Locate) -> None:
        body = "<div>" + "".join(f"<p>{line}</p>" for line in PLAN) + "</div><div>另外,咨询一律收费。</div>"
        found = parsed(read_html(page(body)), locate)
        assert [p.text for p in found.problems] == ["正文之外的文字，不知归处：另外,咨询一律收费。"]
        assert "收费" not in "".join(texts(only(found)).values())

    def test_keeps_tables_as_rows_and_reads_layout_tables_as_text(self, locate: Locate) -> None:
        table = (
            "<table><tr><th>县区</th><th>时间</th><th>件数</th></tr>"
            "<tr><td rowspan='2'>兴庆区</td><td>上半年</td><td>130</td></tr><tr><td>下半年</td><td>140</td></tr></table>"
        )
        inner = "".join(f"<p>{line}</p>" for line in PLAN) + table
        body = f"<table><tr><td width=10>&nbsp;</td><td>{inner}</td></tr></table>"
        rows = texts(only(parsed(read_html(page(body)), locate)))["二"].split("\n")[1:]
        assert rows == ["县区 | 时间 | 件数", "兴庆区 | 上半年 | 130", "兴庆区 | 下半年 | 140"]

    def test_reads_lines_parted_by_breaks_only(self, locate: Locate) -> None:
        body = "<div>" + "<br>&nbsp;&nbsp;".join(PLAN) + "</div>"
        assert set(texts(only(parsed(read_html(page(body)), locate)))) >= {"一(一)1", "一(一)2", "一(二)", "二"}

    def test_reads_lines_typed_as_they_are_and_nothing_struck_out(self) -> None:
        page = "<body><pre>某市值班方案\n一、时间\n每周<del>五</del><ins>三</ins>值班，<s>不</s>补休。\n二、地点</pre></body>"
        assert read_html(page.encode()).text == "某市值班方案\n一、时间\n每周三值班，补休。\n二、地点"

    def test_takes_what_the_page_says_of_the_document_from_its_table(self, locate: Locate) -> None:
        fields = (
            "<table><tr><td>发文机关</td><td>高平市司法局</td><td>成文日期</td><td>2024-04-30</td></tr>"
            "<tr><td>发文字号</td><td>高司字〔2024〕6号</td><td>有效性</td><td>有效</td></tr></table>"
        )
        body = fields + "".join(f"<p>{line}</p>" for line in PLAN[1:])
        document = only(parsed(read_html(page(body)), locate))
        assert (document.number, document.issuer) == ("高司字〔2024〕6号", "高平市司法局")
        assert (document.issued, document.stated_valid) == (date(2024, 4, 30), True)

    def test_takes_the_day_of_posting_from_a_line_that_counts_visits_too(self, locate: Locate) -> None:
        said = "发布时间：2025-03-02 来源：高平市司法局 浏览次数：128"
        plan = ("发布机构: 高平市司法局", *PLAN[1:])
        for lines in ([*plan[:2], said, *plan[2:]], [said, *plan], [*plan, said]):
            document = only(parsed(read_html(page("".join(f"<p>{line}</p>" for line in lines))), locate))
            assert document.published == date(2025, 3, 2)
            assert "浏览" not in "".join(texts(document).values())

    def test_takes_number_and_day_where_they_stand_alone(self, locate: Locate) -> None:
        lines = [
            *(
                "高平市便民援助实施办法",
                "高司发〔2025〕12号",
                "一、对象",
                "农民工免予审查。",
                "二、时间",
                "七日内办结。",
            ),
            *("2025年2月28日", "扫一扫在手机打开当前页"),
        ]
        document = only(parsed(read_html(page("".join(f"<p>{line}</p>" for line in lines))), locate))
        assert (document.number, document.issued) == ("高司发〔2025〕12号", date(2025, 2, 28))
        assert texts(document) == {"一": "农民工免予审查。", "二": "七日内办结。"}

    def test_keeps_a_day_and_a_number_that_stand_in_the_text(self, locate: Locate) -> None:
        lines = [
            *("高平市便民援助实施办法", "一、时间", "2025年3月1日", "开始受理。", "二、依据", "高司发〔2024〕3号"),
            *("三、其他", "未尽事宜另行通知。", "2025年2月28日", "附件", "1. 申请表。"),
        ]
        document = only(parsed(read_html(page("".join(f"<p>{line}</p>" for line in lines))), locate))
        assert texts(document)["一"] == "2025年3月1日\n开始受理。"
        assert texts(document)["二"] == "高司发〔2024〕3号"
        assert (document.number, document.issued) == (None, date(2025, 2, 28))

    def test_says_where_in_the_file_a_line_stands(self, locate: Locate) -> None:
        content = papers.as_html(PLAN)
        document = only(parsed(read_html(content), locate))
        (clause,) = [c for c in document.clauses if c.mark == "二"]
        assert "二、目标任务" in content.decode().splitlines()[clause.line - 1]


NUMBERING = f"""<w:numbering {nsdecls("w")}>
<w:abstractNum w:abstractNumId="70"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
<w:lvlText w:val="%1、"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
<w:lvlText w:val="（%2）"/></w:lvl><w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/>
<w:lvlText w:val="%3."/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="71"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>
<w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>
<w:num w:numId="70"><w:abstractNumId w:val="70"/></w:num><w:num w:numId="71"><w:abstractNumId w:val="71"/></w:num>
<w:num w:numId="72"><w:abstractNumId w:val="71"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>
</w:num></w:numbering>"""


class Word:
    """A Word file in the making, with automatic numbers as Word writes them."""

    def __init__(self) -> None:
        self.document = docx.Document()
        numbering = self.document.part.numbering_part.element
        for child in list(numbering):
            numbering.remove(child)
        for child in list(parse_xml(NUMBERING)):
            numbering.append(child)

    def say(self, text: str, *, number: int | None = None, level: int = 0) -> Paragraph:
        paragraph = self.document.add_paragraph(text)
        if number is not None:
            properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001 - python-docx has no numbering of its own
            properties.append(
                parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
            )
        return paragraph

    def bytes(self) -> bytes:
        out = BytesIO()
        self.document.save(out)
        return out.getvalue()


class TestAWordFile:
    @pytest.fixture
    def word(self) -> Word:
        return Word()

    def test_has_its_automatic_numbers_counted(self, word: Word, locate: Locate) -> None:
        word.say("发布机构: 高平市司法局 成文日期: 2024年4月30日")
        word.say("高平市2024年惠民实施方案")
        word.say("服务安排", number=70)
        word.say("值班时间", number=70, level=1)
        word.say("中心每个工作日值班。", number=70, level=2)
        word.say("站点每周三值班。", number=70, level=2)
        word.say("地点。在大厅。", number=70, level=1)
        word.say("经费", number=70)
        word.say("值班补贴。每天200元。", number=70, level=1)
        document = only(parsed(read_docx(word.bytes()), locate))
        assert texts(document) == {
            "一(一)1": "中心每个工作日值班。",
            "一(一)2": "站点每周三值班。",
            "一(二)": "地点。在大厅。",
            "二(一)": "值班补贴。每天200元。",
        }

    def test_counts_articles_and_starts_anew_where_it_is_told_to(self, word: Word, locate: Locate) -> None:
        word.say("山西省某某条例")
        for text in ("为了规范工作，制定本条例。", "工作应当公开。"):
            word.say(text, number=71)
        word.say("从第五条起另行编号。", number=72)
        word.say("本条例自2025年1月1日起施行。", number=72)
        document = only(parsed(read_docx(word.bytes()), locate))
        assert list(texts(document)) == ["第一条", "第二条", "第五条", "第六条"]
        assert document.effective_from == date(2025, 1, 1)

    def test_takes_the_number_of_a_style(self, word: Word) -> None:
        style = word.document.styles.add_style("条", 1)
        style.element.get_or_add_pPr().append(parse_xml(f'<w:numPr {nsdecls("w")}><w:numId w:val="71"/></w:numPr>'))
        word.document.add_paragraph("为了规范工作，制定本条例。", style="条")
        assert read_docx(word.bytes()).text == "第一条 为了规范工作，制定本条例。"

    def test_keeps_tables_as_rows_with_merged_cells_repeated(self, word: Word) -> None:
        table = word.document.add_table(rows=3, cols=2)
        for row, values in enumerate((("县区", "件数"), ("兴庆区", "130"), ("", "140"))):
            for column, value in enumerate(values):
                table.cell(row, column).text = value
        table.cell(1, 0).merge(table.cell(2, 0))
        assert read_docx(word.bytes()).text == "县区 | 件数\n兴庆区 | 130\n兴庆区 | 140"

    def test_shows_neither_what_was_deleted_nor_what_is_hidden(self, word: Word) -> None:
        paragraph = word.say("补贴")
        paragraph._p.append(  # noqa: SLF001
            parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>300</w:delText></w:r></w:del>")
        )
        paragraph._p.append(  # noqa: SLF001
            parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>200</w:t></w:r></w:ins>")
        )
        hidden = paragraph.add_run("999")
        hidden.font.hidden = True
        paragraph.add_run("500").font.strike = True
        paragraph.add_run("元。")
        found = read_docx(word.bytes())
        assert found.text == "补贴200元。"
        assert [note.text for note in found.notes] == ["划掉的文字，未收录：500"]

    def test_reports_a_document_embedded_in_it_and_says_what_a_picture_needs(self, word: Word) -> None:
        word.say("一、时间")
        word.document.element.body.append(parse_xml(f"<w:altChunk {nsdecls('w')}/>"))
        (problem,) = read_docx(word.bytes()).problems
        assert "嵌入了另一份文件" in problem.text
        pictures = Word()
        pictures.say("").add_run()._r.append(parse_xml(f"<w:drawing {nsdecls('w')}/>"))  # noqa: SLF001
        with pytest.raises(FileRefused, match="OCR"):
            read_docx(pictures.bytes())

    def test_shows_no_row_that_was_deleted_and_no_letters_set_above_a_word(self, word: Word) -> None:
        table = word.document.add_table(rows=2, cols=2)
        for row, values in enumerate((("刑事", "一千元"), ("民事", "八百元"))):
            for column, value in enumerate(values):
                table.cell(row, column).text = value
        properties = table.rows[1]._tr.get_or_add_trPr()  # noqa: SLF001
        properties.append(parse_xml(f"<w:del {nsdecls('w')}/>"))
        base = "<w:rubyBase><w:r><w:t>赡养</w:t></w:r></w:rubyBase>"
        ruby = f"<w:r {nsdecls('w')}><w:ruby><w:rt><w:r><w:t>shàn yǎng</w:t></w:r></w:rt>{base}</w:ruby></w:r>"
        word.say("")._p.append(parse_xml(ruby))  # noqa: SLF001
        assert read_docx(word.bytes()).text == "刑事 | 一千元\n赡养"

    def test_is_read_inside_content_controls(self, word: Word) -> None:
        body = word.document.element.body
        control = parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>控件里的一段。</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        )
        body.insert(0, control)
        assert body.find(qn("w:sdt")) is not None
        assert read_docx(word.bytes()).text == "控件里的一段。"


class TestAPdf:
    def test_says_on_which_page_a_clause_stands_and_drops_running_lines(self, locate: Locate) -> None:
        lines = [*PLAN, *(f"{n}.{'乡镇工作站应当公示值班人员和时间。' * 6}" for n in range(1, 30))]
        found = parsed(read_pdf(papers.as_pdf(lines)), locate)
        shown = "".join(texts(only(found)).values())
        assert "某市司法局文件" not in shown
        assert not re.search("—\\s*\\d\\s*—", shown)
        assert len(texts(only(found))) == len({*texts(only(found))}) >= 33
        assert {note.page for note in found.notes if "页眉页脚" in note.text} >= {1, 2, 3}

    def test_keeps_tables_as_rows(self) -> None:
        from reportlab.platypus import SimpleDocTemplate, Table  # noqa: PLC0415

        papers.as_pdf(["注册字体。"])
        out = BytesIO()
        table = Table(
            [["县区", "件数"], ["兴庆区", "270"], ["金凤区", "160"]],
            colWidths=150,
            style=[("FONT", (0, 0), (-1, -1), papers.FONT)],
        )
        SimpleDocTemplate(out).build([table])
        assert read_pdf(out.getvalue()).text == "县区 | 件数\n兴庆区 | 270\n金凤区 | 160"

    def test_is_read_in_a_process_of_its_own(self) -> None:
        content = papers.as_pdf(PLAN)
        assert read_pdf_apart(content) == read_pdf(content)

    def test_that_takes_too_long_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="秒还没有读完"):
            read_pdf_apart(papers.as_pdf(PLAN), seconds=0.01)

    def test_that_breaks_its_reader_is_refused(self) -> None:
        with pytest.raises(FileRefused, match="中途坏了"):
            read_pdf_apart(b"%PDF-1.4", module="knowledge_base.no_such_module")
