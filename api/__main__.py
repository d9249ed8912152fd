"""What an operator does with the stored cases from a shell: `python -m api export FILE --purpose TEXT`."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from api.app import open_database, start_database
from api.config import Settings
from api.services.export import PurposeMissing, assessments
from knowledge_base.assess import Assessor
from knowledge_base.regions import Regions
from knowledge_base.replaying import anonymous


async def export(settings: Settings, *, purpose: str, now: datetime) -> tuple[str, ...]:
    """Return the anonymous lines; the export is in the audit chain. Raises PurposeMissing."""
    regions = Regions.load()
    assessor = Assessor.load(regions=regions)
    database = open_database(settings)
    await start_database(database, settings=settings)
    try:
        async with database.unit_of_work() as uow:
            lines = await assessments(
                uow,
                anonymous=lambda facts, region, on: anonymous(
                    facts, region=region, on=on, assessor=assessor, regions=regions
                ),
                purpose=purpose,
                now=now,
            )
            await uow.commit()
    finally:
        await database.close()
    return lines


def main(arguments: list[str]) -> int:
    """Run one command; 2 where it was not told what it needs."""
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="把评估过的申请去掉个人信息，写成 rules replay 读的文件")
    exporting.add_argument("file", type=Path, help="写到哪里，每行一件")
    exporting.add_argument("--purpose", required=True, help="为什么要导出，会记进审计")
    chosen = parser.parse_args(arguments)
    try:
        lines = asyncio.run(export(Settings(), purpose=chosen.purpose, now=datetime.now(UTC)))
    except PurposeMissing as error:
        print(f"--purpose: {error.code}", file=sys.stderr)  # noqa: T201 -- a command's output
        return 2
    chosen.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    chosen.file.chmod(0o600)
    print(f"{len(lines)} -> {chosen.file}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
