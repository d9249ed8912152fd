"""The Chinese words for what follows a grant: who is assigned, what happens in the case, how it ends."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.domain.provider import ProviderKind

PROVIDER: Final[Mapping[ProviderKind, str]] = MappingProxyType(
    {
        ProviderKind.LAWYER: "律师",
        ProviderKind.LEGAL_WORKER: "基层法律服务工作者",
        ProviderKind.VOLUNTEER: "法律援助志愿者",
    }
)
