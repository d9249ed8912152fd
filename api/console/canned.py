"""What staff say every day: ready sentences, and what a contact came to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.domain.conversation import ContactOutcome

CONTACT_OUTCOME: Final[Mapping[ContactOutcome, str]] = MappingProxyType(
    {
        ContactOutcome.ANSWERED: "已答复",
        ContactOutcome.APPLIED: "已转为申请",
        ContactOutcome.REFERRED: "已转介其他机构",
        ContactOutcome.CALL_BACK: "已约好回电",
        ContactOutcome.NO_REPLY: "来访人没有回应",
        ContactOutcome.OUT_OF_SCOPE: "不属于服务范围",
    }
)
CANNED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hello": "您好，我是法律援助值班工作人员，已经看过您说的情况。您不用再从头讲一遍。",
        "safe": "您现在安全吗？方便打字吗？如果有人正在伤害您，请马上拨打 110。",
        "more": "还想问您一件事，您慢慢说就行：",
        "papers": "材料不齐也可以先申请，不影响收下。手头有的先拍照留好，原件不要交给别人。",
        "no_fee": "法律援助不收任何费用。有人借法律援助的名义向您要钱，请不要给，并告诉我们。",
        "decide": "能不能得到法律援助，要由法律援助机构审查以后决定，我不能替它答应您。",
        "wait": "我去核实一下，请您稍等几分钟，不要离开这个页面。",
        "bye": "今天先到这里。以后有变化，随时在这里写给我们，也可以拨打 12348。",
    }
)
"""常用语: whole sentences that promise nothing; whoever sends one reads it first and may change it."""
