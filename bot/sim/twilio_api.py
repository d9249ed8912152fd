"""A Twilio that calls us: executes TwiML as Twilio does, posts signed forms, and enforces what Twilio enforces.

The signature is written down here once more from the description of the algorithm, not taken from the library that checks it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urljoin
from xml.etree.ElementTree import Element

import httpx
from defusedxml.ElementTree import ParseError, fromstring

VERBS: Final = frozenset({"Say", "Play", "Gather", "Redirect", "Enqueue", "Dial", "Record", "Hangup", "Pause"})
STOPS: Final = frozenset({"Gather", "Dial", "Enqueue", "Record"})
"""What waits for the caller, or for somebody else."""
_MOST: Final = 64 * 1024
_MOST_REDIRECTS: Final = 20


class TwimlRefused(Exception):
    """Twilio would play «an application error has occurred»; the message says why."""


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Return HMAC-SHA1 over the address and the sorted parameters, names and values without anything between them."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(slots=True, kw_only=True)
class FakeTwilio:
    """One call."""

    client: httpx.AsyncClient
    public_url: str
    token: str = field(repr=False)
    entry: str = "/channels/twilio/voice"
    caller: str = "+8613812345678"
    call: str = "CA" + "1" * 32
    said: list[str] = field(default_factory=list)
    """Every sentence the caller has heard."""
    waiting_for: str = "nothing"
    """What the TwiML stopped at: gather, dial, enqueue, record or hangup."""
    verb: Element | None = None
    """The verb it stopped at."""
    cries: str = ""
    """What the caller says into the words that hold the line; nothing, as most do."""

    async def post(self, url: str, **extra: str) -> httpx.Response:
        """Send one signed webhook to a public address."""
        form = {
            "AccountSid": "AC" + "0" * 32,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call,
            "CallStatus": "in-progress",
            "From": self.caller,
            "To": "+861012348",
            "FromCity": "",
            **extra,
        }
        headers = {
            "X-Twilio-Signature": signature(self.token, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        # Behind a proxy the path and the query are all that is left of the public address.
        return await self.client.post(url.removeprefix(self.public_url), content=urlencode(form), headers=headers)

    async def dial(self) -> None:
        """Call the line. Raises TwimlRefused, like everything that goes on with the call."""
        await self._run(await self.post(urljoin(self.public_url, self.entry)))

    async def says(self, text: str, *, confidence: str = "0.91") -> None:
        """Answer a gathering with speech."""
        self._gathering()
        await self.ends(SpeechResult=text, Confidence=confidence)

    async def presses(self, keys: str) -> None:
        """Answer a gathering with keys, cut off where the TwiML says."""
        gather = self._gathering()
        ends, number = gather.get("finishOnKey", "#"), gather.get("numDigits")
        typed = keys.split(ends, maxsplit=1)[0] if ends and ends in keys else keys
        await self.ends(Digits=typed[: int(number)] if number else typed)

    async def keeps_silent(self) -> None:
        """Say nothing until the time is over."""
        if self._gathering().get("actionOnEmptyResult") != "true":
            msg = "the call would end in silence"
            raise TwimlRefused(msg)
        await self.ends()

    async def ends(self, **extra: str) -> None:
        """End what the TwiML stopped at: the gathering, the dialling, the queue, the recording."""
        await self._run(await self.post(self.action(), **extra))

    async def hangs_up(self) -> None:
        """End the call, as the status callback tells."""
        self.waiting_for = "hangup"
        response = await self.post(urljoin(self.public_url, self.entry + "/status"), CallStatus="completed")
        if response.is_error:
            msg = f"status callback: {response.status_code}"
            raise TwimlRefused(msg)

    def action(self) -> str:
        """Return where the TwiML wants the next webhook."""
        return urljoin(self.public_url, "" if self.verb is None else self.verb.get("action", ""))

    def _gathering(self) -> Element:
        if self.waiting_for != "gather" or self.verb is None:
            msg = f"nobody listens: {self.waiting_for}"
            raise TwimlRefused(msg)
        return self.verb

    async def _run(self, response: httpx.Response) -> None:
        for _ in range(_MOST_REDIRECTS):
            redirect = self._perform(_document(response))
            if redirect is not None:
                response = await self.post(redirect)
            elif self._held():
                said, self.cries = self.cries, ""
                response = await self.post(
                    self.action(), **({"SpeechResult": said, "Confidence": "0.6"} if said else {})
                )
            else:
                return
        msg = "redirected without end"
        raise TwimlRefused(msg)

    def _held(self) -> bool:
        """Tell whether it is only listened while the line is held: most callers wait then."""
        return self.waiting_for == "gather" and "/wait?" in self.action()

    def _perform(self, document: Element) -> str | None:
        for verb in document:
            if verb.tag not in VERBS:
                msg = f"no such verb: {verb.tag}"
                raise TwimlRefused(msg)
            if verb.tag == "Say":
                self.said.append("".join(verb.itertext()))
            elif verb.tag == "Redirect":
                return urljoin(self.public_url, (verb.text or "").strip())
            elif verb.tag in STOPS:
                self.said += ["".join(say.itertext()) for say in verb.iter("Say")]
                self.waiting_for, self.verb = verb.tag.lower(), verb
                return None
            elif verb.tag == "Hangup":
                break
        self.waiting_for = "hangup"
        return None


def _document(response: httpx.Response) -> Element:
    kind = response.headers.get("content-type", "")
    if response.is_error or not kind.startswith(("application/xml", "text/xml")) or len(response.content) > _MOST:
        msg = f"{response.status_code} {kind}, {len(response.content)} bytes"
        raise TwimlRefused(msg)
    try:
        document: Element = fromstring(response.content)
    except ParseError as broken:
        raise TwimlRefused(str(broken)) from None
    return document
