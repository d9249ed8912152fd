"""Triage names the matter, keeps several apart, and stays silent when nothing legal is asked."""

import json
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest

from knowledge_base import triage_cli
from knowledge_base.embedding import DEFAULT_SPEC
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Classifier, TriageUnavailable, expected_calibration_error, of_strangers
from knowledge_base.triage_learned import LEARNED, note_of, sources, taken
from knowledge_base.triage_scores import Score, scores, table
from knowledge_base.triage_training import UtterancesInvalid, read_utterances, train
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency
from tests.knowledge.damage import HARMS, Harm
from tests.triage.toys import small, toy_vectors

pytestmark = pytest.mark.unit


def codes(classifier: Classifier, text: str) -> list[str]:
    return [matter.code for matter in classifier.classify(text).matters]


class TestClassifying:
    def test_is_sure_of_an_unpaid_site_worker(self, classifier: Classifier) -> None:
        best = classifier.classify("我在工地干活老板不给钱").matters[0]
        assert best.code == "labour.wages"
        assert best.title == "拖欠劳动报酬"
        assert best.confidence > 0.8

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("被车撞了腿断了司机不管", "injury.traffic"),
            ("老人走了房子几个孩子怎么分", "inheritance"),
            ("离婚", "family.divorce"),
            ("邻居装修把我家楼板打漏了", "property.neighbour"),
            ("医院手术把我做坏了", "injury.medical"),
            ("征地补偿给得太少", "property.demolition"),
            ("彩礼给了没结成婚能退吗", "family.marital_property"),
            ("借条上的钱他死活不还", "debt.private_loan"),
            ("低保凭什么不给我批", "benefit.social_assistance"),
            ("房東不退押金", "property.tenancy"),
            ("法律元助咋申请", "general.legal_aid"),
            ("爭我三個月人工", "labour.wages"),
        ],
    )
    def test_names_the_matter(self, classifier: Classifier, text: str, code: str) -> None:
        assert codes(classifier, text)[0] == code

    @pytest.mark.parametrize("text", ["今天天气怎么样", "你好", "讲个笑话", "你是真人吗", "红烧肉怎么做", "", "？？？"])
    def test_stays_silent_when_nothing_legal_is_asked(self, classifier: Classifier, text: str) -> None:
        assert codes(classifier, text) == []

    def test_keeps_three_matters_of_one_breath_apart(self, classifier: Classifier) -> None:
        found = codes(classifier, "老公打我 我要离婚 还有老板欠我工资三个月")
        assert set(found) == {"family.domestic_violence", "family.divorce", "labour.wages"}

    def test_never_names_more_than_three(self, classifier: Classifier) -> None:
        text = "要离婚，工资没发，被车撞了，房东不退押金，父亲的遗产怎么分，邻居漏水"
        assert len(codes(classifier, text)) == 3

    def test_hands_on_what_the_safety_gate_found(self, classifier: Classifier) -> None:
        danger = SafetyFinding(kinds=(SafetyKind.VIOLENCE_NOW,), urgency=Urgency.S0)
        found = classifier.classify("老公在打我", safety=danger)
        assert (found.urgency, found.safety) == (Urgency.S0, (SafetyKind.VIOLENCE_NOW,))

    def test_says_who_speaks_and_what_is_counted(self, classifier: Classifier) -> None:
        found = classifier.classify("我们三十多个人干了仨月 工资一人欠一万二")
        assert found.role == "worker"
        assert found.entities == {"amount": 12000.0, "months_owed": 3.0, "people": 30}

    def test_gives_the_same_answer_twice(self, classifier: Classifier) -> None:
        assert classifier.classify("老板跑了") == classifier.classify("老板跑了")


class TestWhoHit:
    """A stranger's blow is no domestic violence, whatever the words have in common."""

    @pytest.mark.parametrize(
        "text",
        ["老板打我", "邻居打我 打断了手", "被同事打了一顿", "不认识的人打我", "被小区保安打伤了", "同村的人动手打我"],
    )
    def test_is_an_injury_by_others(self, text: str) -> None:
        heard = {"family.domestic_violence": 0.9, "injury.other": 0.4}
        assert of_strangers(text, heard) == {"injury.other": 0.9}
        assert of_strangers(text, {"labour.wages": 0.9}) == {"labour.wages": 0.9}

    @pytest.mark.parametrize(
        "text",
        [
            "老公打我",
            "邻居看见他打我老婆",
            "他打我",
            "我被打了",
            "前男友打我",
            "我老公是老板 天天打我",
            "被我爸打 邻居报的警",
            "我和邻居都怕他 他家暴",
        ],
    )
    def test_stays_where_a_relative_is_named_or_nobody_is(self, text: str) -> None:
        heard = {"family.domestic_violence": 0.9}
        assert of_strangers(text, heard) == heard


class TestTraining:
    def test_holds_its_figures_on_families_it_has_not_seen(self, trained: tuple[Path, tuple[Score, ...]]) -> None:
        (score,) = trained[1]
        assert score.system == "characters"
        assert score.macro_f1 > 0.66
        assert score.first_level > 0.70
        assert score.calibration_error < 0.11

    def test_writes_a_file_that_needs_no_pickle(self, trained: tuple[Path, tuple[Score, ...]]) -> None:
        with np.load(trained[0], allow_pickle=False) as stored:
            assert json.loads(str(stored["head"]))["classes"]

    def test_deals_every_family_to_one_fold_only(self, taxonomy: Taxonomy) -> None:
        said = read_utterances(triage_cli.UTTERANCES, taxonomy)
        folds = said.folds(4)
        for family in set(said.families):
            assert len({int(fold) for fold, own in zip(folds, said.families, strict=True) if own == family}) == 1

    def test_finds_every_code_written_for_and_every_sentence_once(self, taxonomy: Taxonomy) -> None:
        said = read_utterances(triage_cli.UTTERANCES, taxonomy)
        assert set(taxonomy.assignable()) == set(said.codes) - {"none"}
        assert min(said.codes.count(code) for code in taxonomy.assignable()) >= 25
        assert len(set(said.texts)) == len(said.texts)

    def test_refuses_a_code_outside_the_taxonomy(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        (tmp_path / "one.yml").write_text("labour.naps:\n  one: |\n    想睡觉\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match=r"labour\.naps"):
            read_utterances(tmp_path, taxonomy)

    def test_refuses_a_folder_that_leaves_codes_without_utterances(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        (tmp_path / "one.yml").write_text("labour.wages:\n  one: |\n    不给钱\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match="no utterances"):
            read_utterances(tmp_path, taxonomy)

    def test_uses_the_embedding_where_there_is_one(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        folder = small(tmp_path, taxonomy)
        rows = scores(train(folder, taxonomy, toy_vectors, tmp_path / "m.npz"))
        assert [line.split()[0] for line in table(rows)] == [
            "system",
            "characters",
            "embedding",
            "nearest",
            "characters",
            "mixed",
        ]
        model = Classifier.load(tmp_path / "m.npz", taxonomy)
        text = f"甲{taxonomy.assignable()[3]}"
        (best, *_) = model.classify(text, vector=toy_vectors([text])[0]).matters
        assert best.code == taxonomy.assignable()[3]


class TestCalibrationError:
    def test_is_nothing_when_confidence_is_earned(self) -> None:
        assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == pytest.approx(0)

    def test_is_the_gap_when_it_is_not(self) -> None:
        assert expected_calibration_error([0.9, 0.9], [False, True]) == pytest.approx(0.4)


class TestLoading:
    def test_tells_how_to_make_a_missing_model(self, tmp_path: Path, taxonomy: Taxonomy) -> None:
        with pytest.raises(TriageUnavailable, match="triage train"):
            Classifier.load(tmp_path / "none.npz", taxonomy)

    @pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
    def test_refuses_a_broken_file(
        self, trained: tuple[Path, tuple[Score, ...]], tmp_path: Path, taxonomy: Taxonomy, harm: Harm
    ) -> None:
        path = tmp_path / "broken.npz"
        path.write_bytes(harm(trained[0].read_bytes()))
        with pytest.raises(TriageUnavailable):
            Classifier.load(path, taxonomy)


class TestTheCommittedModel:
    def test_was_learned_from_what_is_here(self, taxonomy: Taxonomy) -> None:
        wanted = sources(triage_cli.UTTERANCES, DEFAULT_SPEC)
        assert note_of(LEARNED).read_text(encoding="utf-8").strip() == wanted, "learn it anew: triage train --keep"
        assert Classifier.load(LEARNED, taxonomy).meaning.any()

    def test_takes_the_place_of_training(self, tmp_path: Path) -> None:
        learned, out = tmp_path / "learned.npz", tmp_path / "models" / "triage.npz"
        learned.write_bytes(b"what was learned")
        note_of(learned).write_text("from this\n", encoding="utf-8")
        assert taken(out, wanted="from this", learned=learned)
        assert [file.name for file in out.parent.iterdir()] == ["triage.npz"]
        assert out.read_bytes() == b"what was learned"

    @pytest.mark.parametrize("wanted", ["from that", ""])
    def test_does_not_where_it_comes_from_something_else(self, tmp_path: Path, wanted: str) -> None:
        learned, out = tmp_path / "learned.npz", tmp_path / "models" / "triage.npz"
        assert not taken(out, wanted=wanted, learned=learned)
        learned.write_bytes(b"what was learned")
        assert not taken(out, wanted=wanted, learned=learned)
        note_of(learned).write_text("from this\n", encoding="utf-8")
        assert not taken(out, wanted=wanted, learned=learned)
        assert not out.exists()

    def test_is_another_with_another_model_or_other_utterances(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("none:\n  one: |\n    你好\n", encoding="utf-8")
        before = sources(tmp_path, "hub:some")
        assert before == sources(tmp_path, "hub:some") != sources(tmp_path, "hub:another")
        (tmp_path / "a.yml").write_text("none:\n  one: |\n    您好\n", encoding="utf-8")
        assert sources(tmp_path, "hub:some") != before


class TestTheCommand:
    @pytest.fixture
    def home(self, trained: tuple[Path, tuple[Score, ...]], tmp_path: Path) -> Path:
        home = tmp_path / "var" / "knowledge"
        target = triage_cli.model_file(home)
        target.parent.mkdir(parents=True)
        target.write_bytes(trained[0].read_bytes())
        return home

    def run(self, *arguments: str) -> int:
        parser = ArgumentParser()
        triage_cli.add_commands(parser.add_subparsers())
        options = parser.parse_args(["triage", *arguments, "--words-only"])
        return int(options.run(options))

    def test_answers_one_message_as_json(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run("老公正在打我 银川的", "--home", str(home), "--json") == 0
        found = json.loads(capsys.readouterr().out)
        assert found["matters"][0]["code"] == "family.domestic_violence"
        assert (found["urgency"], found["safety"], found["region"]) == ("s0", ["violence_now"], "640100")

    def test_answers_one_message_in_words(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.run("今天天气怎么样", "--home", str(home)) == 0
        assert "没有把握" in capsys.readouterr().out

    def test_labels_a_file(self, home: Path, tmp_path: Path) -> None:
        asked, out = tmp_path / "texts.jsonl", tmp_path / "labels.jsonl"
        asked.write_text('{"id": "a", "text": "老板不给工资"}\n\n{"text": "离婚"}\n', encoding="utf-8")
        assert self.run("--file", str(asked), "--out", str(out), "--home", str(home)) == 0
        labels = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        assert [label["id"] for label in labels] == ["a", 3]
        assert [label["matters"][0]["code"] for label in labels] == ["labour.wages", "family.divorce"]

    def test_names_the_line_it_cannot_read(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = tmp_path / "texts.jsonl"
        asked.write_text('{"text": "好"}\n["no"]\n', encoding="utf-8")
        assert self.run("--file", str(asked), "--home", str(home)) == 2
        assert "line 2" in capsys.readouterr().err

    def test_tells_how_to_train_when_there_is_no_model(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run("离婚", "--home", str(tmp_path / "knowledge")) == 1
        assert "triage train" in capsys.readouterr().err

    def test_asks_for_a_message(self, home: Path) -> None:
        assert self.run("--home", str(home)) == 2
