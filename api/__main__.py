"""What an operator does from a shell: anonymous exports, the copy of one person, the audit chain, the first manager; `--help` lists them."""

import argparse
import asyncio
import functools
import json
import os
import sys
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from api.app import open_database, start_database
from api.config import Settings
from api.console import labels
from api.db.passwords import Argon2Passwords
from api.domain.correction import Correction
from api.services import accounts, auditing, corrections, personal, retriage
from api.services.accounts import AccountRefused
from api.services.applications import ApplicationNotFound
from api.services.auditing import End, EndMalformed, Verified
from api.services.export import Exported, PurposeMissing, assessments
from api.services.ports import UnitOfWork
from api.services.staff import StaffNameUnusable
from knowledge_base.assess import Assessor, FactRefused
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous
from knowledge_base.rules.cases import written
from knowledge_base.rules.conditions import MATTER
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import Facts, Outcome

Nameless: TypeAlias = Callable[[Facts, str | None, date], str | None]
Take: TypeAlias = Callable[[UnitOfWork, Nameless, str, datetime], Awaitable[Exported]]


async def export(settings: Settings, *, purpose: str, now: datetime) -> Exported:
    """Return past assessments as anonymous lines; the export is in the audit chain. Raises PurposeMissing."""
    return await _taken(settings, _assessments, purpose=purpose, now=now)


async def export_cases(settings: Settings, *, purpose: str, now: datetime) -> Exported:
    """Return what staff corrected as cases that `rules test` runs; on record as well. Raises PurposeMissing."""
    return await _taken(settings, _cases, purpose=purpose, now=now)


async def export_matters(settings: Settings, *, purpose: str, now: datetime) -> Exported:
    """Return the sentences of matters that staff corrected, with their right code; on record. Raises PurposeMissing."""
    database = open_database(settings)
    await database.start()
    try:
        async with database.unit_of_work() as uow:
            exported = await retriage.cases(uow, purpose=purpose, now=now)
            await uow.commit()
    finally:
        await database.close()
    return exported


async def copy_of(settings: Settings, *, reference: str, purpose: str, now: datetime) -> Exported:
    """Return all that is kept of one person with an application, as one JSON document; on record.

    Raises ApplicationNotFound, PurposeMissing.
    """
    database = open_database(settings)
    await database.start()
    try:
        async with database.unit_of_work() as uow:
            found = await personal.copy_for_operator(uow, reference=reference, purpose=purpose, now=now)
            await uow.commit()
    finally:
        await database.close()
    return Exported(lines=(json.dumps(personal.document(found), ensure_ascii=False, indent=1),), left_out=0)


async def _taken(settings: Settings, take: Take, *, purpose: str, now: datetime) -> Exported:
    """Open the database as it is: reading it out migrates nothing."""
    regions = Regions.load()
    assessor = Assessor.load(own=settings.own_places, regions=regions)
    database = open_database(settings)

    def nameless(facts: Facts, region: str | None, on: date) -> str | None:
        try:
            return anonymous(facts, region=region, on=on, assessor=assessor, regions=regions)
        except FactRefused:
            return None

    await database.start()
    try:
        async with database.unit_of_work() as uow:
            exported = await take(uow, nameless, purpose, now)
            await uow.commit()
    finally:
        await database.close()
    return exported


async def _assessments(uow: UnitOfWork, nameless: Nameless, purpose: str, now: datetime) -> Exported:
    return await assessments(uow, anonymous=nameless, purpose=purpose, now=now)


async def _cases(uow: UnitOfWork, nameless: Nameless, purpose: str, now: datetime) -> Exported:
    titles = Taxonomy.load().titles

    def as_case(correction: Correction, facts: Facts, region: str | None, on: date) -> str | None:
        line = nameless(facts, region, on)
        return None if line is None else case_of(correction, line, titles=titles)

    return await corrections.cases(uow, as_case=as_case, purpose=purpose, now=now)


def case_of(correction: Correction, line: str, *, titles: Mapping[str, str]) -> str:
    """Return a correction as a case, from the anonymous line of what was corrected."""
    past = json.loads(line)
    about = titles.get(str(past["facts"].get(MATTER)), "事项不明")
    was, right = (labels.OUTCOME[Outcome(each)] for each in (correction.was, correction.outcome))
    why = labels.GROUND[correction.ground] + (f"，{correction.article}" if correction.article else "")
    return written(
        name=f"工作人员改判：{about}，预筛说“{was}”，应为“{right}”（{why}）",
        facts=past["facts"],
        region=past["region"],
        on=date.fromisoformat(past["on"]),
        expect={"outcome": correction.outcome.value},
    )


_COMMANDS: Final[Mapping[str, tuple[Callable[..., Coroutine[None, None, Exported]], str]]] = {
    "export": (export, "把评估过的申请去掉个人信息，写成 rules replay 读的文件"),
    "matters": (export_matters, "把工作人员更正过的事项写成一行一句的测试案例，不带个人信息"),
    "cases": (export_cases, "把工作人员改判过的预筛去掉个人信息，写成 rules test 读的 YAML 案例"),
}


async def audit(settings: Settings, *, noted: End | None) -> Verified:
    """Hold the audit chain against itself; nothing is written, not even that somebody looked."""
    database = open_database(settings)
    await database.start()
    try:
        async with database.reading() as uow:
            return await auditing.verify(uow, noted=noted)
    finally:
        await database.close()


async def appoint(settings: Settings, *, name: str, display_name: str, now: datetime) -> str:
    """Let a manager in; return the first password. Raises StaffNameUnusable, AccountRefused."""
    password = accounts.drawn_password()
    digest = await Argon2Passwords().digest(password)
    database = open_database(settings)
    await start_database(database, settings=settings)
    try:
        async with database.unit_of_work() as uow:
            await accounts.appoint(
                uow,
                name=name,
                display_name=display_name,
                password_hash=digest,
                new_id=lambda: uuid.uuid4().hex,
                now=now,
            )
            await uow.commit()
    finally:
        await database.close()
    return password


def main(arguments: list[str]) -> int:
    """Run one command; 2 where it was not told what it needs, 1 where the audit chain does not hold."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in _COMMANDS.items():
        exporting = commands.add_parser(name, help=text)
        exporting.add_argument("file", type=Path, help="写到哪里")
        exporting.add_argument("--purpose", required=True, help="为什么要导出，会记进审计")
    copying = commands.add_parser("person", help="应本人要求，把一件申请里他的个人信息写成一份 JSON 副本")
    copying.add_argument("reference", help="受理编号")
    copying.add_argument("file", type=Path, help="写到哪里")
    copying.add_argument("--purpose", required=True, help="怎么确认是本人，不写姓名，会记进审计")
    checking = commands.add_parser("audit", help="核验审计链有没有被改过、删过、换过顺序，印出链尾，请抄在库外")
    checking.add_argument("--noted", metavar="END", help="以前抄下的链尾，用来查末尾有没有被截掉")
    appointing = commands.add_parser("manager", help="设立管理人员的账号，或者给忘了密码的管理人员重设，印出初始密码")
    appointing.add_argument("name", help="用户名")
    appointing.add_argument("--called", metavar="NAME", help="姓名，不写就用用户名")
    chosen = parser.parse_args(arguments)
    match chosen.command:
        case "audit":
            return _check(chosen.noted)
        case "manager":
            return _appoint(chosen.name, display_name=chosen.called or chosen.name)
        case "person":
            return _export(chosen, functools.partial(copy_of, reference=chosen.reference))
        case _:
            return _export(chosen, _COMMANDS[chosen.command][0])


def _appoint(name: str, *, display_name: str) -> int:
    try:
        password = asyncio.run(appoint(Settings(), name=name, display_name=display_name, now=datetime.now(UTC)))
    except (StaffNameUnusable, AccountRefused) as refused:
        print(f"{name}: {refused.code}", file=sys.stderr)  # noqa: T201 -- a command's output
        return 2
    print(f"{name}\t{password}")  # noqa: T201
    return 0


def _check(noted: str | None) -> int:
    try:
        end = None if noted is None else End.read(noted)
    except EndMalformed as error:
        print(f"--noted: {error.code}", file=sys.stderr)  # noqa: T201 -- a command's output
        return 2
    found = asyncio.run(audit(Settings(), noted=end))
    if found.holds:
        print(f"holds {found.end}")  # noqa: T201
        return 0
    why = "the noted end is not in it any more" if found.broken is None else f"entry {found.broken} does not fit"
    print(f"broken: {why}; holds up to {found.end}", file=sys.stderr)  # noqa: T201
    return 1


def _export(chosen: argparse.Namespace, run: Callable[..., Coroutine[None, None, Exported]]) -> int:
    try:
        # Made before anything is read: nobody else may open it, and what cannot be written is not put on record.
        kept = os.open(chosen.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        print(f"{chosen.file}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- a command's output
        return 2
    with os.fdopen(kept, "w", encoding="utf-8") as file:
        try:
            exported = asyncio.run(run(Settings(), purpose=chosen.purpose, now=datetime.now(UTC)))
        except PurposeMissing as error:
            chosen.file.unlink()
            print(f"--purpose: {error.code}", file=sys.stderr)  # noqa: T201
            return 2
        except ApplicationNotFound as error:
            chosen.file.unlink()
            print(f"{chosen.reference}: {error.code}", file=sys.stderr)  # noqa: T201
            return 2
        except BaseException:
            chosen.file.unlink()
            raise
        file.writelines(f"{line.rstrip()}\n" for line in exported.lines)
    print(f"{len(exported.lines)} -> {chosen.file}")  # noqa: T201
    if exported.left_out:
        print(f"left out, without words to be told in: {exported.left_out}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
