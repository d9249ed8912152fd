"""A conversation by Telegram in the terminal, against the running app: `make sim-telegram`.

The platform is ours (`bot.sim.telegram_api`), everything behind it is the real thing: webhook, secret, buttons, limits.
"""

import argparse
import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from bot.channels.telegram.account import PATH, Account, account
from bot.processes import StartRefused
from bot.settings import LOOPBACK, BotSettings
from bot.sim.serving import served
from bot.sim.telegram_api import FakeTelegram, Sent, Update
from bot.sim.terminal import picture, port_of, typed

HELP: Final = """\
What you type is sent as a message. Besides:
  >2            press the second button of the last message that has any
  /human        a command (/start /screen /status /restart /cancel /help)
  :photo PATH   a photograph, or :file PATH; alone, a white sheet
  :voice        something without words (:video :location :sticker :contact)
  :edit TEXT    change your last message
  Ctrl-D        end\
"""
_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"
_LOOK: Final = 0.3
"""Seconds between looks for what staff wrote."""
_PATIENCE: Final = 60.0
_FILE: Final[Mapping[str, str]] = {"file_id": "simulated", "file_unique_id": "simulated"}
_PICTURES: Final = frozenset({"photo", "file"})
_THINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "photo": {"photo": [{**_FILE, "width": 90, "height": 90}]},
    "voice": {"voice": {**_FILE, "duration": 3}},
    "video": {"video": {**_FILE, "duration": 3, "width": 90, "height": 90}},
    "file": {"document": {**_FILE, "file_name": "裁决书.pdf"}},
    "location": {"location": {"latitude": 44.58, "longitude": 129.6}},
    "sticker": {"sticker": {**_FILE, "emoji": "👍", "type": "regular", "width": 90, "height": 90}},
    "contact": {"contact": {"phone_number": "+8613800138000", "first_name": "王"}},
}


@dataclass(slots=True, kw_only=True)
class Simulator:
    """One citizen with a telephone, and the platform between them and the app."""

    account: Account
    address: str
    """Where the app listens."""
    user: int
    show: Callable[[Sent], None]
    tell: Callable[[str], None]
    """Says something about the simulation itself."""
    fake: FakeTelegram = field(init=False)
    _shown: int = 0
    _last: int = 0

    def __post_init__(self) -> None:
        """Make the platform."""
        self.fake = FakeTelegram(token=self.account.token)

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Talk until the lines end. Raises StartRefused."""
        secret = self.account.secret or ""
        async with (
            served(self.fake.app, port=port_of(self.account.base_url, platform="Telegram")),
            httpx.AsyncClient(
                base_url=self.address, headers={_HEADER: secret}, timeout=_PATIENCE, trust_env=False
            ) as app,
        ):
            looking = asyncio.create_task(self._look())
            try:
                await self._bring(app, self.fake.text(self.user, "/start"))
                async for line in lines:
                    update = self._update(line.strip())
                    if update is not None:
                        await self._bring(app, update)
            finally:
                looking.cancel()

    def _update(self, line: str) -> Update | None:
        """Return what a typed line stands for, None where it stands for nothing."""
        thing, _, rest = line[1:].partition(" ")
        if line.startswith(">"):
            return self._press(thing)
        if line.startswith(":edit ") and rest:
            return self.fake.edit(self.user, self._last, text=rest)
        if line.startswith(":") and thing in _PICTURES and not self._keeps(rest):
            return None
        if line.startswith(":") and thing in _THINGS:
            return self._sent(self.fake.message(self.user, **_THINGS[thing]))
        if line.startswith((":", "?")):
            self.tell(HELP)
            return None
        return self._sent(self.fake.text(self.user, line)) if line else None

    def _keeps(self, path: str) -> bool:
        """Lay what is to be sent into the platform's store."""
        try:
            self.fake.files[_FILE["file_id"]] = picture(path)
        except OSError as error:
            self.tell(str(error))
            return False
        return True

    def _press(self, number: str) -> Update | None:
        below = next((one for one in reversed(self.fake.chat(self.user).sent) if one.buttons), None)
        if below is None or not number.isdecimal() or not 0 < int(number) <= len(below.buttons):
            self.tell("No such button.")
            return None
        return self.fake.press_data(self.user, below.buttons[int(number) - 1].data, message=below.id)

    def _sent(self, update: Update) -> Update:
        self._last = update["message"]["message_id"]
        return update

    async def _bring(self, app: httpx.AsyncClient, update: Update) -> None:
        try:
            answer = await app.post(PATH, json=update)
        except httpx.ConnectError:
            msg = f"Nothing answers at {self.address}. Start the app first: make run"
            raise StartRefused(msg) from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            msg = f"The app at {self.address} has no Telegram channel: start it with `make run` in development."
            raise StartRefused(msg)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            msg = f"The app at {self.address} has another secret: run both from one folder, with the same settings."
            raise StartRefused(msg)
        if answer.is_error:
            self.tell(f"The app answered {answer.status_code}; Telegram would bring the message again.")
        self._flush()
        for alert in [text for text in self.fake.queries.values() if text]:
            self.tell(alert)
        self.fake.queries.clear()

    def _flush(self) -> None:
        sent = self.fake.chat(self.user).sent
        for message in sent[self._shown :]:
            self.show(message)
        self._shown = len(sent)
        for refusal in self.fake.refused:
            self.tell(f"Telegram refused: {refusal}")
        self.fake.refused.clear()

    async def _look(self) -> None:
        while True:
            self._flush()
            await asyncio.sleep(_LOOK)


def main() -> int:
    """Read the command line and talk."""
    parser = argparse.ArgumentParser(prog="python -m bot.sim.telegram", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--user", type=int, default=secrets.randbelow(10**9) + 1, help="a user to go on as")
    user = parser.parse_args().user
    console = Console(highlight=False)

    def show(message: Sent) -> None:
        console.print(f"[bold cyan]12348[/]  {escape(message.text)}", soft_wrap=True)
        for number, button in enumerate(message.buttons, 1):
            console.print(f"       [reverse] {escape(button.title)} [/] [dim]>{number}[/]")

    try:
        settings = BotSettings(simulators=True)
        bot = account(settings)
        assert bot is not None  # noqa: S101 - simulators have an account
        simulator = Simulator(
            account=bot,
            address=f"http://{LOOPBACK}:{settings.port}",
            user=user,
            show=show,
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
