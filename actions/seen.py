"""Who can see this talk, asked by whoever has somebody to fear: what the system does, and how to leave the page (会不会让他知道)."""

import re
from typing import Final

from actions.turn import HUMAN
from actions.wire import Say, TextReply

_LONGEST: Final = 24
_WEB: Final = "web"
_WHO: Final = (
    r"(?:他们?|她们?|别人|人家|外人|对方|那个人|家里人?|家人|(?:我|咱)?(?:们)?(?:的)?(?:老公|丈夫|男人|对象|老婆|媳妇|爸妈?|妈妈?|爸爸|爹|娘|父母|家长|家里人?|家人|婆婆|公公|孩子|儿子"
    r"|女儿|哥|姐|单位|老板|公司|厂里|领导|同事|邻居|学校|老师|班主任|亲戚|朋友|男朋友|女朋友|前夫|前妻))"
)
_SEES: Final = r"(?:看[到见]|查[到得]|翻[到看]|发现|知道|晓得|瞧见|听见|偷看)"
_OF_TALK: Final = re.compile(
    rf"(?:聊天|对话|记录|消息|这里说|这里写|这儿说|我说的(?:话|这些)|我发的|我写的|页面|网页|网站|我来过|我问过|我找过你|我打过|我联系过).{{0,8}}(?:会|能|可以)?.{{0,4}}(?:{_SEES}|保密|泄露|泄漏|传出去|留着|存着)"
    rf"|{_SEES}.{{0,6}}(?:聊天|对话|记录|消息|我说的|我发的|页面|我来过|我问过|我找过你|我在问)|(?:怎么|咋|能不能|可以|如何).{{0,4}}(?:删|清|隐藏|藏)[^,，。]{{0,4}}(?:聊天|对话|记录|消息|痕迹)"
    r"|(?:怎么|咋|能不能|可以|如何)(?:把|将).{0,4}(?:聊天|对话|记录|消息|痕迹).{0,3}(?:删|清|藏)"
)
_TOLD_TO: Final = re.compile(
    rf"(?:会不会|会|能不能|能|可不可以|可以|别|不要|千万别|不想|不能|怕|不敢|是不是|要不要)[^,，。]{{0,4}}(?:(?:让|被|叫|给){_WHO}(?:们)?{_SEES}|(?:跟|和){_WHO}(?:们)?(?:说|讲)|(?:告诉|通知|联系|惊动|打电话给){_WHO})"
    rf"|{_WHO}(?:们)?(?:会不会|会|能不能|能|可不可以|是不是会|不会)(?:也)?(?:{_SEES}|收到(?:消息|短信|通知|电话))"
)
_OF_LAW: Final = re.compile(
    r"判|起诉|立案|开庭|法院|仲裁|案底|政审|征信|拘留|坐牢|财产|转移|存款|流水|房子|离婚|援助|申请|保护令|合同|工资|赔|抚养|举报|投诉|证据|录音"
)
"""Who learns of a procedure, the law says."""


def replies(*, channel: str, child: bool) -> tuple[TextReply, ...]:
    """Return who sees it, and how to leave: by the button of our page, or by clearing the chat of another application."""
    who = Say.SEEN_BY_ADULTS if child else Say.SEEN_BY_STAFF
    page = Say.LEAVE_THE_PAGE if channel == _WEB else Say.CLEAR_THE_CHAT
    return TextReply(say=who), TextReply(say=page, choices=(HUMAN,))


def asks(text: str, /) -> bool:
    """Tell a question, or a plea, about who learns of this talk."""
    if len(text) > _LONGEST or _OF_LAW.search(text) is not None:
        return False
    return _OF_TALK.search(text) is not None or _TOLD_TO.search(text) is not None
