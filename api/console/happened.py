"""What the console says of what happened: after a form was handled, where one failed, and in a case's history."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.console import labels
from api.domain.audit import AuditEntry

TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "写给来访人的话",
        "reason": "理由",
        "notes": "通话记录",
        "papers": "要补充的材料",
        "note": "备注或理由",
        "questions": "大家会怎么问",
        "answer": "答案",
        "sources": "出处",
    }
)
"""What takes long to type: shown again where it could not be saved."""
DONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "claimed": "现在由您接待。自动助手不再说话，直到您交还。",
        "released": "已交还给自动助手。",
        "handed_over": "已移交给同事。同事一刻钟内没有接话，对话会退回队列。",
        "erased": "已按本人要求删除：对话、个人信息和备注都已销毁，审计记录里只写删过。",
        "noted": "备注已经记下，只有同事看得到。",
        "retried": "已重新排队，系统马上会再办一次。",
        "sent": "已发送，来访人马上就能看到。",
        "registered": "来件已经登记，由您跟进。期限从现在起算。",
        "taken_orally": "口头申请已经记下，通话办结。受理编号在下面，请念给来电人记好。",
        "call_ended": "通话已经办结，记录存在下面。",
        "complaint_taken": "投诉由您办理，已经按安全的方式告诉来访人。",
        "complaint_closed": "投诉已经办结。结果能在对话里说的已经说了，不能说的列为待办，请另行告知。",
        "booked": "时段已经约好，来访人能在对话里看到。",
        "booked_untold": "时段已经约好。系统没有告诉来访人（往对话里写不安全，或者对方是打电话来的）：请用安全的方式亲口告诉。",
        "rung_again": "这次回电已经记下，队列里写着下次什么时候打。",
        "rung": "回电已经办完。没有打通的，能安全留言的已经留言。",
        "capacity": "数量已经改好，新的预约按它来。",
        "opponents_named": "对方已经记下，加密存放。下面会提示利害冲突；不要对来访人说。",
        "data_corrected": "已经更正，会按安全的方式告诉本人。",
        "phrase_fits": "暗语对上了，可以跟代为联系的人说。",
        "phrase_wrong": "暗语没有对上。不要告诉对方任何情况，连有没有申请也不要说；请直接联系申请人。",
        "recorded": "这一步已经记录，会按安全的方式通知来访人。",
        "finished": "任务已办完。",
        "saved": "已存为新的一版。对外的说法还没有变，要另一位同事审核通过以后才会变。",
        "known": "这份文件资料库里已经有了，就是下面这一份，没有再存一遍。",
        "propose": "已提交，等另一位同事审核。",
        "return": "已退回修改。",
        "approve": "审核通过。资料库更新以后就按这一版回答，通常要几分钟。",
        "expire": "已停用。资料库更新以后就不再这样回答，通常要几分钟。",
        "reported": "已经记下报告的去向、时间和记录人。",
        "corrected": "改判已经记下。导出以后会成为一条测试案例，不带个人信息。",
        "merged": "已经并案，以后都按这一件办。时限从更早的那一件起算。",
        "matter": "事项已经更正，队列里也改过来了。",
        "logged": "办理进展已经记下。要告诉受援人的，会按安全的方式通知。",
        "preferred": "点援的意愿已经记下。不要对来访人作承诺。",
        "provider_entered": "已登记到名册。",
        "provider_changed": "名册已经改好。手上的案件不变。",
        "account_changed": "账号已经改好，打开着的页面都退出了。",
        "disabled": "账号已停用，打开着的页面也都退出了。",
        "enabled": "账号已恢复。",
        "second_factor": "动态验证码已开通。下次登录时要填手机上的六位数字。",
        "password": "密码已改。请用新密码再登录一次。",
        "taken": "这条提醒由您处理。请先确认来访人是否安全，必要时拨打 110 或 120。",
    }
)
BAD: Final = frozenset({"phrase_wrong"})
"""Of these, what is a warning."""
HISTORY: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{f"application.{event}": words for event, words in labels.EVENT.items()},
        "application.taken_orally": "口头申请，记录已读给本人核对",
        "application.contact_opened": "查看了联系方式",
        "application.progress": "办理进展",
        "application.preference": "记下了点援的意愿",
        "application.pass_phrase_checked": "核对了代为联系的人的暗语",
        "application.opponents_named": "记下了对方当事人",
        "application.data_requested": "本人对个人信息提出要求",
        "application.data_copied": "应本人要求提供了个人信息副本",
        "application.data_corrected": "应本人要求更正了个人信息",
        "application.registered": "登记办案机关来件",
        "application.handed_on": "调出移送案卷",
        "application.printed": "打印了文书",
        "application.taken_up": "并入了后来的一件申请",
        "application.matter_corrected": "更正了事项",
        "application.verdict_corrected": "改判了预筛结论",
        "conversation.person_requested": "请求人工",
        "conversation.request_withdrawn": "来访人不等了，撤回请求",
        "conversation.alert": "发出危险提醒",
        "alert.called": "值班台外叫人",
        "alert.taken": "开始处理危险提醒",
        "conversation.contact": "说了能不能联系",
        "conversation.reported": "强制报告",
        "conversation.claimed": "开始接待",
        "conversation.released": "交还助手",
        "conversation.handed_over": "移交给同事",
        "conversation.lease_expired": "接待超时，退回队列",
        "conversation.rated": "来访人评价",
        "conversation.signed_off": "助手结束了对话",
        "ticket.complaint": "来访人投诉",
        "ticket.more": "来访人补充投诉",
        "unowned.raised": "没有人承办，报给管理人员",
        "complaint.taken": "受理了投诉",
        "ticket.call_back": "来访人预约回电",
        "call_back.booked": "约定了回电时段",
        "call_back.tried": "打了回电",
        "conversation.destroyed": "销毁了对话内容",
        "note.added": "记了备注",
        "vault.revealed": "查看了对话中的个人信息",
        "attachment.opened": "打开了来访人交来的材料",
    }
)
"""Which lines of the audit chain a case page tells, and how; looking at a page is on record but not worth a line."""


def told(entry: AuditEntry) -> str:
    """Return one line of the audit chain as the person it is about reads it."""
    looked = "打开看过" if entry.action.endswith(("_read", ".read")) else "办理记录"
    words, purpose = HISTORY.get(entry.action, looked), str(entry.data.get("purpose") or "")
    return f"{words}（{labels.PURPOSE[purpose]}）" if purpose in labels.PURPOSE else words
