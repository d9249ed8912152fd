"""The real model on our own cards: the questions the service stands or falls by."""

import shutil
import time
from datetime import date
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import yaml

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import build
from knowledge_base.embedding import DEFAULT_SPEC, load_embedder
from knowledge_base.ingest.store import ingest
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason, Standing
from tests.knowledge.conftest import MODELS, PLACES, ROOT, SHARED

pytestmark = pytest.mark.knowledge

ON = date(2026, 11, 21)


def answered(result: Answer | NoAnswer) -> Answer:
    assert isinstance(result, Answer), result
    return result


def silent(result: Answer | NoAnswer) -> NoAnswerReason:
    assert isinstance(result, NoAnswer), result
    return result.reason


class TestTheModel:
    def test_puts_like_questions_near_and_others_far(self, cards_only: KnowledgeBase) -> None:
        wages, unpaid, weather = (cards_only.embed(text) for text in ("老板拖欠工资", "老板不给工钱", "今天天气怎么样"))
        assert wages is not None
        assert float(np.dot(wages, unpaid)) > float(np.dot(wages, weather)) + 0.03

    def test_is_converted_once(self, cards_only: KnowledgeBase) -> None:
        mark = MODELS / "e5small-zh-law" / "CONVERSION"
        before = mark.stat().st_mtime_ns
        assert load_embedder(DEFAULT_SPEC, models=MODELS).dimension == 384
        assert mark.stat().st_mtime_ns == before
        assert cards_only.status()["mode"] == "hybrid"


class TestOurCards:
    def test_say_which_day_the_station_is_open(self, cards_only: KnowledgeBase) -> None:
        answer = answered(cards_only.ask("高平乡镇法律服务站星期几有律师值班", region="140581", on=ON))
        for words in ("每周三", "一次", "不少于4小时", "可能根据工作实际调整"):
            assert words in answer.text
        (cited,) = answer.citations
        assert (cited.number, cited.clause, cited.issued) == ("高司字〔2024〕6号", "四(一)4", date(2024, 4, 30))
        assert cited.standing is Standing.PLAN_ENDED
        assert any("2024" in caveat for caveat in answer.caveats)

    @pytest.mark.parametrize("question", ["今天天气怎么样", "帮我写首诗", "红烧肉怎么做"])
    def test_leave_the_weather_alone(self, cards_only: KnowledgeBase, question: str) -> None:
        assert silent(cards_only.ask(question, region="140581", on=ON)) is NoAnswerReason.OFF_TOPIC

    @pytest.mark.parametrize(
        "question",
        [
            *(
                "宠物店卖给我的狗有病",
                "我的猫被人毒死了",
                "宅基地能卖给城里亲戚吗",
                "身份证丢了怎么补",
                "营业执照怎么办",
            ),
            *("孩子户口上不了", "大学不发毕业证", "考公体检不合格", "演唱会门票不退", "坟被人挖了"),
        ],
    )
    def test_call_nothing_foreign_that_is_somebodys_right(self, cards_only: KnowledgeBase, question: str) -> None:
        assert silent(cards_only.ask(question, region=None, on=ON)) is NoAnswerReason.NOT_IN_DOCUMENTS

    @pytest.mark.parametrize(
        ("question", "card"),
        [
            ("楼上水管爆了我家天花板全泡了", "property.leak"),
            ("租房还有四个月到期 房东非要收回去住", "property.evicted_early"),
            ("隔壁家垒围墙压到我家宅基地了", "property.encroached"),
            ("钱包让人捡去了不肯还", "property.lost_thing"),
            ("干了俩月试用期说我不行就让我走了", "labour.probation_fired"),
            ("因为我腿残疾公司不给转正", "labour.disabled_worker"),
            ("欠我钱的人把车和房都过给他老婆了", "debt.hidden_assets"),
            ("我去报案，警察就是不给立案", "criminal.not_filed"),
            ("打我的人关进去了，医药费谁给", "criminal.victim_damages"),
            ("我弟弟被人捅死了 我们家属能怎么办", "criminal.killed_damages"),
            ("买的二手车查出来泡过水", "consumer.used_car"),
            ("寄的东西快递给弄丢了", "contract.parcel_lost"),
            ("有人拿我身份证办了贷款", "tort.name_misused"),
            ("公交车急刹我摔断了胳膊", "injury.passenger"),
            ("开车被交警罚了我不服", "admin.police_penalty"),
            ("法院判了他不给，咋强制执行", "procedure.enforce"),
            ("我要一张人身安全保护令", "family.protection_order"),
        ],
    )
    def test_answer_what_is_asked_every_day(self, cards_only: KnowledgeBase, question: str, card: str) -> None:
        answer = answered(cards_only.ask(question, region=None, on=ON))
        assert answer.provenance is not None
        assert answer.provenance.entry == f"card:{card}"

    @pytest.mark.parametrize(
        ("question", "region"),
        [
            ("银川的八种免审查情形是哪八种", None),
            ("便民法律服务二十条是什么", "230000"),
            ("高平法律援助中心电话", "140581"),
            ("常州收入多少算困难啊", "320400"),
            ("高平2025年要办多少件援助", None),
            ("牡丹江那个不审查的规定现在还有效吗", None),
        ],
    )
    def test_say_so_where_the_documents_do_not(
        self, cards_only: KnowledgeBase, question: str, region: str | None
    ) -> None:
        assert silent(cards_only.ask(question, region=region, on=ON)) is NoAnswerReason.NOT_IN_DOCUMENTS

    def test_help_a_worker_who_was_not_paid(self, cards_only: KnowledgeBase) -> None:
        answer = answered(cards_only.ask("我在工地干活老板不给钱", region=None, on=ON))
        assert answer.matters == ("labour.wages",)
        assert {c.clause for c in answer.citations} >= {"第十条", "第五十三条"}
        assert "法律援助" in answer.text

    @pytest.mark.parametrize(
        ("on", "card"),
        [(date(2023, 6, 1), "admin.reconsideration_days_2017"), (ON, "admin.reconsideration_days")],
    )
    def test_answer_by_the_law_of_the_day(self, cards_only: KnowledgeBase, on: date, card: str) -> None:
        answer = answered(cards_only.ask("行政复议多少天内审完", region=None, on=on))
        assert answer.provenance is not None
        assert answer.provenance.entry == f"card:{card}"
        assert "作出决定" in answer.text

    @pytest.mark.parametrize("region", ["640100", "320400", "140581", None])
    def test_keep_the_waiver_of_mudanjiang_in_mudanjiang(self, cards_only: KnowledgeBase, region: str | None) -> None:
        question = "要赡养费还查我收入吗"
        result = cards_only.ask(question, region=region, on=ON)
        assert not (isinstance(result, Answer) and any(c.region == "231000" for c in result.citations))
        assert not [
            h for h in cards_only.search(question, region=region, on=ON, k=50) if h.passage.citation.region == "231000"
        ]
        local = answered(cards_only.ask(question, region="231000", on=ON))
        assert local.citations[0].region == "231000"

    @pytest.mark.parametrize(
        ("question", "region", "words"),
        [
            ("高平今年要办多少件援助", None, "2024年的目标是290件"),
            ("银川兴庆区任务多少件", None, "兴庆区270件"),
            ("残疾人申请当天能受理吗 牡丹江", None, "当日受理"),
            ("值班律师一天补多少钱", "140581", "每人每天补贴200元"),
            ("常州2004年要求办公用房多大", None, "不少于60平方米"),
            ("12348是干啥的", "230000", "疏导群众情绪"),
            ("时效?", None, "劳动仲裁一般一年"),
            ("多少钱", None, "咨询免费"),
        ],
    )
    def test_give_the_figure_first(
        self, cards_only: KnowledgeBase, question: str, region: str | None, words: str
    ) -> None:
        answer = answered(cards_only.ask(question, region=region, on=ON))
        assert any(words in one.text for one in (answer, *answer.beside))

    def test_answer_callers_in_their_own_words(self, cards_only: KnowledgeBase) -> None:
        questions = yaml.safe_load((ROOT / "tests" / "knowledge" / "questions.yml").read_text("utf-8"))
        right = wrong = 0
        for question, card in questions["answered"]:
            result = cards_only.ask(question, region=None, on=ON)
            entry = result.provenance.entry if isinstance(result, Answer) and result.provenance else None
            right += entry == f"card:{card}"
            wrong += entry not in {None, f"card:{card}"}
        # The line is drawn where nineteen in twenty of what we cannot answer meet silence: so does half of these, which
        # are told in the manner of stories. What they must never meet is a wrong card.
        assert right >= 0.45 * len(questions["answered"])
        assert wrong <= 0.06 * len(questions["answered"])
        strays = [isinstance(cards_only.ask(q, region=None, on=ON), Answer) for q in questions["none"]]
        assert sum(strays) <= 0.1 * len(strays)
        # In doubt it is a question of law that is not on file: that turns nobody away.
        foreign = [
            silent(cards_only.ask(q, region=None, on=ON)) is NoAnswerReason.OFF_TOPIC for q in questions["outside"]
        ]
        assert sum(foreign) >= 0.9 * len(foreign)


class TestWithTheLocalDocuments:
    @pytest.fixture(scope="class")
    @classmethod
    def base(cls) -> KnowledgeBase:
        seeds = SHARED / "policies" / "seeds"
        if not seeds.is_dir():
            pytest.skip("the local policy documents (../shared/policies/seeds) are not here")
        home = ROOT / "var" / "tests" / "seeds"
        law = SHARED / "policies" / "laws" / "法律援助法(2021-08-20).md"
        ingest(
            [seeds, law], home=home, locate=lambda t: next((code for name, code in PLACES.items() if name in t), None)
        )
        build(home, embedder_spec=DEFAULT_SPEC, models=MODELS)
        return KnowledgeBase.load(home, embedder_spec=DEFAULT_SPEC, models=MODELS)

    def test_the_citation_carries_the_real_clause(self, base: KnowledgeBase) -> None:
        answer = answered(base.ask("高平乡镇法律服务站星期几有律师值班", region="140581", on=ON))
        (cited,) = answer.citations
        assert cited.source_id == "高司字〔2024〕6号#四(一)4"
        assert "每周三值班一次" in (cited.quote or "")

    def test_every_card_still_stands_on_its_clause(self, base: KnowledgeBase) -> None:
        assert base.status()["stale_cards"] == {}

    def test_blocked_contacts_are_not_found(self, base: KnowledgeBase) -> None:
        for question in ("银川司法局联系人马璇电话6888997", "常州电话0519-89966011", "组长孙旭东"):
            for region in ("640100", "320400"):
                hits = base.search(question, region=region, on=ON, k=50)
                assert hits, (question, region)
                for hit in hits:
                    assert not any(bad in hit.passage.text for bad in ("6888997", "89966011", "马璇", "孙旭东", "冯涛"))

    def test_an_article_is_given_by_its_number(self, base: KnowledgeBase) -> None:
        answer = answered(base.ask("法律援助法第四十二条是怎么规定的", region=None, on=ON))
        assert answer.citations[0].clause == "第四十二条"
        assert "进城务工人员" in answer.text

    def test_a_question_is_answered_in_time(self, base: KnowledgeBase) -> None:
        started = time.perf_counter()
        for question in ("家暴怎么申请保护令", "离婚财产怎么分", "工伤认定要多久"):
            base.ask(question, region="140581", on=ON)
        assert time.perf_counter() - started < 6  # three questions on a crowded machine; bench has the real figures


class TestAlteredDocuments:
    """A figure is changed in a copy of each local document and of two statutes: no answer may know the old one."""

    CHANGES: ClassVar = {
        "高平乡镇法律服务站星期几有律师值班": ("001", "每周三值班一次", "每周五值班一次", "140581"),
        "高平2024年要办多少件法律援助": ("001", "290件", "317件", "140581"),
        "银川兴庆区任务多少件": ("003", "兴庆区270件", "兴庆区283件", "640100"),
        "常州2004年要求办公用房多大": ("002", "60平方米", "75平方米", "320400"),
        "法律援助申请交上去几天给答复": ("法律援助法(2021-08-20)", "七日内进行审查", "九日内进行审查", None),
        "劳动仲裁时效是多久": ("劳动争议调解仲裁法", "时效期间为一年", "时效期间为三年", None),
    }

    @pytest.fixture(scope="class")
    @classmethod
    def altered(cls, tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
        folder = SHARED / "policies"
        if not folder.is_dir():
            pytest.skip("the policy documents (../shared/policies) are not here")
        copies = tmp_path_factory.mktemp("altered")
        for name, old, new, _ in cls.CHANGES.values():
            (source,) = (file for file in folder.rglob("*") if file.name.startswith(name))
            copy = copies / source.name
            text = copy.read_text("utf-8") if copy.exists() else source.read_text("utf-8")
            assert old in text, (source.name, old)
            copy.write_text(text.replace(old, new), "utf-8")
        home = ROOT / "var" / "tests" / "altered"
        shutil.rmtree(home / "sources", ignore_errors=True)
        ingest([copies], home=home, locate=lambda t: next((code for name, code in PLACES.items() if name in t), None))
        build(home, embedder_spec=DEFAULT_SPEC, models=MODELS)
        return KnowledgeBase.load(home, embedder_spec=DEFAULT_SPEC, models=MODELS)

    @pytest.mark.parametrize("question", list(CHANGES))
    def test_are_followed(self, altered: KnowledgeBase, question: str) -> None:
        _, old, new, region = self.CHANGES[question]
        answer = answered(altered.ask(question, region=region, on=ON))
        said = answer.text + "".join(cited.quote or "" for cited in answer.all_citations)
        assert old not in said
        assert new in answer.text
        assert any("原文" in caveat for caveat in answer.caveats)
        found = [hit.passage.text for hit in altered.search(question, region=region, on=ON, k=5)]
        assert any(new in text for text in found)
        assert not any(old in text for text in found)

    def test_set_the_cards_aside_that_knew_the_old_figure(self, altered: KnowledgeBase) -> None:
        stale = set(altered.status()["stale_cards"])
        assert stale >= {"gaoping.station_day", "gaoping.target_cases", "aid.how_long", "labour.arbitration_limit"}


def test_no_path_of_this_machine_is_kept(cards_home: Path) -> None:
    manifests = list(cards_home.rglob("manifest.json"))
    assert manifests
    for manifest in manifests:
        assert str(ROOT) not in manifest.read_text("utf-8")
