"""Fetches a message that a caller left: `python -m bot recording CONVERSATION NUMBER FILE --staff ID --purpose WHY`."""

import argparse
import asyncio
import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from api.app import open_database, start_database
from api.domain.audit import Actor, ActorKind
from api.services import vault
from api.services.ports import Database
from bot.channels.phone.call import RECORDING
from bot.channels.phone.speech import wav_of
from bot.processes import StartRefused
from bot.settings import BotSettings


def run(arguments: Sequence[str], *, settings: BotSettings, console: Console) -> None:
    """Do what the arguments say. Raises StartRefused."""
    parser = argparse.ArgumentParser(prog="python -m bot recording", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("conversation", help="as the task names it")
    parser.add_argument("number", type=int, help="as the task names it")
    parser.add_argument("file", type=Path, help="where the WAV is written; it must not exist")
    parser.add_argument("--staff", required=True, help="who listens")
    parser.add_argument("--purpose", required=True, help="why; it is kept in the audit chain")
    given = parser.parse_args(arguments)
    try:
        with given.file.open("xb") as file:  # before the audit chain says that somebody listened
            given.file.chmod(0o600)
            try:
                file.write(wav_of(asyncio.run(_fetched(settings, given))))
            except BaseException:
                given.file.unlink()
                raise
    except (vault.TokenUnknown, vault.PurposeRequired, OSError) as refused:
        msg = "There is no such message, or it was erased." if isinstance(refused, vault.TokenUnknown) else str(refused)
        raise StartRefused(msg) from None
    console.print(f"The message is in {given.file}. Delete it when you have heard it.")


async def _fetched(settings: BotSettings, given: argparse.Namespace) -> bytes:
    database = open_database(settings)
    try:
        await start_database(database, settings=settings)
        return await fetch(
            database, conversation=given.conversation, number=given.number, staff=given.staff, purpose=given.purpose
        )
    finally:
        await database.close()


async def fetch(database: Database, *, conversation: str, number: int, staff: str, purpose: str) -> bytes:
    """Open one message, and leave a line in the audit chain. Raises TokenUnknown, PurposeRequired."""
    async with database.unit_of_work() as uow:
        said = await vault.reveal(
            uow,
            conversation_id=conversation,
            token=f"<pii:{RECORDING}:{number}>",
            purpose=purpose,
            by=Actor(kind=ActorKind.STAFF, id=staff),
            now=datetime.now(UTC),
        )
        await uow.commit()
    return base64.b64decode(said)
