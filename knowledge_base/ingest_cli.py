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
from knowledge_base.corpus import citation
from knowledge_base.ingest.parsed import Locate, Remark
from knowledge_base.ingest.store import FileOutcome, FileReport, count_files, ingest
from knowledge_base.provisions import Provision, look_up
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
    text = "take in official texts: files or folders"
    more = "Hidden files and the locks of open documents (~$…) are passed over. The exit status is 1 when a file or a line was not taken in."
    taking = subparsers.add_parser("ingest", help=text, description=f"{text}. {more}")
    taking.add_argument("paths", nargs="+", type=Path)
    taking.add_argument(
        "--region", help="place of documents that do not say whose they are; what a document proves goes before it"
    )
    taking.add_argument("--verbose", action="store_true", help="show repairs and page furniture too")
    _common(taking)
    taking.set_defaults(run=_ingest)
    text = "show one provision by its number, e.g. 法律援助法第三十一条第三项"
    showing = subparsers.add_parser("show", help=text, description=text)
    showing.add_argument("citation", help="document (title, number or id) and number of the provision")
    showing.add_argument("--region", help="six-digit code or name of the place, default any")
    showing.add_argument("--on", type=date.fromisoformat, help="day whose version is meant, default today")
    _common(showing)
    showing.set_defaults(run=_show)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"where it all lives, default {DEFAULT_HOME}")
    command.add_argument("--json", action="store_true", help="print JSON")


def locator(regions: Regions) -> Locate:
    """Return what finds the place an issuer names."""

    def locate(text: str) -> str | None:
        region = regions.find_in(text)
        return region.code if region else None

    return locate


def _ingest(options: argparse.Namespace) -> int:
    absent = [path for path in options.paths if not path.exists()]
    if absent:
        return complain(options, code="no_such_file", message=f"no such file: {absent[0]}", status=BAD_INPUT)
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
    found = look_up(documents, options.citation, on=on, region=region_code(options.region))
    if options.json:
        say(json.dumps([_as_json(provision, on) for provision in found], ensure_ascii=False, default=str))
    for provision in () if options.json else found:
        document = provision.document
        facts = (
            f"《{document.title}》",
            document.number,
            document.issued,
            STANDINGS[document.standing(on)],
            place_name(document.region),
        )
        say(" ".join(str(fact) for fact in facts if fact))
        say("\n".join(filter(None, (provision.lead, provision.text))))
    if not found and not options.json:
        say(f"没有找到：{options.citation}")
    return OK if found else BAD_INPUT


def _as_json(provision: Provision, on: date) -> dict[str, object]:
    cited = citation(provision.document, provision.clauses[0], on=on, quote=provision.text)
    return {"text": provision.text, "lead": provision.lead, "citation": asdict(cited)}
