"""Names what a source is worth (效力状态) in the one set of words that callers, staff and operators read."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from knowledge_base.types import Standing

STANDINGS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.IN_FORCE: "现行有效",
        Standing.HISTORICAL: "历史文件",
        Standing.PLAN_ENDED: "计划期已过",
        Standing.SUPERSEDED: "已被新规定取代",
        Standing.UNKNOWN: "效力待核实",
    }
)
