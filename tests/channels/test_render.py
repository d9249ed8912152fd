"""Every reply has words: plain, sourced, never a decision, never a number that is not on file."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.services.records import NewMessage, Sender, StoredMessage
from api.services.verdicts import citation_json
from bot.channels.message_json import message_json
from bot.channels.phrases import DEFAULT_PATH, Phrases, PhrasesIncomplete
from bot.channels.render import Renderer
from bot.messages import (
    AnswerReply,
    Choice,
    HandoverReply,
    MenuReply,
    QuestionReply,
    ReceiptReply,
    Reply,
    SafetyReply,
    SafetyStage,
    Say,
    TextReply,
    decode,
    encode,
)
from knowledge_base.assess import PLACES
from knowledge_base.directory.book import Directory
from knowledge_base.handlers import Handler
from knowledge_base.types import (
    Answer,
    FactType,
    Matter,
    Option,
    Question,
    SafetyKind,
    Urgency,
)
from tests.channels.words import ART_42, FORBIDDEN
from tests.fakes import answer, numbers

pytestmark = pytest.mark.unit

QUESTION = Question(
    fact="applicant.disability",
    type=FactType.ENUM,
    text="您有残疾证吗？",
    why="残疾人没有固定生活来源的，不核查经济情况。",
    options=(Option(value="none", title="没有"), Option(value="visual", title="视力残疾")),
)


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(phrases=Phrases.load(), numbers=numbers, questions=(QUESTION,))


def sentences(words: object) -> Iterator[str]:
    """Yield every line of a section, however deep."""
    match words:
        case str():
            yield words
        case list():
            for each in words:
                yield from sentences(each)
        case dict():
            for each in words.values():
                yield from sentences(each)


class TestPhrases:
    def test_cover_every_line_an_action_may_say(self) -> None:
        assert set(Phrases.load().say) == set(Say)

    def test_say_where_a_sentence_is_missing(self, tmp_path: Path) -> None:
        words = yaml.safe_load(DEFAULT_PATH.read_text(encoding="utf-8"))
        del words["say"]["greeting"]
        path = tmp_path / "phrases.yml"
        path.write_text(yaml.safe_dump(words), encoding="utf-8")
        with pytest.raises(PhrasesIncomplete, match="greeting"):
            Phrases.load(path)

    def test_say_where_a_word_is_misspelt(self, tmp_path: Path) -> None:
        words = yaml.safe_load(DEFAULT_PATH.read_text(encoding="utf-8"))
        words["verdict"]["whyy"] = words["verdict"].pop("why")
        path = tmp_path / "phrases.yml"
        path.write_text(yaml.safe_dump(words), encoding="utf-8")
        with pytest.raises(PhrasesIncomplete, match=r"verdict\.why"):
            Phrases.load(path)

    def test_never_decide_and_never_speak_as_a_lawyer(self) -> None:
        text = DEFAULT_PATH.read_text(encoding="utf-8")
        assert [word for word in FORBIDDEN if word in text] == []

    def test_give_no_telephone_number_of_their_own_in_danger(self) -> None:
        safety = yaml.safe_load(DEFAULT_PATH.read_text(encoding="utf-8"))["safety"]
        for kind in safety["kinds"].values():
            kind.pop("citations", None)
        assert [line for line in sentences(safety) if re.search(r"(?<![\[\d:])\d{3,}", line)] == []


class TestAnswer:
    def test_shows_document_number_clause_date_and_standing(self, renderer: Renderer) -> None:
        text = renderer.message(AnswerReply(answer=answer())).text
        for part in ("高司字〔2024〕6号", "四(一)4", "2024-04-30 成文", "计划期已过"):
            assert part in text
        assert "请先打电话" in text

    def test_prompts_the_right_to_apply_with_its_article(self, renderer: Renderer) -> None:
        message = renderer.message(AnswerReply(answer=answer(), right_to_apply=True))
        for part in ("有权申请法律援助", "条件", "怎么申请", "第二十三条"):
            assert part in message.text
        assert [one["clause"] for one in message.body["citations"]] == ["四(一)4", "第二十三条"]

    def test_says_who_verified_that_a_source_holds(self, renderer: Renderer) -> None:
        verified = replace(ART_42, verified_on=date(2026, 10, 1), verified_by="常州市司法局")
        assert renderer.source(verified).endswith("（2021-08-20 成文，现行有效，常州市司法局于 2026-10-01 核实）")
        assert "核实" not in renderer.source(ART_42)
        assert citation_json(verified)["verified_on"] == "2026-10-01"
        assert "verified_on" not in citation_json(ART_42)

    def test_names_every_source_once_on_one_line(self, renderer: Renderer) -> None:
        two = (ART_42, replace(ART_42, clause="第三十一条", source_id="other"), ART_42)
        text = renderer.message(AnswerReply(answer=replace(answer(), citations=two), right_to_apply=True)).text
        assert text.count("出处：") == 1
        assert text.count("《中华人民共和国法律援助法》") == 1
        assert "第四十二条、第三十一条、第二十三条" in text.splitlines()[-1]

    def test_sets_the_rules_of_two_places_side_by_side(self, renderer: Renderer) -> None:
        nation = Answer(text="全国七日内审查。", citations=(ART_42,), score=0.9, caveats=("这一条请核实。",))
        both = replace(answer("当日审查。"), region="140581", beside=(nation,))
        message = renderer.message(AnswerReply(answer=both))
        local, national, *rest = message.text.splitlines()
        assert local == "当地的规定：当日审查。"
        assert national == "全国的规定：全国七日内审查。"
        assert "这一条请核实。" in rest
        assert any("请工作人员核实" in line and "可能不一样" in line for line in rest)
        assert all(part in rest[-1] for part in ("高司字〔2024〕6号", "第四十二条"))
        assert message.body["beside"] == [
            {"text": "全国七日内审查。", "citations": [message.body["citations"][1]]},
        ]
        assert [one["clause"] for one in message.body["citations"]] == ["四(一)4", "第四十二条"]
        assert decode(encode(AnswerReply(answer=both))) == AnswerReply(answer=both)

    def test_names_who_else_handles_the_matter_with_the_article_that_says_so(self, renderer: Renderer) -> None:
        beside = (
            Handler(name="人民法院", source="《民事诉讼法》第三条"),
            Handler(name="妇联", source="《妇女权益保障法》第七十三条"),
        )
        reply = AnswerReply(answer=answer(), handlers=beside)
        told = "这类事还可以找：人民法院（《民事诉讼法》第三条）；妇联（《妇女权益保障法》第七十三条）。"
        assert told in renderer.message(reply).text.splitlines()
        assert decode(encode(reply)) == reply

    def test_carries_matters_best_first(self, renderer: Renderer) -> None:
        matters = (Matter(code="labour.wages", title="劳动报酬", confidence=0.93),)
        body = renderer.message(AnswerReply(answer=answer(), matters=matters)).body
        assert body["matters"] == [{"code": "labour.wages", "confidence": 0.93}]


class TestQuestion:
    def test_offers_every_option_and_not_knowing(self, renderer: Renderer) -> None:
        body = renderer.message(QuestionReply(question=QUESTION)).body
        assert [choice["title"] for choice in body["choices"]] == ["没有", "视力残疾", "不清楚"]
        assert [json.loads(choice["payload"]) for choice in body["choices"]] == [
            {"applicant.disability": "none"},
            {"applicant.disability": "visual"},
            {"applicant.disability": None},
        ]
        assert body["question"] == {
            "fact": "applicant.disability",
            "type": "enum",
            "text": "您有残疾证吗？",
            "options": ["none", "visual"],
            "titles": ["没有", "视力残疾"],
            "why": "残疾人没有固定生活来源的，不核查经济情况。",
        }

    def test_offers_no_button_for_a_private_answer(self, renderer: Renderer) -> None:
        private = Question(fact="contact.name", type=FactType.TEXT, text="怎么称呼您？", why="……", private=True)
        assert "choices" not in renderer.message(QuestionReply(question=private)).body

    def test_leads_back_kindly_after_a_digression(self, renderer: Renderer) -> None:
        text = renderer.message(QuestionReply(question=QUESTION, lead=Say.SCREEN_RESUMED)).text
        assert text.splitlines() == ["我们接着刚才的问题。", "您有残疾证吗？"]

    def test_writes_money_and_dates_as_plain_json(self, renderer: Renderer) -> None:
        choices = (Choice(payload={"claim": Decimal("1200.5")}), Choice(payload={"day": date(2026, 1, 2)}))
        body = renderer.message(MenuReply(say=Say.CLARIFY_MATTER, choices=choices)).body
        assert [choice["payload"] for choice in body["choices"]] == ['{"claim": 1200.5}', '{"day": "2026-01-02"}']


class TestSafety:
    @pytest.mark.parametrize("kind", SafetyKind)
    def test_is_short(self, renderer: Renderer, kind: SafetyKind) -> None:
        text = renderer.message(SafetyReply(kinds=(kind,)), region="231000").text
        assert 0 < len(text) <= 260
        assert text.count("？") <= 1

    def test_gives_the_hours_of_a_line_that_is_not_always_open(self, renderer: Renderer) -> None:
        text = renderer.message(SafetyReply(kinds=(SafetyKind.SELF_HARM,))).text
        assert "12356" in text
        assert "每天至少 18 小时" in text

    def test_leaves_out_a_line_whose_number_is_not_on_file(self) -> None:
        only_police = Renderer(phrases=Phrases.load(), numbers=lambda _: numbers(None)[:1])
        text = only_police.message(SafetyReply(kinds=(SafetyKind.SELF_HARM,))).text
        assert "12356" not in text
        assert "[" not in text

    @pytest.mark.parametrize(("region", "words"), [("231000", "12110453，"), (None, "12110 加当地区号的后三位")])
    def test_says_how_to_reach_the_police_in_silence_anywhere(self, region: str | None, words: str) -> None:
        directory = Directory.load(PLACES)
        filed = Renderer(phrases=Phrases.load(), numbers=directory.numbers)
        assert words in filed.message(SafetyReply(kinds=(SafetyKind.VIOLENCE_NOW,)), region=region).text

    def test_finds_every_number_it_names_in_the_directory(self) -> None:
        named = set(re.findall(r"\[(\d+)\*?\]|hours:(\d+)", DEFAULT_PATH.read_text(encoding="utf-8")))
        filed = {office.phone for office in Directory.load(PLACES).numbers(None)}
        assert {number or hours for number, hours in named} <= filed

    def test_says_each_line_once_and_what_must_be_said_of_a_second_danger(self, renderer: Renderer) -> None:
        kinds = (SafetyKind.VIOLENCE_NOW, SafetyKind.CHILD_HARM)
        lines = renderer.message(SafetyReply(kinds=kinds), region="231000").text.splitlines()
        assert len(lines) == len(set(lines)) <= 4
        assert lines[0].startswith("马上打 110")
        assert "不能保密" in "".join(lines)

    @pytest.mark.parametrize("language", [None, "en", "ko", "ug"])
    @pytest.mark.parametrize("stage", SafetyStage)
    @pytest.mark.parametrize("kind", SafetyKind)
    def test_has_short_words_for_everybody_at_every_stage(
        self, renderer: Renderer, kind: SafetyKind, stage: SafetyStage, language: str | None
    ) -> None:
        for child, about in ((False, None), (True, None), (False, "您朋友"), (True, "你妈")):
            reply = SafetyReply(
                kinds=(kind,), stage=stage, time=3, child=child, about=about, language=language, urgency=Urgency.S0
            )
            message = renderer.message(reply, region=None)
            lines = message.text.splitlines()
            assert len(lines) <= 4
            assert not re.search(r"[{}\[\]]", message.text)
            assert message.text.count("？") <= 1
            assert not child or "您" not in message.text
            said = {one["phone"] for one in message.body.get("numbers", [])}
            assert said == {number for number in ("110", "120", "12356", "12348") if number in message.text}


class TestEveryReply:
    @pytest.mark.parametrize(
        "reply",
        [
            *[
                TextReply(
                    say=say, args={"why": "要知道由哪里受理。", "ask": "您想先了解哪一点？", "said": "您不容易。"}
                )
                for say in Say
            ],
            ReceiptReply(reference="LA-2026-7K4Q-3", missing_documents=("身份证",)),
            ReceiptReply(reference="LA-2026-7K4Q-3"),
            HandoverReply(reference="LA-2026-7K4Q-3"),
        ],
        ids=lambda reply: f"{reply.kind}-{getattr(reply, 'say', '')}",
    )
    def test_has_words_without_leftover_braces(self, renderer: Renderer, reply: Reply) -> None:
        message = renderer.message(reply, region=None)
        assert message.text.strip()
        assert not re.search(r"[{}\[\]]", message.text)
        assert message.kind == reply.kind

    def test_fills_the_titles_of_acts(self, renderer: Renderer) -> None:
        acts = ("screen", "handoff", "human", "cancel", "back", "restart")
        choices = tuple(Choice(payload={"act": act}) for act in acts)
        body = renderer.message(MenuReply(say=Say.CAPABILITIES, choices=choices, urgency=Urgency.S2)).body
        assert all(re.search(r"[\u4e00-\u9fff]", choice["title"]) for choice in body["choices"])

    def test_speaks_of_a_page_only_where_there_is_one(self, renderer: Renderer) -> None:
        told = {channel: renderer.message(HandoverReply(), channel=channel).text for channel in ("web", "telegram")}
        assert {channel: "页面" in text for channel, text in told.items()} == {"web": True, "telegram": False}


class TestLabel:
    @pytest.mark.parametrize(
        ("payload", "words"),
        [
            ({"act": "human"}, "转人工"),
            ({"applicant.disability": "visual"}, "视力残疾"),
            ({"applicant.disability": None}, "不清楚"),
            ({"a": True, "b": 1200}, "是，1200"),
            ({"act": "consent", "agree": False}, "不同意"),
            ({"matter.go_on": "labour.wages"}, "接着说：labour.wages"),
            ({"matter.dropped": "labour.wages"}, "没说：labour.wages"),
            ({"matter.dropped": None}, "有一件我没说"),
        ],
    )
    def test_says_what_was_chosen(self, renderer: Renderer, payload: Mapping[str, Any], words: str) -> None:
        assert renderer.label(payload) == words


class TestMessageJson:
    def test_keeps_to_the_contract_and_hides_tokens(self) -> None:
        new = NewMessage(sender=Sender.CITIZEN, kind="text", text="我是<pii:name:1>", body={"urgency": "s0"})
        stored = StoredMessage(
            sender=new.sender, kind=new.kind, text=new.text, body=new.body, seq=7, created_at=datetime.now(UTC)
        )
        assert message_json(stored) == {
            "seq": 7,
            "from": "citizen",
            "kind": "text",
            "text": "我是［姓名已隐去］",
            "urgency": "s0",
        }
