"""Reads typed answers of the hand-over. What is not surely meant is asked again: a wrong guess here can hurt somebody.

Nobody has consented, or said that a call is safe, whose words could mean anything else.
"""

import re
import unicodedata
from typing import Final

from api.services.records import Delivery, SafeToContact

_BREAKS: Final = re.compile(r"[\s,.;:!~、，。；：！～…]+|但是?|不过|可是|只是")
_AGREES: Final = re.compile(
    r"(?:好的?|行|可以|嗯)?(?:我|我们|俺)?(?:都|全|全都|全部|完全)?(?:同意|愿意)(?:转交|联系|转|交|登记|申请|你们|他们|跟我|给你们|给他们|给工作人员|来)*(?:的|了|啊|呀)?"
    r"|(?:都|全|全都|全部)?(?:是|是的|可以|可以的|好|好的|行|行的|没问题|没意见)"
)
_DECLINES: Final = re.compile(
    r"(?:我|我们|俺)?(?:都|全|全都|全部|完全)?(?:不同意|不愿意)(?:的|了|啊|呀)?|不|不要|我不要|不行|不可以|不给|不交|否"
)
_MAY_CALL: Final = re.compile(
    r"(?:我)?(?:很|挺|蛮|都)?(?:方便|安全)(?:的|啊|呀|打|接|接电话)?"
    r"|(?:随时|随便)?(?:都)?(?:可以|能|能够)(?:打|打电话|打的|打吧|接|接电话|联系)(?:的|我|吧|啊)?|(?:随时|随便)打|打吧|打可以|打没事"
    r"|没危险|没有危险|没什么危险|不危险"
)
_WELL: Final = re.compile(r"可以|可以的|好|好的|行|行的")
_NO_MATTER: Final = re.compile(r"没事|没事的|没关系|没问题|嗯")
_SILENCE: Final = re.compile(
    r"(?:就是|千万|请)?(?:别|不要|不能|不许|莫|不准)(?:跟|和|对|给|在|同|让|当着)?[^不别没]{0,8}?"
    r"(?:提|说|讲|透露|知道|告诉)(?:起|是)?[^不别没打]{0,8}"
)
_NO_CALL: Final = re.compile(
    r"不(?:是|太|大|很|怎么|算|那么|够|咋)*(?:方便|安全)|(?:别|不要|不能|不可以|不许|不准|不敢|莫|勿|不用|甭)(?:再|给我|往)?(?:打|来电|联系|找我)"
    r"|打不得|(?<!没)(?<!没有)(?<!不)(?<!不会)(?:有|很|太)危险|(?<!不)在(?:旁边|边上|身边|跟前)|旁边有人|他在家|会(?:挨打|打我)"
)
_NO: Final = re.compile(r"不|不行|不可以|不要|不能|不好|不方便|别|否|不行的")
_TWICE_NEGATED: Final = re.compile(r"没有?(?:什么)?不|不是不|不会不|没说不|[?？吗]")

_EITHER_OR: Final = re.compile(r"(.)不\1")
_TAIL: Final = re.compile(r"(?:吗|么|不|呗|[?？])+$")
_NEGATED: Final = re.compile(r"不|别|莫|没|勿|甭|唔|无法|难|除了|算了|怕|担心|免得|以免|拒")
_WISHED: Final = re.compile(r"能|可以|行")
_ASKED: Final = re.compile(r"[?？]|吗|多少|怎么|咋|什么|要钱|收费|哪")
_WAYS: Final = {
    Delivery.HOME_VISIT: re.compile(r"上门|来我?家"),
    Delivery.POST: re.compile(r"寄|快递"),
    Delivery.ONLINE: re.compile(r"网上|上网|线上|网络|(?:用|在)手机|手机(?:上|办|弄|操作)"),
    Delivery.WINDOW: re.compile(r"窗口|现场|(?:自己|亲自|我)去|过去办|当面"),
    Delivery.PHONE: re.compile(r"电话|打给我|打我手机|打手机"),
}


def consent(text: str, /) -> bool | None:
    """Return what a whole message says to a question of consent; None where any part of it says anything else."""
    clauses = _clauses(text)
    for said in (["".join(clauses)], clauses):
        if said and all(_AGREES.fullmatch(clause) for clause in said):
            return True
        if said and all(_DECLINES.fullmatch(clause) for clause in said):
            return False
    return None


def safe_to_contact(text: str, /) -> SafeToContact | None:
    """Return whether a call is safe: yes only if every clause says so, no wherever one denies it."""
    clauses = _clauses(text)
    whole = "".join(clauses)
    if not clauses or _TWICE_NEGATED.search(text):
        return None
    if _NO.fullmatch(whole) or any(_NO_CALL.search(clause) for clause in clauses) or _NO_CALL.search(whole):
        return SafeToContact.NO
    spoken = [clause for clause in clauses if not _NO_MATTER.fullmatch(clause)]
    open_ = [clause for clause in spoken if not _SILENCE.fullmatch(clause)]
    allowed = bool(open_) and all(_MAY_CALL.fullmatch(clause) or _WELL.fullmatch(clause) for clause in open_)
    if not allowed:
        return None
    return SafeToContact.YES if len(open_) == len(spoken) else SafeToContact.NEUTRAL_ONLY


def delivery(text: str, /) -> Delivery | None:
    """Return the one way that is asked for; a way that is named with a «no» is not asked for."""
    wanted: set[Delivery] = set()
    unwanted: set[Delivery] = set()
    for raw in _clauses(text):
        clause = _TAIL.sub("", _EITHER_OR.sub(r"\1", raw))
        named = {way for way, words in _WAYS.items() if words.search(clause)}
        if _NEGATED.search(clause):
            unwanted |= named
        elif not _ASKED.search(raw) or _WISHED.search(clause):
            wanted |= named
    return wanted.pop() if len(wanted) == 1 and not wanted & unwanted else None


_MOST_WITHDRAWAL: Final = 24
_SOMEBODY_ELSE: Final = re.compile(r"老板|公司|单位|厂|对方|法院|仲裁|工伤|[让叫逼劝]我")
"""Whoever is made to withdraw something elsewhere tells a story."""
_WITHDRAWS: Final = re.compile(
    r"(?:撤回|撤销|收回)(?:我|我的|刚才的?|之前的?|那个|那份)?(?:同意|授权|申请)|反悔了"
    r"|不同意你们(?:再|继续)?(?:用|留|存)|(?:删掉?|删除|清除|清掉|抹掉)(?:了)?我的(?:个人)?(?:信息|资料|记录|数据)"
    r"|把我.{0,6}(?:信息|资料|记录|数据).{0,4}[删清抹]|(?:存|留|记|收集)了我(?:的)?(?:什么|哪些|啥)"
)


def withdraws(text: str, /) -> bool:
    """Tell the plain words of who takes consent back, or asks what is kept (Personal Information Protection Law 15, 44-47)."""
    mine = len(text) <= _MOST_WITHDRAWAL and _SOMEBODY_ELSE.search(text) is None
    return mine and _WITHDRAWS.search(text) is not None


_POSTPONES: Final = re.compile(
    r"(?:那|我|先|嗯|还是|等我|让我|容我|暂时|再|考虑|合计|商量|想想|想一想|(?:一下|考虑)|琢磨)*(?:再说|再看|考虑(?:考虑|一下|下)?|想想|想一想|想一下|琢磨琢磨|合计合计|不急|以后|回头|改天|过几天|先不(?:了|弄|办|交|用|急))"
    r"(?:吧|了|再说|再看|我|先|想想|考虑|看看|一下|下|谢谢|的|呢|办|弄|来)*"
)


def postpones(text: str, /) -> bool:
    """Tell the words of somebody who would think it over first, and says nothing else."""
    return len(text) <= _MOST_POSTPONING and _POSTPONES.fullmatch(re.sub(r"[\W_]+", "", text)) is not None


_HOLDS_BACK: Final = re.compile(
    r"(?:那|我|俺|咱|这个?|就|就是|先|暂时|现在|真的?|也|实在|有点|其实)*(?:不想|不愿意?|不方便|不好意思|懒得|没法|不敢)(?:再|跟你|多|往下|细|继续)*(?:说|讲|提|谈|聊)(?:了|啦|这个|这些|那个|下去|啥|什么|出来|吧|啊|呀)*"
)


def holds_back(text: str, /) -> bool:
    """Tell «我不想说了», «不方便讲» and nothing else: they answer no question, and ask none."""
    return len(text) <= _MOST_POSTPONING and _HOLDS_BACK.fullmatch(re.sub(r"[\W_]+", "", text)) is not None


_STOPS: Final = re.compile(
    r"(?:那|我|俺|咱|还是|就|先|暂时|现在|真的?|也)*(?:不想|不打算|不愿意?|不用|不要|不)(?:再|继续|接着)*(?:申请|弄|答|回答|填|办|搞|查|测|问|继续)(?:下去)?(?:了|啦|喽)(?:吧|啊|呀|哈)?"
)


def stops(text: str, /) -> bool:
    """Tell the words of somebody who wants no more of a form, whatever else they feel: «有点乱 我不想申请了»."""
    clauses = [clause for clause in _BREAKS.split(text) if clause]
    return _ASKED.search(text) is None and any(_STOPS.fullmatch(clause) for clause in clauses)


_MOST_POSTPONING: Final = 16
_NO_NAME: Final = re.compile(
    r"[?？]|说(?:的)?(?:啥|什么)|问(?:的)?(?:啥|什么)|(?:没|不|看不|听不)[看听]?(?:清|懂|明白)|再(?:说|问|念)|重复|(?:什么|啥)意思|为(?:什么|啥|何)|干(?:嘛|啥|什么)|怎么|慢点"
    r"|不(?:想|能|方便|愿)(?:说|写|留|给)|等(?:一?下|会|等)|算了"
)


def is_no_name(text: str, /) -> bool:
    """Tell the words of somebody who did not catch the question, or will not say, from what they are called."""
    return _NO_NAME.search(text) is not None


def erases(text: str, /) -> bool:
    """Tell whether what was told in the pre-screen is to go as well."""
    return re.search(r"删|清|抹", text) is not None


def _clauses(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).strip()
    return [clause for clause in _BREAKS.split(plain) if clause]
