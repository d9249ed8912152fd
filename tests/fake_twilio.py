"""A Twilio that calls us: executes TwiML as Twilio does, posts signed forms, and enforces what Twilio enforces.

The signature is written down here once more from the description of the algorithm, not taken from the library that checks it.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import httpx
from defusedxml.ElementTree import fromstring

VERBS = {"Say", "Play", "Gather", "Redirect", "Enqueue", "Dial", "Record", "Hangup", "Pause"}
MOST = 64 * 1024
CALL = "CA" + "1" * 32


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Return HMAC-SHA1 over the address and the sorted parameters, names and values without anything between them."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(slots=True)
class FakeTwilio:
    """One call."""

    client: httpx.AsyncClient
    public_url: str
    token: str
    entry: str = "/channels/twilio/voice"
    caller: str = "+8613812345678"
    call: str = CALL
    said: list[str] = field(default_factory=list)
    now: Element | None = None
    waiting_for: str = "nothing"
    """What the TwiML stopped at: gather, dial, enqueue, record, or hangup."""
    gathered: Element | None = None
    requests: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

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
        self.requests.append((url, form))
        headers = {
            "X-Twilio-Signature": signature(self.token, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        # Behind a proxy the path and the query are all that is left of the public address.
        path = url.removeprefix(self.public_url)
        return await self.client.post(path, content=urlencode(form), headers=headers)

    async def dial(self) -> None:
        """Call the line."""
        await self._run(await self.post(urljoin(self.public_url, self.entry)))

    async def says(self, text: str, *, confidence: str = "0.91") -> None:
        """Answer a gathering with speech."""
        assert self.waiting_for == "gather"
        await self._go(self.action(), SpeechResult=text, Confidence=confidence)

    async def presses(self, keys: str) -> None:
        """Answer a gathering with keys, cut off where the TwiML says."""
        assert self.waiting_for == "gather"
        assert self.gathered is not None
        ends = self.gathered.get("finishOnKey", "#")
        number = self.gathered.get("numDigits")
        typed = keys.split(ends, maxsplit=1)[0] if ends and ends in keys else keys
        await self._go(self.action(), Digits=typed[: int(number)] if number else typed)

    async def keeps_silent(self) -> None:
        """Say nothing until the time is over."""
        assert self.waiting_for == "gather"
        assert self.gathered is not None
        assert self.gathered.get("actionOnEmptyResult") == "true"
        await self._go(self.action())

    async def ends(self, **extra: str) -> None:
        """End what the TwiML stopped at: the dialling, the queue, the recording."""
        await self._go(self.action(), **extra)

    async def hangs_up(self) -> None:
        """End the call, as the status callback tells."""
        response = await self.post(urljoin(self.public_url, self.entry + "/status"), CallStatus="completed")
        assert response.status_code == 200

    def action(self) -> str:
        """Return where the TwiML wants the next webhook."""
        assert self.gathered is not None
        return urljoin(self.public_url, self.gathered.get("action", ""))

    async def _go(self, url: str, **extra: str) -> None:
        await self._run(await self.post(url, **extra))

    async def _run(self, response: httpx.Response) -> None:
        for _ in range(20):
            assert response.status_code == 200, (response.status_code, response.text)
            assert response.headers["content-type"].startswith(("application/xml", "text/xml"))
            assert len(response.content) < MOST
            redirect = self._perform(fromstring(response.content))
            if redirect is None:
                return
            response = await self.post(redirect)
        raise AssertionError

    def _perform(self, document: Element) -> str | None:
        for verb in document:
            assert verb.tag in VERBS, verb.tag
            if verb.tag == "Say":
                self.said.append("".join(verb.itertext()))
            elif verb.tag == "Redirect":
                return urljoin(self.public_url, (verb.text or "").strip())
            elif verb.tag in {"Gather", "Dial", "Enqueue", "Record"}:
                self.said += ["".join(say.itertext()) for say in verb.iter("Say")]
                if verb.tag == "Gather":
                    assert set((verb.get("input") or "").split()) == {"dtmf", "speech"}
                self.waiting_for, self.gathered = verb.tag.lower(), verb
                return None
            elif verb.tag == "Hangup":
                self.waiting_for = "hangup"
                return None
        self.waiting_for = "hangup"
        return None


def host_of(url: str) -> str:
    """Return host and port of an address."""
    return urlsplit(url).netloc
