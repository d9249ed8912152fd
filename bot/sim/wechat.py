"""A conversation by WeChat in the terminal, against the running app: `make sim-wechat`.

The platform is ours (`bot.sim.wechat_api`), everything behind it is the real thing: seal, signatures, five seconds, quotas.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from bot.channels.phrases import Phrases, WeChatButton
from bot.channels.wechat.account import PATH, Account, account
from bot.channels.wechat.envelope import Envelope
from bot.processes import StartRefused
from bot.settings import LOOPBACK, BotSettings
from bot.sim.serving import served
from bot.sim.terminal import picture, port_of, typed
from bot.sim.wechat_api import Delivery, FakeWeChat, OurSeal

HELP: Final = """\
What you type is sent as a message. Besides:
  >2              tap a button of the menu
  :voice WORDS    a voice message and what WeChat heard in it; alone, WeChat heard nothing
  :place ADDRESS  a place on the map
  :photo PATH     a photograph; alone, a white sheet
  :video          something without words (:link)
  :leave :follow  unfollow the account, follow it again
  Ctrl-D          end\
"""
_LOOK: Final = 0.3
"""Seconds between looks for what came late, or from the staff."""
_THINGS: Final[Mapping[str, str]] = {"video": "video", "link": "link"}
_EVENTS: Final[Mapping[str, str]] = {"follow": "subscribe", "leave": "unsubscribe"}


@dataclass(slots=True, kw_only=True)
class Simulator:
    """One citizen with a telephone, and the platform between them and the app."""

    account: Account
    address: str
    """Where the app listens."""
    user: str
    menu: tuple[WeChatButton, ...]
    show: Callable[[str], None]
    tell: Callable[[str], None]
    """Says something about the simulation itself."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _shown: int = 0
    _buttons: dict[str, str] = field(default_factory=dict)
    """Keys by the number that is typed for them."""

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Talk until the lines end. Raises StartRefused."""
        async with httpx.AsyncClient(base_url=self.address, trust_env=False) as door:
            fake = FakeWeChat(
                app_id=self.account.app_id,
                secret=self.account.secret,
                token=self.account.token,
                original_id=self.account.original_id or "gh_simulated",
                clock=self.clock,
                door=door,
                path=PATH,
                seal=OurSeal(Envelope(token=self.account.token, app_id=self.account.app_id, key=self.account.key)),
            )
            async with served(fake.app, port=port_of(self.account.base_url, platform="WeChat")):
                self._tell_menu()
                looking = asyncio.create_task(self._look(fake))
                try:
                    await self._done(fake, fake.event(self.user, "subscribe"))
                    async for line in lines:
                        await self._type(fake, line.strip())
                finally:
                    looking.cancel()

    def _tell_menu(self) -> None:
        titles = [pair for button in self.menu for pair in (button.buttons or {button.key: button.title}).items()]
        self._buttons = {str(number): key for number, (key, _) in enumerate(titles, 1)}
        self.tell("Menu: " + "  ".join(f">{number} {title}" for number, (_, title) in enumerate(titles, 1)))

    async def _photograph(self, fake: FakeWeChat, path: str) -> None:
        try:
            name = fake.keep(picture(path))
        except OSError as error:
            self.tell(str(error))
            return
        await self._done(fake, fake.say(self.user, MsgType="image", MediaId=name))

    async def _type(self, fake: FakeWeChat, line: str) -> None:
        """Do what a typed line stands for."""
        thing, _, words = line[1:].partition(" ")
        match line[:1]:
            case "":
                return
            case ">" if thing in self._buttons:
                await self._done(fake, fake.event(self.user, "CLICK", EventKey=self._buttons[thing]))
            case ":" if thing == "voice":
                await self._done(fake, fake.say(self.user, MsgType="voice", Format="amr", Recognition=words))
            case ":" if thing == "place":
                await self._done(
                    fake, fake.say(self.user, MsgType="location", Location_X="44.58", Location_Y="129.60", Label=words)
                )
            case ":" if thing == "photo":
                await self._photograph(fake, words)
            case ":" if thing in _THINGS:
                await self._done(fake, fake.say(self.user, MsgType=_THINGS[thing]))
            case ":" if thing in _EVENTS:
                await self._done(fake, fake.event(self.user, _EVENTS[thing]))
            case ":" | ">" | "?":
                self.tell(HELP)
            case _:
                await self._done(fake, fake.text(self.user, line))

    async def _done(self, fake: FakeWeChat, sending: Awaitable[Delivery]) -> None:
        try:
            delivery = await sending
        except httpx.ConnectError:
            msg = f"Nothing answers at {self.address}. Start the app first: make run"
            raise StartRefused(msg) from None
        if httpx.codes.NOT_FOUND in delivery.tries:
            msg = f"The app at {self.address} has no WeChat channel: start it with `make run` in development."
            raise StartRefused(msg)
        if httpx.codes.UNAUTHORIZED in delivery.tries:
            msg = f"The app at {self.address} has another secret: run both from one folder, with the same settings."
            raise StartRefused(msg)
        if None in delivery.tries:
            self.tell(f"WeChat waited five seconds and asked again: {len(delivery.tries)} tries.")
        self._flush(fake)

    def _flush(self, fake: FakeWeChat) -> None:
        read = fake.user(self.user).read
        for text in read[self._shown :]:
            self.show(text)
        self._shown = len(read)
        for errcode in fake.refused:
            self.tell(f"WeChat refused: {errcode}")
        fake.refused.clear()

    async def _look(self, fake: FakeWeChat) -> None:
        while True:
            self._flush(fake)
            await asyncio.sleep(_LOOK)


def main() -> int:
    """Read the command line and talk."""
    parser = argparse.ArgumentParser(prog="python -m bot.sim.wechat", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--user", default=f"o{secrets.token_hex(6)}", help="a user to go on as")
    user = parser.parse_args().user
    console = Console(highlight=False)
    try:
        settings = BotSettings(simulators=True)
        official = account(settings)
        assert official is not None  # noqa: S101 - simulators have an account
        simulator = Simulator(
            account=official,
            address=f"http://{LOOPBACK}:{settings.port}",
            user=user,
            menu=Phrases.load().wechat.menu,
            show=lambda text: console.print(f"[bold cyan]12348[/]  {escape(text)}"),
            tell=lambda text: console.print(f"[dim]{escape(text)}[/]"),
        )
        console.print(f"[dim]{escape(HELP)}\nYou are user {user}; --user {user} goes on with this conversation.[/]\n")
        asyncio.run(simulator.run(typed()))
    except (StartRefused, ValidationError) as refused:
        console.print(f"[bold red]✗[/] {escape(str(refused))}", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
