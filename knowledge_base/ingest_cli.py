"""Commands for the texts themselves: take official texts in, and show one provision by its number."""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from knowledge_base import curated
from knowledge_base.arguments import day
from knowledge_base.corpus import Document, citation
from knowledge_base.ingest.parsed import Locate, Remark
from knowledge_base.ingest.store import FileOutcome, FileReport, count_files, ingest
from knowledge_base.provisions import Provision, called, look_up
from knowledge_base.regions import Regions
from knowledge_base.standings import STANDINGS
from knowledge_base.terminal import BAD_INPUT, FAILED, OK, complain, place_name, progress_bar, region_code, say, warn
from knowledge_base.types import NATION

DEFAULT_HOME: Final = Path("var") / "knowledge"
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_OUTCOMES: Final[Mapping[FileOutcome, str]] = MappingProxyType(
    {
        FileOutcome.ADDED: "新收录",
        FileOutcome.REPLACED: "替换旧版",
        FileOutcome.UNCHANGED: "没有变化",
        FileOutcome.REFUSED: "拒收",
    }
)


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `ingest` and `show`."""
    text = "收录文件：一份或者一个文件夹"
    more = "隐藏文件和打开着的文档留下的锁（~$…）会跳过。有文件或者有一行没收进来时，退出码是 1。"
    taking = subparsers.add_parser("ingest", help=text, description=f"{text}。{more}")
    taking.add_argument("paths", nargs="+", type=Path)
    taking.add_argument("--region", help="文件自己没写是哪里的，就算这里的；文件写明了的，以文件为准")
    taking.add_argument("--verbose", action="store_true", help="把修补过的地方和没收录的网页文字也列出来")
    _common(taking)
    taking.set_defaults(run=_ingest)
    text = "按编号看一条原文，例如：法律援助法第三十一条第三项"
    showing = subparsers.add_parser("show", help=text, description=text)
    showing.add_argument("citation", help="文件（名称、文号或者编号）和第几条；只写文件就列出它有哪些条")
    showing.add_argument("--region", help="哪里的文件：地名或者六位代码，不写就不限")
    showing.add_argument("--on", type=day, help="要看哪一天适用的版本，不写就是今天")
    _common(showing)
    showing.set_defaults(run=_show)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"资料放在哪个文件夹，不写就是 {DEFAULT_HOME}")
    command.add_argument("--json", action="store_true", help="输出 JSON")


def locator(regions: Regions) -> Locate:
    """Return what finds the place an issuer names."""

    def locate(text: str) -> str | None:
        region = regions.find_in(text)
        return region.code if region else None

    return locate


def _ingest(options: argparse.Namespace) -> int:
    absent = [path for path in options.paths if not path.exists()]
    if absent:
        return complain(options, code="no_such_file", message=f"没有这个文件：{absent[0]}", status=BAD_INPUT)
    with progress_bar() as progress:
        task = progress.add_task("收录文件", total=count_files(options.paths))
        reports = ingest(
            options.paths,
            home=options.home,
            locate=locator(Regions.load()),
            region=NATION if options.region == NATION else region_code(options.region),
            heard=lambda _report: progress.advance(task),
        )
    if options.json:
        say(json.dumps([asdict(report) for report in reports], ensure_ascii=False, default=str))
    else:
        _tell(reports, verbose=options.verbose)
    lost = any(report.outcome is FileOutcome.REFUSED or report.problems for report in reports)
    return FAILED if lost else OK


def _tell(reports: Sequence[FileReport], *, verbose: bool) -> None:
    for report in reports:
        if report.reason:
            say(f"拒收 {report.file}：{report.reason}")
        for remark in (*report.problems, *(report.notes if verbose else ())):
            say(f"{report.file}:{_where(remark)}：{remark.text}")
    if not reports:
        say("没有找到文件：这里是空的，或者只有隐藏文件")
        return
    counts = {outcome: sum(report.outcome is outcome for report in reports) for outcome in FileOutcome}
    told = "，".join(f"{_OUTCOMES[outcome]} {count}" for outcome, count in counts.items() if count)
    documents, clauses = sum(r.documents for r in reports), sum(r.clauses for r in reports)
    say(f"{len(reports)} 个文件（{told}），{documents} 份文件版本，{clauses} 条")
    if any(counts[outcome] for outcome in (FileOutcome.ADDED, FileOutcome.REPLACED)):
        say("还没有进索引：运行 build 之后才会用来回答")


def _where(remark: Remark) -> str:
    return f"第{remark.page}页:{remark.line}" if remark.page else str(remark.line)


def _show(options: argparse.Namespace) -> int:
    on = options.on or datetime.now(_CHINA).date()
    documents, faults = curated.gather_texts(options.home)
    for name, fault in faults.items():
        warn(f"没有用上 {name}：{fault}")
    region = region_code(options.region)
    found = look_up(documents, options.citation, on=on, region=region)
    if options.json:
        say(json.dumps([_as_json(provision, on) for provision in found], ensure_ascii=False, default=str))
        return OK if found else BAD_INPUT
    for provision in found:
        say(_facts(provision.document, on))
        say("\n".join(filter(None, (provision.lead, provision.text))))
    return OK if found or _show_contents(documents, options.citation, on=on, region=region) else _nothing(options)


def _show_contents(documents: Sequence[Document], name: str, *, on: date, region: str | None) -> bool:
    """Tell which clauses a text has, for somebody who named no more than the text."""
    texts = called(documents, name, on=on, region=region)
    for document in texts:
        marks = [clause.mark for clause in document.clauses]
        say(_facts(document, on))
        say(f"共 {len(marks)} 条：{'、'.join(marks)}")
    if texts:
        say("要看哪一条，请把它写在后面")
    return bool(texts)


def _nothing(options: argparse.Namespace) -> int:
    say(f"没有找到：{options.citation}")
    say("请写文件的名称或者文号，加上第几条，例如：劳动合同法第三十八条；问的是以前的事，加 --on 日期")
    return BAD_INPUT


def _facts(document: Document, on: date) -> str:
    standing = STANDINGS[document.standing(on)]
    facts = (f"《{document.title}》", document.number, document.issued, standing, place_name(document.region))
    return " ".join(str(fact) for fact in facts if fact)


def _as_json(provision: Provision, on: date) -> dict[str, object]:
    cited = citation(provision.document, provision.clauses[0], on=on, quote=provision.text)
    return {"text": provision.text, "lead": provision.lead, "citation": asdict(cited)}
