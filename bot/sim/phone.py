"""A telephone call in the terminal, against the running app: `make sim-phone`.

The platform is ours (`bot.sim.twilio_api`), everything behind it is the real thing: webhooks, signatures, the call flow.
"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import httpx
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from bot.channels.phone.account import Account, account
from bot.processes import StartRefused
from bot.settings import LOOPBACK, BotSettings
from bot.sim.terminal import typed
from bot.sim.twilio_api import FakeTwilio, TwimlRefused

HELP: Final = """\
What you type is said into the telephone. Besides:
  >1            press keys: >1, >0, >*, >#, >13800138000#
  :silence      say nothing        :mumble   say what nobody understands
  :busy         nobody picks up a transfer      :talk   somebody does
  :left         leave a message after the tone
  Ctrl-D        hang up\
"""
_PATIENCE: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Simulator:
    """One caller, and the platform between them and the app."""

    account: Account
    address: str
    """Where the app listens."""
    show: Callable[[str], None]
    tell: Callable[[str], None]
    """Says something about the simulation itself."""
    _shown: int = 0

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Talk until the lines end or the call does. Raises StartRefused."""
        async with httpx.AsyncClient(base_url=self.address, timeout=_PATIENCE, trust_env=False) as client:
            call = FakeTwilio(
                client=client,
                public_url=self.account.public_url,
                token=self.account.auth_token,
                call="CA" + secrets.token_hex(16),
            )
            try:
                await call.dial()
            except httpx.ConnectError:
                msg = f"Nothing answers at {self.address}. Start the app first: make run"
                raise StartRefused(msg) from None
            except TwimlRefused as refused:
                msg = f"The app at {self.address} takes no calls ({refused}): start it with `make run` in development, from this folder."
                raise StartRefused(msg) from None
            self._flush(call)
            async for line in lines:
                await self._does(call, line.strip())
                self._flush(call)
                if call.waiting_for == "hangup":
                    return
            await call.hangs_up()

    async def _does(self, call: FakeTwilio, line: str) -> None:
        try:
            match line:
                case ":silence":
                    await call.keeps_silent()
                case ":mumble":
                    await call.says("呜呜", confidence="0.1")
                case ":busy":
                    await call.ends(DialCallStatus="no-answer")
                case ":talk":
                    await call.ends(DialCallStatus="completed")
                case ":left":
                    await call.ends(RecordingSid="RE" + secrets.token_hex(16), RecordingDuration="12")
                case _ if line.startswith(">"):
                    await call.presses(line[1:])
                case _ if line.startswith((":", "?")) or not line:
                    self.tell(HELP)
                case _:
                    await call.says(line)
        except TwimlRefused as refused:
            self.tell(f"Twilio: {refused}")

    def _flush(self, call: FakeTwilio) -> None:
        for sentence in call.said[self._shown :]:
            self.show(sentence)
        self._shown = len(call.said)
        if call.waiting_for != "gather":
            self.tell(
                {"dial": "(ringing: :talk or :busy)", "record": "(after the tone: :left)"}.get(
                    call.waiting_for, f"({call.waiting_for})"
                )
            )


def main() -> int:
    """Call."""
    console = Console(highlight=False)
    try:
        settings = BotSettings(simulators=True)
        line = account(settings)
        assert line is not None  # noqa: S101 - simulators have an account
        simulator = Simulator(
            account=line,
            address=f"http://{LOOPBACK}:{settings.port}",
            show=lambda said: console.print(f"[bold cyan]☎[/]  {escape(said)}", soft_wrap=True),
            tell=lambda text: console.print(f"[dim]{escape(text)}[/]"),
        )
        console.print(f"[dim]{escape(HELP)}[/]\n")
        asyncio.run(simulator.run(typed()))
    except (StartRefused, ValidationError) as refused:
        console.print(f"[bold red]✗[/] {escape(str(refused))}", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
