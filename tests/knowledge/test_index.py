"""A build is switched to whole or not at all, and damage is found before anybody is answered from it."""

import json
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.build import Listener, build_with, needs_build
from knowledge_base.cards import load_cards
from knowledge_base.engines.choice import Engines
from knowledge_base.index import open_index
from knowledge_base.index_files import IndexBroken, IndexMismatch, IndexMissing, building, identity, verified
from knowledge_base.index_writer import Contents, VectorField, write_index
from knowledge_base.types import KnowledgeUnavailable
from knowledge_base.vectors import VectorCache
from tests.knowledge.damage import HARMS, Harm
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import book, fill, make, source_texts

pytestmark = pytest.mark.unit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    fill(folder, source_texts())
    return folder


def current(home: Path) -> Path:
    return home / "index" / (home / "index" / "CURRENT").read_text()


class TestABuild:
    def test_opens_with_everything_it_was_given(self, home: Path) -> None:
        report = make(home, embedder=PairEmbedder())
        index = open_index(home, model="fake:pairs")
        assert (report.documents, report.passages, report.cards) == (4, 9, 3)
        assert (index.passages, len(index)) == (9, 12)
        assert index.has_vectors

    def test_finds_every_clause_by_its_name(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        index = open_index(home, model="fake:pairs")
        entry = index.entry_of("高司字〔2024〕6号#二")
        assert entry is not None
        assert "290件" in index.clause(entry).text
        assert index.entry_of("高司字〔2024〕6号#九") is None

    def test_switches_while_the_old_one_serves(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        old = open_index(home, model="fake:pairs")
        fill(home, {"援助法(2021-08-20).md": source_texts()["援助法(2021-08-20).md"].replace("七日", "五日")})
        make(home, embedder=PairEmbedder())
        new = open_index(home, model="fake:pairs")
        name = "援助法@2021-08-20#第一条"
        assert "七日" in old.clause(old.entry_of(name) or 0).text
        assert "五日" in new.clause(new.entry_of(name) or 0).text

    def test_leaves_no_more_than_two_builds_behind(self, home: Path) -> None:
        for _ in range(4):
            make(home, embedder=PairEmbedder())
        assert len([p for p in (home / "index").iterdir() if p.is_dir()]) == 2

    def test_by_words_alone_needs_no_model(self, home: Path) -> None:
        make(home, embedder=None)
        assert not open_index(home, model=None).has_vectors
        assert not open_index(home, model="fake:pairs").has_vectors

    def test_with_vectors_opens_without_the_model_too(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        assert not open_index(home, model=None).has_vectors


class TestFields:
    def test_are_searched_apart(self, tmp_path: Path) -> None:
        """Three cards; what they say is in one field, how they are asked for in another."""
        embedder = PairEmbedder()
        cards = book().cards
        said = embedder.documents([card.answer or "无" for card in cards])
        asked = [(number, way) for number, card in enumerate(cards) for way in card.questions]
        fields = {
            "passages": VectorField(rows=said, owners=np.arange(3, dtype=np.int32)),
            "ways": VectorField(
                rows=embedder.queries([way for _, way in asked]), owners=np.asarray([n for n, _ in asked], np.int32)
            ),
        }
        manifest = {"corpus": "0" * 8, "model": embedder.name}
        contents = Contents(documents=(), cards=cards, words=[["字"]] * 3, fields=fields, manifest=manifest)
        with building(tmp_path):
            write_index(tmp_path, contents, engines=Engines())
        index = open_index(tmp_path, model=embedder.name)
        question = embedder.query("高平乡镇站哪天值班")
        assert index.fields == {"passages", "ways"}
        assert index.nearest(question, count=2, mask=None, field="ways").tolist()[0] == 0
        entries = np.arange(3, dtype=np.int32)
        ways, answers = (index.cosines(question, entries, field=field) for field in ("ways", "passages"))
        assert ways[0] == pytest.approx(1, abs=1e-3)
        assert answers[0] < 0.9
        mask = np.asarray([False, True, True])
        assert 0 not in index.nearest(question, count=9, mask=mask, field="ways")
        assert index.nearest(question, count=9, mask=None, field="none").tolist() == []
        assert index.cosines(question, entries, field="none").tolist() == [0, 0, 0]

    def test_whose_rows_are_not_in_the_order_of_their_owners_are_refused(self) -> None:
        rows = np.zeros((2, 4), np.float32)
        for owners in ([1, 0], [0], [0, 0, 1]):
            with pytest.raises(ValueError, match="owner"):
                VectorField(rows=rows, owners=np.asarray(owners, np.int32))


class TestDamage:
    def test_of_a_home_without_an_index_is_named(self, home: Path) -> None:
        with pytest.raises(IndexMissing, match="build"):
            open_index(home, model=None)

    @pytest.mark.parametrize(
        "name",
        [
            "vectors/passages/vectors.faiss",
            "vectors/passages/owners.npy",
            "vectors/passages/engine.json",
            "clauses.jsonl",
            "cards.json",
            "words/vocab.index.json",
        ],
    )
    @pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
    def test_of_any_file_is_found(self, home: Path, name: str, harm: str) -> None:
        make(home, embedder=PairEmbedder())
        file = current(home) / name
        content = bytearray(file.read_bytes())
        if harm == "remove":
            file.unlink()
        else:
            content[len(content) // 2] ^= 1
            file.write_bytes(bytes(content[:-3] if harm == "cut" else content))
        with pytest.raises(IndexBroken):
            open_index(home, model="fake:pairs")

    def test_of_any_byte_of_any_file_is_found(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        for file in sorted(path for path in current(home).rglob("*") if path.is_file()):
            whole = file.read_bytes()
            every = max(1, len(whole) // 40)
            for at in range(0, len(whole), every):
                file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
                with pytest.raises(KnowledgeUnavailable):
                    verified(home)
            file.write_bytes(whole)
        assert open_index(home, model="fake:pairs").passages == 9

    def test_of_a_half_written_build_changes_nothing(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        (home / "index" / "000002-abc.part").mkdir()
        assert open_index(home, model="fake:pairs").passages == 9
        make(home, embedder=PairEmbedder())
        assert not list((home / "index").glob("*.part"))

    @pytest.mark.parametrize(
        "harm", [*HARMS.values(), lambda _: b"[" * 100_000, lambda raw: raw + b" ", lambda raw: b"[" + raw + b"]"]
    )
    def test_of_the_manifest_is_found(self, home: Path, harm: Harm) -> None:
        make(home, embedder=PairEmbedder())
        file = current(home) / "manifest.json"
        file.write_bytes(harm(file.read_bytes()))
        with pytest.raises(IndexBroken):
            open_index(home, model="fake:pairs")
        assert needs_build(home, embedder_spec="fake")

    @pytest.mark.parametrize("key", ["links", "calibration", "model", "files", "corpus", "digest"])
    @pytest.mark.parametrize("value", [None, {}, "other"])
    def test_of_what_the_manifest_says_is_found_though_it_reads_well(self, home: Path, key: str, value: object) -> None:
        make(home, embedder=PairEmbedder())
        file = current(home) / "manifest.json"
        manifest = json.loads(file.read_bytes())
        for changed in ({**manifest, key: value}, {k: v for k, v in manifest.items() if k != key}):
            file.write_text(json.dumps(changed, ensure_ascii=False, indent=1), "utf-8")
            with pytest.raises(IndexBroken, match="manifest"):
                open_index(home, model="fake:pairs")

    @pytest.mark.parametrize("pointer", [b"", b"\0", b"\xff", b"a" * 9000, b"000001\n000002"])
    def test_of_the_pointer_is_found(self, home: Path, pointer: bytes) -> None:
        make(home, embedder=PairEmbedder())
        (home / "index" / "CURRENT").write_bytes(pointer)
        identity(home)  # asked every second: never a failure of its own
        with pytest.raises(IndexBroken):
            open_index(home, model="fake:pairs")

    def test_of_a_pointer_to_nothing_is_found(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        (home / "index" / "CURRENT").write_text("000009-gone")
        with pytest.raises(IndexBroken):
            open_index(home, model="fake:pairs")

    def test_of_another_model_or_format_is_a_mismatch(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        with pytest.raises(IndexMismatch, match="other"):
            open_index(home, model="other")
        manifest = json.loads((current(home) / "manifest.json").read_text())
        (current(home) / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
        with pytest.raises(IndexMismatch):
            open_index(home, model="fake:pairs")

    def test_is_a_technical_failure_never_a_missing_answer(self) -> None:
        assert {c.code for c in (IndexMissing, IndexBroken, IndexMismatch)} == {KnowledgeUnavailable.code}


class TestNeedsBuild:
    def test_tells_a_home_without_an_index(self, home: Path) -> None:
        assert needs_build(home, embedder_spec="fake")

    def test_tells_an_index_of_another_engine(self, home: Path) -> None:
        embedder = PairEmbedder()
        build_with(home, embedder=embedder, embedder_spec="fake", book=load_cards(), engines=Engines("flat"))
        assert not needs_build(home, embedder_spec="fake", engines=Engines("flat"))
        assert needs_build(home, embedder_spec="fake", engines=Engines("hnsw"))

    def test_tells_an_index_whose_sources_changed_while_it_was_built(self, home: Path) -> None:
        late = source_texts()["援助法(2021-08-20).md"].replace("七日", "五日")
        listener = Listener(advanced=lambda _count: fill(home, {"援助法(2021-08-20).md": late}))
        build_with(home, embedder=PairEmbedder(), embedder_spec="fake", book=load_cards(), listener=listener)
        assert needs_build(home, embedder_spec="fake")

    def test_tells_an_index_made_from_other_cards(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        assert needs_build(home, embedder_spec="fake")  # the test's cards are not the repository's


class TestVectorCache:
    def test_embeds_a_text_once(self, tmp_path: Path) -> None:
        embedder = PairEmbedder()
        first = VectorCache(tmp_path, embedder).documents(["甲乙丙", "丁戊", "甲乙丙"])
        second = VectorCache(tmp_path, embedder).documents(["丁戊", "甲乙丙", "己庚"])
        assert sorted(embedder.embedded) == sorted(["甲乙丙", "丁戊", "己庚"])
        assert np.allclose(first[0], second[1], atol=1e-3)

    def test_keeps_questions_apart_from_passages(self, tmp_path: Path) -> None:
        embedder = PairEmbedder()
        cache = VectorCache(tmp_path, embedder)
        cache.queries(["甲乙丙"])
        cache.documents(["甲乙丙"])
        assert embedder.embedded == ["甲乙丙"]

    def test_goes_on_after_an_interruption(self, tmp_path: Path) -> None:
        embedder = PairEmbedder()
        VectorCache(tmp_path, embedder).documents(["甲乙", "丙丁"])
        (vectors,) = tmp_path.rglob("document.vectors")
        vectors.write_bytes(vectors.read_bytes()[:-7])
        again = VectorCache(tmp_path, embedder).documents(["甲乙", "丙丁"])
        assert len(embedder.embedded) == 3
        assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-2)

    def test_keeps_models_apart(self, tmp_path: Path) -> None:
        VectorCache(tmp_path, PairEmbedder()).documents(["甲乙"])
        other = PairEmbedder("fake:other")
        VectorCache(tmp_path, other).documents(["甲乙"])
        assert other.embedded == ["甲乙"]
