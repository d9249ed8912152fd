"""What an operator does with the stored cases from a shell: `python -m api export FILE --purpose TEXT`."""

import argparse
import asyncio
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from api.app import open_database
from api.config import Settings
from api.services.export import Exported, PurposeMissing, assessments
from knowledge_base.assess import Assessor, FactRefused
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous
from knowledge_base.types import Facts


async def export(settings: Settings, *, purpose: str, now: datetime) -> Exported:
    """Return the anonymous lines; the export is in the audit chain. Raises PurposeMissing.

    The database is opened as it is: reading it out migrates nothing.
    """
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
            exported = await assessments(uow, anonymous=nameless, purpose=purpose, now=now)
            await uow.commit()
    finally:
        await database.close()
    return exported


def main(arguments: list[str]) -> int:
    """Run one command; 2 where it was not told what it needs."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="把评估过的申请去掉个人信息，写成 rules replay 读的文件")
    exporting.add_argument("file", type=Path, help="写到哪里，每行一件")
    exporting.add_argument("--purpose", required=True, help="为什么要导出，会记进审计")
    chosen = parser.parse_args(arguments)
    try:
        # Made before anything is read: nobody else may open it, and what cannot be written is not put on record.
        kept = os.open(chosen.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as error:
        print(f"{chosen.file}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- a command's output
        return 2
    with os.fdopen(kept, "w", encoding="utf-8") as file:
        try:
            exported = asyncio.run(export(Settings(), purpose=chosen.purpose, now=datetime.now(UTC)))
        except PurposeMissing as error:
            chosen.file.unlink()
            print(f"--purpose: {error.code}", file=sys.stderr)  # noqa: T201
            return 2
        except BaseException:
            chosen.file.unlink()
            raise
        file.writelines(f"{line}\n" for line in exported.lines)
    print(f"{len(exported.lines)} -> {chosen.file}")  # noqa: T201
    if exported.left_out:
        print(f"left out, no longer in the words of the rulebook: {exported.left_out}", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
