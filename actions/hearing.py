"""Takes what Rasa heard at its word only where the caller's own words bear it out (听清): a likeness must not act for anybody.

«他们问话我能在旁边吗» sounds like a wish to be pre-screened, «那我拿啥证明» like an order to the assistant. What is not borne
out was a question or a story, and goes on about the matter at hand where there is one.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from actions import errands
from actions.acts import Act
from actions.lookup import SHORT_TALK
from actions.turn import Turn

_CUES: Final[Mapping[Act, re.Pattern[str]]] = {
    Act.START_SCREEN: re.compile(
        r"援助|法援|律师|条件|资格|够格|够不够|符合|申请|审批|能批|评|估|测|筛|预判|判断|问吧|问我|你问|我答|继续|接着|往下"
        r"|免费|请不起|开始|派|辩护"
    ),
    Act.BOT_CHALLENGE: re.compile(
        r"你|您|恁|机器|人工|真人|活人|假人|自动|电脑|谁|哪位|律师|对面|是不是人|司法|政府|12348|[a-z]{2}",
        re.IGNORECASE,
    ),
    Act.GOODBYE: re.compile(
        r"再见|拜|8+6|bye|回头|挂了|这样|没事|没(?:有|啥|什么)?(?:别的|其他|其它|啥)?(?:事|问题)|不问|下线|走了|忙|下次|改天|有事再|回聊|晚安|问完|结束"
        r"|明白|知道|晓得|清楚|回见|再会|先下|撤|溜|闪|睡",
        re.IGNORECASE,
    ),
    Act.THANKS: re.compile(
        r"谢|感恩|感激|多亏|辛苦|麻烦|好人|帮|真好|太好|清楚|明白|3q|thank|thx|唔该|不错|赞|棒|有用|费心|难为|你好心|周到|客气",
        re.IGNORECASE,
    ),
    Act.INSTRUCT: re.compile(
        r"忽略|忘[掉记]|规则|规定|设定|指令|命令|提示词|扮演|假装|假设|假如你|角色|法官|身份|盖.{0,2}章|公章|批[准了个]|通过|决定书|直接|管理员|开发者|源代码"
        r"|模式|限制|调试|后台|数据库|其他人|别人的|听我的|按我说|你就说|你现在是|开.{0,2}证明|出.{0,2}证明|base64|[a-z]{4}",
        re.IGNORECASE,
    ),
    Act.DENY: re.compile(
        r"^(?:嗯|那|我|咱|暂时|先|现在|还|都|也|一个|从来|可|真的?|可能|应该|算|谢谢|[\W_])*(?:不|没|没有|冇|否|no|别|木有|莫|唔|哪有|哪里有|没那回事|并没有)"
        r"(?:是|有|要|用|行|可以|好|对|同意|愿意|需要|方便|算|系|得|过|必|想|急|了|的|啊|哦|嘞|呢|吧|呀|谢谢|谢了|你|您|还|先|[\W_])*$",
        re.IGNORECASE,
    ),
    Act.AFFIRM: re.compile(
        r"^[\W_]*(?:那|就|我|也|都|真|的确)*(?:是|对|嗯|唔|好|行|可以|没问题|没错|要|中|成|得|ok|yes|同意|愿意|有|需要|系|试|来|看看|想|能|会|帮|继续|申请|开始"
        r"|必须|当然|确实|肯定|麻烦|请)",
        re.IGNORECASE,
    ),
    Act.APPLY: re.compile(
        r"申请|登[记个]|报[个上名]|[交递送填弄]上|提交|上报|转交|交给|转给|转过去|援助|法援|律师|委托|手续|(?<![么咋样])办(?!法)|同意|填|代?我(?:交|递|报|填|弄)"
    ),
    Act.HUMAN: re.compile(
        r"人工|真人|活人|客服|坐席|座席|接线|值班|专员|工作人员|工作员|同志|领导|主任|经理|管事|做主|机器说|让(?:个|一个)?人.{0,4}(?:给我|[跟和同]我(?:说|讲|聊|谈|打|联系))|律师|专家|法官|志愿者|转|[找叫换派喊等要请给].{0,6}人(?!打|骗|欺|揍|杀|砍|撞|抓|咬|害|坑|偷|抢)"
        r"|有没有.{0,2}人|有人(?:吗|么|嘛|在|没|不|管|理|接|$)|来(?:个|一个)人|人(?:呢|来|在)|跟人|和人|对话|帮我接|接通|说话|电话|^\W*[0零]+\W*$|机器|换个|[他她]们来|human|agent|person|staff|real|operator|some(?:one|body)",
        re.IGNORECASE,
    ),
    Act.WITHDRAW: re.compile(
        r"撤|收回|反悔|同意|授权|信息|资料|记录|数据|隐私|个人|保存|存了|留了|删|清[除空掉]|抹|泄露|不交了|不转|别转|别交|拿回|退回|取消"
    ),
    Act.START_OVER: re.compile(
        r"重新|从头|重来|重开|重头|再来|清空|清零|开头|刚开始|换(?:一?个|一?件)|重置|作废|另外?一件|restart|reset",
        re.IGNORECASE,
    ),
    Act.CANCEL: re.compile(
        r"算了|取消|退出|^停|停(?:一下|止|下|吧)|(?:不|别|莫|唔|甭)(?:要|想|再|用)*(?:问|弄|办|答|填|申请|需要|要|继续|聊|说|搞|查|测|评|看|了)"
        r"|不用了?$|不需要|(?:以后|回头|等等|等下|等会儿?|晚点|一会儿?|下次|改天|过两天|有空)再|拉倒|结束|终止|撤销|罢了|麻烦|烦死"
    ),
}
"""Without one of these nobody means the act, however much it sounds like it."""
_ASKS_ABOUT: Final = re.compile(
    r"([看收查算管讲分用交])\S{0,2}不\1|户口|几天|多久|多少|收费|要钱|[去回到]哪|哪里|哪儿|哪边|还是[去回到]|(?:什么|啥|哪些)(?:材料|手续|东西|证)|怎么申请|为什么|为啥"
)
"""«申请法律援助看不看户口» asks about applying, and neither applies nor begins."""
_OF_OTHERS: Final = re.compile(
    r"(?:办|申请|申领|领|补)(?:理|一?下|个|一个|张|一张)?(?:低保|五保|特困|救助|补助|残疾证|身份证|户口|居住证|结婚证|离婚证|准生证|出生证|房产证|不动产证"
    r"|营业执照|退休|养老金|失业金|公积金|社保卡|医保|公证|取保|保护令|工伤|仲裁|廉租|公租)"
)
"""«我想办低保»: what another office grants is asked about, and not applied for here."""
_BEGINNINGS: Final = frozenset({Act.START_SCREEN, Act.APPLY})


def borne_out(turn: Turn, /) -> Turn:
    """Return the turn as it was meant: an act that no word bears out is a question."""
    if turn.payload or not turn.text:
        return turn
    if _is_meant(turn):
        return turn
    goes_on = turn.state.topic is not None and len(turn.text) <= SHORT_TALK
    return replace(turn, act=Act.FOLLOW_UP if goes_on else Act.ASK)


def _is_meant(turn: Turn) -> bool:
    if turn.act in errands.ERRANDS:
        return errands.meant(turn)
    if turn.act in _BEGINNINGS and (_ASKS_ABOUT.search(turn.text) or _OF_OTHERS.search(turn.text)):
        return False
    cue = _CUES.get(turn.act)
    return cue is None or cue.search(turn.text) is not None
