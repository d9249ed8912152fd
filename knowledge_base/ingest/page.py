"""Knows the page around a document: its menus, counters and footers, and the fields it fills in about the document."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from knowledge_base.ingest.parsed import Remark, strip_line

Numbered: TypeAlias = tuple[int, str]
"""A line and its number."""

_FURNITURE: Final = re.compile(
    r"设为首页|加入收藏|欢迎您访问|更多>>|当前位置|您的位置|快速切换|您好!今天是|上一[篇页条]|下一[篇页条]|版权所有|技术支持|ICP备|"
    r"公网安备|Copyright|网站标识码|网站地图|浏览次数|查看人数|阅读次数|点击数|访问量|此件公开发布|此件主动公开|信息来源|邮政编码|"
    r"扫一扫|分享到|打印本页|友情链接|相关链接|相关阅读|相关稿件|无障碍浏览|网站声明|繁體|我要纠错|"
    r"^(?:申请)?政[府务]信息(?:公开)?(?:目录|指南|窗口|报告|年报|制度|专栏|平台)?$|^[|\-\s:]+$|^Document$|^首页|^附件[:：]?$|^网站信息|"
    r"^(?:主办|承办)单位\s*[:：]|^(?:官方)?(?:微信公众号|微博|二维码).{0,12}$|^字[体号]\s*[:：]|^(?:责任)?编辑\s*[:：]|^来源\s*[:：]|"
    r"^(?:热点推荐|联系我们|关于我们|用户登录|站内搜索|适老化.{0,8})$|"
    r"^[\s|【】\[\]]*(?:(?:打印|关闭|大|中|小|返回顶部|返回)[\s|【】\[\]]*)+$"
)
_MARK: Final = re.compile(
    r"^(?:[(（]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})(?:[、)）]|[.．](?!\d))|第[一二三四五六七八九十百千零〇]+[条章节款项])"
)
_ENDED: Final = re.compile(r"。|[;；]$")
_PUBLISHED, _ISSUED, _NUMBER, _ISSUER, _VALID = "发布日期", "成文日期", "发文字号", "发布机构", "效力状态"
_SAME_FIELD: Final = {
    "加入日期": _PUBLISHED,
    "发布时间": _PUBLISHED,
    "发布于": _PUBLISHED,
    "公开日期": _PUBLISHED,
    "更新时间": _PUBLISHED,
    "成文时间": _ISSUED,
    "制发日期": _ISSUED,
    "发文日期": _ISSUED,
    "印发日期": _ISSUED,
    "生成日期": _ISSUED,
    "文号": _NUMBER,
    "发文号": _NUMBER,
    "文件编号": _NUMBER,
    "发文机关": _ISSUER,
    "发文单位": _ISSUER,
    "发文机构": _ISSUER,
    "制发机关": _ISSUER,
    "公开主体": _ISSUER,
    "有效性": _VALID,
}
_KEYS: Final = "|".join(
    r"\s*".join(key)
    for key in (
        *_SAME_FIELD,
        _PUBLISHED,
        _ISSUED,
        _NUMBER,
        _ISSUER,
        _VALID,
        "索引号",
        "主题分类",
        "标题",
        "名称",
        "责任部门",
        "来源",
        "查看人数",
        "浏览次数",
        "字号",
        "作者",
        "组配分类",
        "体裁",
    )
)
_FIELD: Final = re.compile(rf"(?<![㐀-鿿])({_KEYS})\s*[:：][\s|]*([^|]*?)(?=\||$|(?<=[\s|])(?:{_KEYS})\s*[:：])")
_CELL: Final = re.compile(rf"(?:^|\|)\s*({_KEYS})\s*\|([^|]*)")
_GAPS: Final = re.compile(r"[\s\u200b]+")
_SHOWN: Final = 30
_MARKUP: Final = re.compile(r"^#{1,6}\s+|\*\*|^>\s+")
_PIPES: Final = re.compile(r"^\|(.*)\|$")
_RULE: Final = re.compile(r"^[|:\s-]*-[|:\s-]*$")


def plain_line(raw: str) -> str:
    """Return a line without blanks, Markdown's signs, and the outer strokes of a table row."""
    return plain_row(_MARKUP.sub("", strip_line(raw)))


def plain_row(words: str) -> str:
    """Return a table row of Markdown without its outer strokes, and nothing of the row that only rules a line."""
    row = _PIPES.match(words)
    if row is None:
        return words
    return "" if _RULE.match(words) else row[1].strip()


def squeeze(text: str) -> str:
    """Return a text without any blanks, for comparing what is printed with gaps."""
    return _GAPS.sub("", text)


def is_furniture(words: str) -> bool:
    """Tell a line of the page from a line of the document, which ends its sentences and opens its clauses."""
    return bool(_FURNITURE.search(words)) and not is_own_text(words)


def is_own_text(words: str) -> bool:
    """Tell a line that ends a sentence or opens a clause: it is a document's, whatever words it has."""
    return opens_clause(words) or bool(_ENDED.search(words))


def opens_clause(words: str) -> bool:
    """Tell a line that begins with the mark of a clause, an article or a chapter."""
    return bool(_MARK.match(words))


def fields_of(words: str, *, head: bool = False) -> dict[str, str]:
    """Return what a line of the page says about the document, under one name for each thing (发文机关 = 发布机构).

    In the `head` of a page a table may do without colons; further down its like is a table of the document.
    """
    found = {}
    pairs = _FIELD.findall(words) or (_CELL.findall(words) if head else [])
    for key, value in pairs:
        name = squeeze(key)
        found[_SAME_FIELD.get(name, name)] = value.strip()
    return found


def left_out(lines: Sequence[Numbered]) -> tuple[Remark, ...]:
    """Say which lines were the page's and not the document's."""
    return tuple(Remark(line=n, text=f"页面文字，未收录：{words[:_SHOWN]}") for n, words in lines)
