"""Commands for lawyers and operators: check the rulebook, run its cases, count its questions, assess one set of facts."""

import argparse
import dataclasses
import json
import os
import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from knowledge_base.arguments import OWN_HELP, count, day, own_places
from knowledge_base.assess import PLACES, Assessor, FactRefused
from knowledge_base.directory.book import Directory
from knowledge_base.mutating import Trial, try_mutants
from knowledge_base.regions import Regions
from knowledge_base.replaying import PastCaseUnreadable, by_rules, changes, read_past
from knowledge_base.rules.cases import Case, judge, read_cases
from knowledge_base.rules.lint import Known, expired, lint, unchecked
from knowledge_base.rules.mutation import scores
from knowledge_base.rules.nodes import RulebookInvalid
from knowledge_base.rules.readability import overall, told
from knowledge_base.rules.statistics import place_counts
from knowledge_base.types import NATION, Verdict

CHINA: Final = ZoneInfo("Asia/Shanghai")
AIM: Final = 0.9
"""Of all mistakes a mutant can make, the share that the cases must notice."""
CASES: Final = Path("tests") / "rules" / "cases"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `rules check|test|stats|mutate|replay` and `assess`."""
    rules = subparsers.add_parser("rules", help="检查、测试、清点规则")
    actions = rules.add_subparsers(dest="action", required=True)
    for name, run, text in (
        ("check", _check, "指出过期、悬空、没有测试、放错地方的规则"),
        ("test", _test, "跑 YAML 案例"),
        ("stats", _stats, "数一数要问几个问题才有结果"),
    ):
        action = actions.add_parser(name, help=text)
        _common(action)
        action.add_argument("--cases", type=Path, default=CASES, help="YAML 案例的文件夹")
        action.set_defaults(run=run)
    mutate = actions.add_parser("mutate", help="把规则一处一处改坏，看案例发现得了多少")
    _common(mutate, own=False)
    mutate.add_argument("--cases", type=Path, default=CASES, help="YAML 案例的文件夹")
    mutate.add_argument("--sample", type=count, default=None, help="只抽这么多处，每次抽的一样")
    mutate.add_argument("--jobs", type=count, default=os.cpu_count() or 1, help="同时跑几个，不写就是有几个核用几个")
    mutate.add_argument("--aim", type=float, default=AIM, help="发现的比例低于它就算失败")
    mutate.set_defaults(run=_mutate)
    replay = actions.add_parser("replay", help="拿以前的评估（已经去掉个人信息）按现在的规则再评一遍，看谁的结果变了")
    replay.add_argument("file", type=Path, help="每行一件的 JSON，可以是 .gz")
    replay.add_argument("--against", type=Path, default=None, help="改之前的各地资料；不写就和当时说的比")
    _common(replay)
    replay.set_defaults(run=_replay)
    assess = subparsers.add_parser("assess", help="按一组事实判断")
    _common(assess)
    assess.add_argument("--region", help="在哪里：地名或者六位代码")
    assess.add_argument("--facts", default="{}", help='JSON，例如 \'{"matter": "labour.wages"}\'')
    assess.set_defaults(run=_assess)


def _common(parser: argparse.ArgumentParser, *, own: bool = True) -> None:
    parser.add_argument("--places", type=Path, default=PLACES, help="各地资料的文件夹")
    if own:
        parser.add_argument("--own", type=Path, default=own_places(), help=OWN_HELP)
    parser.add_argument("--on", type=day, default=None, help="哪一天，不写就是今天")
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    parser.add_argument("--home", type=Path, default=None, help="和别的命令一样可以写，这里用不上")


def _today(arguments: argparse.Namespace) -> date:
    on: date | None = arguments.on
    return on or datetime.now(CHINA).date()


def _say(arguments: argparse.Namespace, data: object, lines: Sequence[str]) -> None:
    if arguments.json:
        print(json.dumps(data, ensure_ascii=False, default=_plain))  # noqa: T201 -- a command's output
    else:
        print("\n".join(lines))  # noqa: T201


def _plain(value: object) -> Any:  # noqa: ANN401 -- JSON
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    msg = f"not JSON: {type(value).__name__}"
    raise TypeError(msg)


def _cases(arguments: argparse.Namespace) -> tuple[Case, ...]:
    """Return our cases and those that operators keep beside their own rules."""
    ours = [arguments.cases] if arguments.cases.exists() else []
    return tuple(case for path in (*ours, *sorted(arguments.own.glob("*/cases.yml"))) for case in read_cases(path))


def _check(arguments: argparse.Namespace) -> int:
    """Return 1 where the book does not load, or has a finding."""
    try:
        assessor = Assessor.load(arguments.places, own=arguments.own)
        cases = _cases(arguments)
    except RulebookInvalid as error:
        _say(arguments, {"loads": False, "error": str(error)}, [str(error)])
        return 1
    on, regions = _today(arguments), Regions.load()
    tested = {rule for case in cases for rule in case.rules} if cases else None
    findings = sorted(
        map(
            str,
            lint(
                assessor.engine.rulebook,
                Known(
                    regions=regions,
                    matters=assessor.engine.matters.keys(),
                    offices={
                        office.id for office in Directory.load(arguments.places, regions, own=arguments.own).as_of(on)
                    },
                    tested=tested,
                ),
                on=on,
            ),
        )
    )
    places = assessor.engine.rulebook.places
    total = sum(len(place.rules) for place in places.values())
    ended = list(expired(assessor.engine.rulebook, on=on))
    unread = list(unchecked(assessor.engine.rulebook))
    by_nobody = [f"{file}: no lawyer has checked {count} of {entries} entries" for file, count, entries in unread]
    summary = f"{total} rules in {len(places)} places, {len(findings)} findings, {assessor.rulebook[:12]}"
    reading = overall(told(assessor.engine.rulebook))
    notices = [
        *ended,
        *by_nobody,
        *([] if cases else [f"{arguments.cases} holds no case: nobody looked for untested rules"]),
    ]
    data = {"loads": True, "rules": total, "findings": findings, "expired": ended, "cases": len(cases)}
    data["unchecked"] = sum(count for _, count, _ in unread)
    data |= {"reading": dataclasses.asdict(reading) | {"mean": reading.mean, "share_of_rare": reading.share_of_rare}}
    _say(arguments, data, [*findings, *notices, str(reading), summary])
    return 1 if findings else 0


def _test(arguments: argparse.Namespace) -> int:
    """Return 1 where a case does not hold, or there is none."""
    assessor = Assessor.load(arguments.places, own=arguments.own)
    cases = _cases(arguments)
    failures = [
        f"{case.where}: {case.name}: {problem}"
        for case in cases
        for problem in judge(
            case,
            lambda facts, region, on: assessor.assess(facts, region=region, on=on),
            FactRefused,
            assessor.engine.rulebook,
        )
    ]
    summary = f"{len(cases)} cases, {len(failures)} failures"
    _say(arguments, {"cases": len(cases), "failures": failures}, [*failures, summary])
    return 1 if failures or not cases else 0


def _mutate(arguments: argparse.Namespace) -> int:
    """Return 1 where the cases notice fewer mistakes than they should, or do not hold to begin with."""
    started = time.monotonic()
    trial = Trial(arguments.places, arguments.cases)
    if not trial.sound():
        _say(arguments, {"sound": False}, ["the cases do not hold: run rules test first"])
        return 1
    tried = list(
        try_mutants(trial, places=arguments.places, cases=arguments.cases, sample=arguments.sample, jobs=arguments.jobs)
    )
    killed = sum(noticed for _, noticed in tried)
    share = killed / len(tried)
    counted = scores(tried)
    survivors = sorted(str(mutant) for mutant, noticed in tried if not noticed)
    lines = [
        *(f"survived {each}" for each in survivors),
        *(f"{each.change}: {each.killed} of {each.total} ({each.killed / each.total:.0%})" for each in counted),
        f"all: {killed} of {len(tried)} mutants noticed ({share:.1%}), {time.monotonic() - started:.0f} s",
    ]
    data: dict[str, object] = {"mutants": len(tried), "killed": killed, "score": share}
    data |= {"by_change": list(map(dataclasses.asdict, counted)), "survivors": survivors}
    _say(arguments, data, lines)
    return 0 if share >= arguments.aim else 1


def _replay(arguments: argparse.Namespace) -> int:
    """Return 0 even where results change, for that may be what was wanted; 2 where a line is no past case."""
    started = time.monotonic()
    after = Assessor.load(arguments.places, own=arguments.own)
    before = Assessor.load(arguments.against, own=arguments.own) if arguments.against else None
    try:
        cases = tuple(read_past(arguments.file))
        found = tuple(changes(cases, after=after, before=before))
    except PastCaseUnreadable as error:
        _say(arguments, {"code": error.code}, [str(error)])
        return 2
    grouped = by_rules(found).most_common()
    lines = [f"{count} x {was} -> {now} ({rules})" for (was, now, rules), count in grouped]
    lines += [f"{each.where}: {each.before.result} -> {each.after.result}" for each in found]
    lines.append(f"{len(cases)} replayed, {len(found)} changed, {time.monotonic() - started:.1f} s")
    data = {
        "replayed": len(cases),
        "changed": [dataclasses.asdict(each) | {"rules": each.rules} for each in found],
        "groups": [{"before": was, "after": now, "rules": rules, "n": n} for (was, now, rules), n in grouped],
    }
    _say(arguments, data, lines)
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    engine = Assessor.load(arguments.places, own=arguments.own).engine
    places = tuple(place_counts(engine, on=_today(arguments)))
    names = {code: place.name for code, place in engine.rulebook.places.items()}
    lines = [
        f"{count.matter}: mean {count.mean:.2f}, worst {count.worst}, {count.verdicts} verdicts; every relevant fact "
        f"{count.every_relevant_fact}"
        for count in places[0].matters
    ]
    lines += [
        f"{names[each.place]}{', with the income' if each.income else ''}: mean {each.mean:.2f}, worst {each.worst}; over "
        f"{each.verdicts} verdicts {each.mean_per_verdict:.2f}; in file order, stopping when settled "
        f"{each.mean_in_file_order:.2f}; every relevant fact {each.every_relevant_fact:.2f}, "
        f"at most {each.most_relevant_facts}"
        for each in places
    ]
    _say(arguments, {"places": list(map(dataclasses.asdict, places))}, lines)
    return 0


def _assess(arguments: argparse.Namespace) -> int:
    """Return 2 where the facts cannot be used."""
    assessor = Assessor.load(arguments.places, own=arguments.own)
    regions = Regions.load()
    named = regions.candidates(arguments.region) if arguments.region else ()
    if len(named) > 1:
        meant = [f"{each.code} {each.name}" for each in named]
        data = {"code": "unknown_region", "field": "region", "candidates": meant}
        _say(arguments, data, [f"--region {arguments.region}: {', '.join(meant)}?"])
        return 2
    try:
        facts = json.loads(arguments.facts)
    except json.JSONDecodeError:
        facts = None
    if not isinstance(facts, dict):
        _say(arguments, {"code": "not_json", "field": "facts"}, ["--facts: not a JSON object"])
        return 2
    region = named[0].code if named else arguments.region
    try:
        verdict = assessor.examine(facts, region=None if region == NATION else region, on=_today(arguments))
    except FactRefused as error:
        _say(arguments, {"code": error.code, "field": error.field}, [f"{error.field}: {error.code}"])
        return 2
    _say(arguments, dataclasses.asdict(verdict), list(_told(verdict)))
    return 0


def _told(verdict: Verdict) -> Iterator[str]:
    yield " ".join((f"{verdict.outcome} ({verdict.basis})", *verdict.flags))
    for reason in verdict.reasons:
        yield f"{reason.result:8}{reason.rule}: {reason.text}"
    if verdict.apply_at:
        offices = ", ".join(office.name for office in verdict.apply_at.offices)
        yield f"venue   {verdict.apply_at.kind}: {offices or 'no office filed'}"
    for limit in verdict.deadlines:
        yield f"limit   {limit.what} {limit.latest or '?'}: {limit.title}"
    for paper in verdict.documents:
        yield f"paper   {paper}"
    for road in verdict.alternatives:
        yield f"road    {road.title} {road.contact or ''}".rstrip()
    if verdict.pivot:
        answers = verdict.pivot.values or (f"{verdict.pivot.least or ''}..{verdict.pivot.most or ''}",)
        yield f"turns   {verdict.pivot.fact}: {', '.join(map(str, answers))} -> {verdict.pivot.outcome}"
    if verdict.next_question:
        yield f"? {verdict.next_question.fact}: {verdict.next_question.text}"
