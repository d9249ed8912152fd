"""Tells a question from an answer while something else is open: one reading for forms, errands and complaints (是不是在问)."""

import re
from typing import Final

_QUESTION: Final = re.compile(
    r"[?？]|[吗嘛]|么$|(?:^那|要是|如果|万一|假如).*呢$|怎么|咋|为什么|为啥|多少钱|哪(?!怕)|什么|啥|([一-龥])[不没]\1|可不可以|几天|几点|多久|谁"
)
_NO_QUESTION: Final = re.compile(
    r"(?:没(?:有)?|别提?|不要提?|不用|甭)(?:跟|和|管)?(?:什么|啥|谁)|(?:什么|啥|谁|哪|几点|几天|多久)[^?？]{0,6}?[也都](?:没|不|无|行|可以|能|好|成)"
)
"""«啥救助也没有» asks nothing, and neither does «什么时候都行»."""


def asks(text: str, /) -> bool:
    """Tell whether words ask something."""
    return _QUESTION.search(_NO_QUESTION.sub("", text)) is not None
