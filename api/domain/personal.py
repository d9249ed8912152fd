"""What a person may ask of their own data: a copy, that it is put right, that it is destroyed (个人信息权利).

Personal Information Protection Law arts 45, 46 and 47. Who asks has to be whose data it is: somebody near may want it more.
"""

from enum import StrEnum
from typing import Final

ANSWERED_WITHIN_DAYS: Final = 15
"""Our own figure: art. 50 wants it easy and art. 45 in time, and neither names days."""
REASON: Final = "data_request"
"""How the reason of such a request's task begins."""


class DataRequest(StrEnum):
    """个人信息请求."""

    COPY = "copy"
    """查阅、复制, art. 45."""
    CORRECT = "correct"
    """更正、补充, art. 46."""
    ERASE = "erase"
    """删除, art. 47: of a case file staff say what must be kept, and why."""


class Identity(StrEnum):
    """怎么确认是本人: how staff know who asks."""

    IN_PERSON = "in_person"
    """当面看了证件."""
    RANG_BACK = "rang_back"
    """打登记的电话核对: on the number that was left, never on one that was named just now."""
