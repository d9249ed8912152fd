"""移送记录: what goes on with an application to another institution, sealed beside it, and told to whoever applied."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Final

from api.domain.transfer import Agreed, ServiceRequest, Transfer, TransferGround, Verified
from api.services import vault
from api.services.ports import UnitOfWork

KIND: Final = "transfer"
"""What the vault calls it."""


async def keep(uow: UnitOfWork, *, reference: str, transfer: Transfer, now: datetime) -> int:
    """Seal a record of transfer; return its number."""
    value = json.dumps(asdict(transfer), ensure_ascii=False, sort_keys=True)
    return vault.parts(await vault.put(uow, conversation_id=reference, kind=KIND, value=value, now=now))[1]


async def of(uow: UnitOfWork, *, reference: str, number: int = 1) -> Transfer | None:
    """Open the record of an application that went on elsewhere: it goes once."""
    kept = await uow.vault.open(conversation_id=reference, kind=KIND, number=number)
    if kept is None:
        return None
    found = json.loads(kept)
    agreed = found.pop("agreed")
    return Transfer(
        ground=TransferGround(found.pop("ground")),
        agreed=None if agreed is None else Agreed(agreed),
        verified=tuple(Verified(one) for one in found.pop("verified")),
        requests=tuple(ServiceRequest(one) for one in found.pop("requests")),
        **found,
    )


def sentence(transfer: Transfer, /) -> str:
    """Return what whoever applied is told of it."""
    phone = f"，电话 {transfer.office_phone}" if transfer.office_phone else ""
    return f"接着办的是{transfer.office}{phone}。材料和核实过的情况一起转过去了，不用再说一遍。"
