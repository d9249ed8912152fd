"""What is said on the telephone: numbers as words, no page, sources by name."""

from datetime import UTC, datetime

import pytest

from api.services.records import Sender, StoredMessage
from bot.channels.phone import ear
from bot.channels.phrases import Phrases

pytestmark = pytest.mark.unit
WORDS = Phrases.load().phone


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("先打 110", "先打 幺幺零"),
        ("请打12348。", "请打幺二三四八。"),
        ("短信发到12110453", "短信发到幺二幺幺零四五三"),
        ("每月1200元", "每月一千二百元"),
        ("在60日内", "在六十日内"),
        ("2026年11月23日", "二零二六年十一月二十三日"),
        ("2026-12-01 以前", "二零二六年十二月一日 以前"),
        ("高司字〔2024〕6号", "高司字〔二零二四〕六号"),
        ("上午8:30开门", "上午八点半开门"),
        ("9:05", "九点五分"),
        ("1.5倍", "一点五倍"),
        ("３０日", "三十日"),
        ("٣天", "三天"),
        ("20%", "百分之二十"),
        ("1,200,000元", "一百二十万元"),
        ("电话0453-6223348", "电话零四五三-六二二三三四八"),
    ],
)
def test_says_numbers_as_people_do(written: str, said: str) -> None:
    assert ear.in_words(written) == said


def test_reads_a_number_back_in_groups() -> None:
    assert ear.digits("13812345678") == "幺三八，幺二三四，五六七八"
    assert ear.reference("LA-2026-7K4Q-3") == "L，A，二零二六，七K四Q，三"


def test_speaks_in_sentences_without_addresses_brackets_or_bullets() -> None:
    assert ear.spoken("· 身份证（原件，看完就还）；详见 https://example.org/a?b=1") == (
        "身份证，原件，看完就还，详见。",
    )
    assert ear.spoken("“不知道”也行！先打电话，再去。") == ("不知道也行！", "先打电话，再去。")


def test_names_the_source_and_leaves_its_numbers_to_the_eye() -> None:
    citation = {"document": "中华人民共和国法律援助法", "clause": "第四十二条", "number": "主席令第九十三号"}
    message = StoredMessage(
        sender=Sender.BOT,
        kind="answer",
        text="不查收入。\n出处：《中华人民共和国法律援助法》第四十二条（主席令第九十三号，2021-08-20 公布，现行有效）",
        body={"citations": [citation]},
        seq=3,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    assert ear.heard(message, (), WORDS) == ("不查收入。", "这是根据法律援助法第四十二条。")
