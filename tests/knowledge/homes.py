"""Small homes for tests: two statutes, two local plans, a handful of cards, and the fake embedder."""

from datetime import date
from pathlib import Path

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import BuildReport, build_with
from knowledge_base.cards import Card, CardBook, Reference
from knowledge_base.corpus import Document, DocumentKind
from knowledge_base.index import open_index
from knowledge_base.ingest.store import ingest
from knowledge_base.placing import Place
from knowledge_base.search import Searcher
from tests.knowledge.fakes import PairEmbedder

LAW = """# 中华人民共和国援助法

2021年8月20日 某会议通过

<!-- INFO END -->

## 第一章 程序

第一条 机构应当自收到申请之日起七日内审查，作出是否给予援助的决定。

第二条 请求支付劳动报酬的当事人，可以申请援助。

第三条 本法自2022年1月1日起施行。
"""
OLD_LAW = (
    LAW.replace("七日内", "十五日内").replace("2022年1月1日", "2004年1月1日").replace("2021年8月20日", "2003年7月1日")
)
PLAN = """高平市司法局
发文字号: 高司字〔2024〕6号 成文日期: 2024年4月30日 发布机构: 高平市司法局
高平市2024年惠民实施方案
一、值班
(一)时间
乡镇工作站每周三值班一次,每次值班时间不少于4小时,可根据工作实际调整值班次数和时间。
二、目标
全年办理法律援助290件。
"""
OPINION = """发布机构: 牡丹江市司法局 成文日期: 2017年8月28日
关于完善援助制度的实施意见
一、范围
请求给付赡养费的,不审查经济困难条件。
"""


def aid_law() -> Document:
    return Document(
        id="law",
        title="中华人民共和国援助法",
        kind=DocumentKind.STATUTE,
        clauses=(),
        issued=date(2021, 8, 20),
        effective_from=date(2022, 1, 1),
    )


def plan() -> Document:
    return Document(
        id="plan",
        title="高平市2024年惠民实施方案",
        kind=DocumentKind.POLICY,
        clauses=(),
        number="高司字〔2024〕6号",
        region="140581",
        issued=date(2024, 4, 30),
        effective_from=date(2024, 4, 30),
        plan_end=date(2024, 12, 31),
    )


def opinion() -> Document:
    return Document(
        id="opinion",
        title="关于完善援助制度的实施意见",
        kind=DocumentKind.POLICY,
        clauses=(),
        region="231000",
        issued=date(2017, 8, 28),
        effective_from=date(2017, 8, 28),
    )


def book() -> CardBook:
    station = Card(
        id="station",
        questions=("镇上工作站星期几有人值班", "高平乡镇站哪天值班"),
        answer="每周三值班一次，每次不少于4小时。",
        references=(Reference(document=plan(), clause="一(一)", has=("每周三值班一次", "不少于4小时")),),
        region="140581",
    )
    days = Card(
        id="days",
        questions=("申请援助几天有结果", "审查要多长时间"),
        answer="七日内作出决定。",
        references=(Reference(document=aid_law(), clause="第一条", has=("七日内",)),),
        matters=("general.legal_aid",),
    )
    gap = Card(id="gap.phone", questions=("高平援助中心电话是多少",), references=(), gap=True, region="140581")
    return CardBook(cards=(station, days, gap), off_topic=("今天天气怎么样", "红烧肉怎么做", "推荐几部电影"), raw=b"1")


def source_texts() -> dict[str, str]:
    return {"援助法(2021-08-20).md": LAW, "援助法(2003-07-01).md": OLD_LAW, "plan.txt": PLAN, "opinion.txt": OPINION}


def fill(home: Path, texts: dict[str, str]) -> None:
    folder = home.parent / f"{home.name}-in"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    places = {"高平": "140581", "牡丹江": "231000"}
    reports = ingest([folder], home=home, locate=lambda t: next((c for n, c in places.items() if n in t), None))
    assert not [r for r in reports if r.reason]


def make(home: Path, *, embedder: PairEmbedder | None, cards: CardBook | None = None) -> BuildReport:
    return build_with(home, embedder=embedder, embedder_spec="fake", book=cards or book())


def open_base(home: Path, embedder: PairEmbedder | None, *, place: Place | None = None) -> KnowledgeBase:
    return KnowledgeBase(Searcher(open_index(home, model=embedder.name if embedder else None), embedder), place=place)
