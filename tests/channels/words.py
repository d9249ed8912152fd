"""What replies are held to: words that never go out, and a citation to print."""

from datetime import date

from knowledge_base.types import Citation, Standing

FORBIDDEN = ("批准", "拒绝", "我是律师", "本律师", "保证", "一定能赢")
ART_42 = Citation(
    document="中华人民共和国法律援助法",
    clause="第四十二条",
    standing=Standing.IN_FORCE,
    source_id="law.legal_aid_2021.art42",
    issued=date(2021, 8, 20),
)
