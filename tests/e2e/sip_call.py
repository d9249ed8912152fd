"""A call to the self-hosted line of the running app: its ear hears what the test writes down, its voice beeps and keeps what it said."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from api.db.engine import Database
from api.db.tables import conversations as threads
from api.services import conversations
from api.services.records import Sender
from bot.channels.phone.flow import CHANNEL
from bot.channels.phone.speech import wav_of
from bot.channels.phrases import Phrases
from tests.channels.sip_phone import LOOPBACK, Phone, eventually, free_port, phone, tone

READ_BACK = Phrases.load().phone.read_back[0].partition("{")[0]
"""How a line begins that is to be confirmed."""
_STILL = 0.7
"""Seconds without sound, after which everything was said."""
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Programs:
    """What the line hears with and speaks with."""

    folder: Path

    @property
    def heard(self) -> Path:
        return self.folder / "heard.txt"

    @property
    def said(self) -> Path:
        return self.folder / "said.txt"

    def settings(self) -> Mapping[str, str]:
        """Write the programs, and return the settings of a line on loopback that uses them."""
        beep, voice, first = self.folder / "beep.wav", self.folder / "voice.sh", free_port(pair=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.heard.touch()
        self.said.touch()
        beep.write_bytes(wav_of(tone(0.1)))
        said, sound = shlex.quote(str(self.said)), shlex.quote(str(beep))
        voice.write_text(f"cat >> {said}; echo >> {said}; cat {sound}\n")
        command = f"sh {shlex.quote(str(voice))}"
        return {
            "LEGAL_AID_SIP_LISTEN": f"{LOOPBACK}:{free_port()}",
            "LEGAL_AID_SIP_PEERS": f'["{LOOPBACK}/32"]',
            "LEGAL_AID_SIP_RTP_PORTS": f"{first}-{first + 40}",
            "LEGAL_AID_SIP_TRANSFER": f"sip:desk@{LOOPBACK}",
            "LEGAL_AID_SIP_VOICE": command,
            "LEGAL_AID_SIP_VOICE_SLOW": command,
            "LEGAL_AID_SIP_RECOGNISER": f"cat {shlex.quote(str(self.heard))}",
        }


@dataclass(slots=True, kw_only=True)
class SipCall:
    """One call; one at a time, for the line has one ear."""

    caller: Phone
    programs: Programs
    database: Database
    thread: str = ""

    async def says(self, words: str) -> bool:
        """Say something and hear the answer out; return whether it was only read back, to be confirmed."""
        lines, turns = len(self._said()), len(await self._turns())
        self.programs.heard.write_text(f"{words}\t0.91\n")
        await self.caller.speak(0.6)

        def read_back() -> bool:
            return any(one.startswith(READ_BACK) for one in self._said()[lines:])

        async def taken() -> bool:
            return read_back() or len(await self._turns()) > turns

        await eventually(taken, seconds=_PATIENCE)
        await self.hears_out()
        return read_back()

    async def hears_out(self) -> None:
        """Wait until every turn is answered, and nothing more is heard."""
        async with asyncio.timeout(_PATIENCE):
            known = 0.0
            while not known or self.caller.heard != known or not all(await self._turns()):
                known = self.caller.heard
                await asyncio.sleep(_STILL)

    async def _turns(self) -> Sequence[bool]:
        """Return of each message of the caller's whether it is answered."""
        async with self.database.reading() as uow:
            said = await conversations.messages_after(uow, conversation_id=self.thread, seq=0)
        return [one.answered for one in said if one.sender is Sender.CITIZEN]

    def _said(self) -> list[str]:
        return self.programs.said.read_text().splitlines()


@asynccontextmanager
async def calling(port: int, *, programs: Programs, database: Database) -> AsyncIterator[SipCall]:
    """Dial, hear the greeting out, and hang up in the end."""
    before = await _calls(database)
    async with phone() as caller:
        call = SipCall(caller=caller, programs=programs, database=database)
        caller.refer_outcome = None  # a desk that rings, and nobody answers
        await caller.dial(port)

        async def begun() -> bool:
            (*new,) = await _calls(database) - before
            call.thread = next(iter(new), "")
            return bool(new)

        await eventually(begun)
        await call.hears_out()
        yield call
        caller.hang_up()
        await asyncio.sleep(_STILL)


async def _calls(database: Database) -> frozenset[str]:
    async with database.engine.connect() as connection:
        found = await connection.execute(select(threads.c.id).where(threads.c.channel == CHANNEL))
        return frozenset(found.scalars())
