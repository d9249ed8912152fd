"""What an operator does with the account by hand: `python -m bot wechat menu` and `… broadcast FILE`."""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from api.app import open_database, start_database
from api.db.engine import Database
from api.domain.clocks import CHINA
from bot.channels.phrases import Phrases, WeChatButton
from bot.channels.wechat import broadcast
from bot.channels.wechat.account import account
from bot.channels.wechat.broadcast import BroadcastRefused
from bot.channels.wechat.channel import CHANNEL
from bot.channels.wechat.client import Client, WeChatAway, WeChatRefused
from bot.processes import StartRefused
from bot.settings import BotSettings
from knowledge_base.index import open_index
from knowledge_base.regions import Regions
from knowledge_base.types import KnowledgeUnavailable


def run(arguments: Sequence[str], *, settings: BotSettings, console: Console) -> None:
    """Do what the arguments say. Raises StartRefused."""
    parser = argparse.ArgumentParser(prog="python -m bot wechat", description=(__doc__ or "").partition(":")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("menu", help="give the account its menu, in place of the one it has")
    sending = commands.add_parser("broadcast", help="send published cards to the followers who agreed")
    sending.add_argument("file", type=Path, help="ids of cards, one a line")
    sending.add_argument("--yes", action="store_true", help="send; without it, only show what would be sent")
    sending.add_argument("--give-up", action="store_true", help="close one that is half sent, and send nothing")
    given = parser.parse_args(arguments)
    try:
        if given.command == "menu":
            asyncio.run(_menu(settings, console))
        elif given.give_up:
            asyncio.run(_give_up(settings, console))
        else:
            names = [line.strip() for line in given.file.read_text(encoding="utf-8").splitlines() if line.strip()]
            asyncio.run(_broadcast(settings, console, names, yes=given.yes))
    except WeChatRefused as refused:
        msg = f"WeChat refused: errcode {refused.errcode}."
        raise StartRefused(msg) from None
    except WeChatAway:
        msg = "WeChat does not answer, or refuses the account's AppSecret or this machine's address; see the log."
        raise StartRefused(msg) from None
    except (BroadcastRefused, KnowledgeUnavailable, OSError, UnicodeError) as refused:
        raise StartRefused(str(refused)) from None


def buttons(menu: Sequence[WeChatButton], /) -> list[dict[str, object]]:
    """Return a menu as the platform takes it."""
    return [
        {"name": one.title, "sub_button": [{"type": "click", "name": t, "key": k} for k, t in one.buttons.items()]}
        if one.buttons
        else {"type": "click", "name": one.title, "key": one.key}
        for one in menu
    ]


async def _menu(settings: BotSettings, console: Console) -> None:
    database = open_database(settings)
    try:
        await start_database(database, settings=settings)
        client = _client(settings, database)
        await client.set_menu(buttons(Phrases.load().wechat.menu))
        await client.aclose()
    finally:
        await database.close()
    console.print("The account has its menu; followers see it within five minutes.")


async def _broadcast(settings: BotSettings, console: Console, names: Sequence[str], *, yes: bool) -> None:
    region = settings.wechat_region
    places = (region, *Regions.load().ancestors(region)) if region else ()
    index = open_index(settings.knowledge, model=None)
    today = _now().astimezone(CHINA).date()
    text = broadcast.compose(names, cards=index.cards, places=places, on=today, words=Phrases.load().wechat)
    database = open_database(settings)
    try:
        await start_database(database, settings=settings)
        planned = await broadcast.plan(database, channel=CHANNEL, cards=names, text=text, clock=_now)
        console.print(f"{escape(planned.text)}\n")
        if planned.under_way:
            console.print("It is half sent: what was taken stays, and the rest of those planned then is sent.")
        console.print(
            f"To {len(planned.readers)} followers; {planned.sent} of {broadcast.MOST_A_MONTH} sent this month."
        )
        if not yes:
            console.print("Nothing was sent. Add --yes to send it.")
            return
        client = _client(settings, database)
        named = await broadcast.send(planned, database=database, client=client, channel=CHANNEL, clock=_now)
        await client.aclose()
        console.print(f"Handed to WeChat for {named} followers; the log says how many it reached.")
    finally:
        await database.close()


async def _give_up(settings: BotSettings, console: Console) -> None:
    database = open_database(settings)
    try:
        await start_database(database, settings=settings)
        named = await broadcast.give_up(database, channel=CHANNEL, clock=_now)
    finally:
        await database.close()
    console.print(f"Closed; it was handed to WeChat for {named} followers.")


def _client(settings: BotSettings, database: Database) -> Client:
    official = account(settings)
    if official is None:
        msg = "There is no account: set LEGAL_AID_WECHAT_APP_ID and what belongs to it."
        raise StartRefused(msg)
    return Client(official, lock=database.conversation_lock, clock=_now)


def _now() -> datetime:
    return datetime.now(UTC)
