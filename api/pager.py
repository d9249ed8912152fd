"""Calls people by a web address each: a robot of a work chat, a gateway for messages or mail (值班催办)."""

from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from api.config import DangerCall
from api.services.escalation import CallFailed, Summons

_SECONDS: Final = 10.0


class Webhooks:
    """Adapter of the `Pager` port. The body is what the robots of WeCom (企业微信) and DingTalk (钉钉) read, our codes beside it."""

    def __init__(self, calls: Sequence[DangerCall], *, client: httpx.AsyncClient) -> None:
        """Know everybody's address; nobody is called yet."""
        self._addresses = {call.name: call.url for call in calls}
        self._client = client

    @property
    def people(self) -> Sequence[str]:
        """Return the names in their order."""
        return tuple(self._addresses)

    async def call(self, summons: Summons, /) -> None:
        """Call one person. Raises CallFailed: an address is a secret and stays out of what is raised."""
        address = self._addresses[summons.person].get_secret_value()
        try:
            answer = await self._client.post(address, json=_body(summons), timeout=_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise CallFailed from None
        if not answer.is_success or _refused(answer):
            raise CallFailed


def _body(summons: Summons) -> Mapping[str, object]:
    minutes = int(summons.waited.total_seconds() // 60)
    words = f"法律援助热线：有一条危险提醒等了 {minutes} 分钟，还没有人应答。请马上登录工作台处理。"
    return {
        "msgtype": "text",
        "text": {"content": words},
        "alert": {
            "ticket": summons.ticket,
            "kinds": list(summons.kinds),
            "urgency": summons.urgency.value,
            "region": summons.region,
            "raised_at": summons.raised_at.isoformat(),
            "waited_seconds": round(summons.waited.total_seconds()),
        },
    }


def _refused(answer: httpx.Response) -> bool:
    """Tell whether a robot says no with status 200, as those of the work chats do."""
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("errcode", 0) != 0
