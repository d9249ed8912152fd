"""What citizens say, said again in the statute's terms."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.expansion import Expansion, VocabularyInvalid

from .conftest import ROOT, SHARED

pytestmark = pytest.mark.unit

VOCABULARY = ROOT / "knowledge_base" / "sources" / "vocabulary.yml"


@cache
def on_file() -> Expansion:
    return Expansion.load()


def wordings() -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({part for saying in on_file().sayings for part in saying.parts}))


def vocabulary(folder: Path, *entries: dict[str, object]) -> Expansion:
    path = folder / "vocabulary.yml"
    path.write_text(yaml.safe_dump({"field": list(entries)}, allow_unicode=True), encoding="utf-8")
    return Expansion.load(path)


class TestTheVocabularyOnFile:
    @pytest.mark.parametrize(
        ("said", "term"),
        [
            ("老板不给钱怎么办", "拖欠劳动报酬"),
            ("老細爭我三個月人工 點算好", "劳动报酬"),
            ("包工头跑路了", "施工总承包单位"),
            ("厂里一直没签合同", "二倍的工资"),
            ("厂里机器压的手", "工伤"),
            ("老公喝多了就打我", "家庭暴力"),
            ("俺爹80了仨儿子没一个管的 都推", "赡养费"),
            ("楼上漏水把我家泡了", "排除妨碍"),
            ("房东不退押金", "租赁合同"),
            ("孩子在学校摔断了胳膊", "教育、管理职责"),
            ("我老公在看守所三个月了", "犯罪嫌疑人"),
            ("村里把我家的地收了", "发包方"),
            ("公司给我N+1", "经济补偿"),
            ("赢了官司拿不到钱", "被执行人"),
        ],
    )
    def test_says_it_in_the_terms_of_the_statute(self, said: str, term: str) -> None:
        assert term in on_file().terms(said)

    @pytest.mark.parametrize(
        ("said", "term"),
        [
            ("你打我电话吧", "家庭暴力"),
            ("警告他别再来", "起诉状"),
            ("他被抢救过来了", "抢劫"),
            ("法院强制执行要多久", "强奸"),
            ("单位不交社会保险", "保险合同"),
            ("我给他写了借条当投保人", "保证人"),
        ],
    )
    def test_is_not_taken_in_by_a_word_inside_another(self, said: str, term: str) -> None:
        assert term not in on_file().terms(said)

    def test_says_nothing_where_nothing_was_said(self) -> None:
        assert on_file().terms("") == ()
        assert on_file().terms("你好") == ()

    def test_leaves_out_a_term_the_citizen_used(self) -> None:
        assert "劳动报酬" not in on_file().terms("老板不给钱，拖欠劳动报酬")

    def test_has_entries_of_every_field_with_one_to_three_terms_each(self) -> None:
        fields = yaml.safe_load(VOCABULARY.read_text(encoding="utf-8"))
        assert sum(map(len, fields.values())) >= 400
        assert all(1 <= len(entry["law"]) <= 3 for entries in fields.values() for entry in entries)

    @pytest.mark.knowledge
    def test_uses_only_terms_that_statutes_print(self, laws: Path) -> None:
        texts = [path.read_text(encoding="utf-8") for path in sorted(laws.glob("*.md"))]
        with gzip.open(SHARED / "retrieval" / "statutes.jsonl.gz", "rt", encoding="utf-8") as lines:
            texts += [json.loads(line)["text"] for line in lines]
        printed = "\n".join(texts)
        assert [term for term in sorted({t for s in on_file().sayings for t in s.law}) if term not in printed] == []

    @given(st.lists(st.one_of(st.deferred(wordings), st.text(max_size=6)), max_size=30).map("".join))
    def test_never_fails_repeats_itself_or_runs_on(self, query: str) -> None:
        terms = on_file().terms(query)
        assert len(terms) == len(set(terms)) <= 8
        assert not any(term in query for term in terms)
        assert terms == on_file().terms(query)


class TestReadingAVocabulary:
    def test_takes_the_longest_wording_at_a_place(self, tmp_path: Path) -> None:
        expansion = vocabulary(
            tmp_path, {"said": ["试工"], "law": ["试用期"]}, {"said": ["试工伤人", "伤人"], "law": ["故意伤害"]}
        )
        assert expansion.terms("试工伤人了") == ("故意伤害",)
        assert set(expansion.terms("试工时伤人")) == {"试用期", "故意伤害"}

    def test_keeps_quiet_where_the_words_mean_something_else(self, tmp_path: Path) -> None:
        expansion = vocabulary(tmp_path, {"said": ["告他"], "law": ["起诉"], "not": ["广告他", "告他一声"]})
        assert expansion.terms("要告他") == ("起诉",)
        assert expansion.terms("打广告他骗人") == expansion.terms("告他一声") == ()

    def test_writes_out_choices_and_spans_gaps_within_a_sentence(self, tmp_path: Path) -> None:
        expansion = vocabulary(tmp_path, {"said": ["(老板|工头)…(不给钱|没给钱)"], "law": ["劳动报酬"]})
        assert expansion.terms("工头三个月没给钱") == ("劳动报酬",)
        assert expansion.terms("老板走了。没给钱") == ()
        assert expansion.terms("老板说了好多好多好多好多话没给钱") == ()

    def test_puts_first_terms_first_and_the_longest_wordings_before(self, tmp_path: Path) -> None:
        expansion = vocabulary(
            tmp_path, {"said": ["欠钱"], "law": ["债务人", "清偿"]}, {"said": ["借钱不还"], "law": ["借款人", "利息"]}
        )
        assert expansion.terms("欠钱的借钱不还") == ("借款人", "债务人", "利息", "清偿")

    def test_takes_latin_words_and_numbers_whole(self, tmp_path: Path) -> None:
        expansion = vocabulary(tmp_path, {"said": ["ktv", "996"], "law": ["娱乐场所"]})
        assert expansion.terms("在KTV上班") == expansion.terms("天天996") == ("娱乐场所",)
        assert expansion.terms("欠我19960元") == expansion.terms("ktvs") == ()

    def test_is_quiet_without_entries(self, tmp_path: Path) -> None:
        assert vocabulary(tmp_path).terms("老板不给钱") == ()

    @pytest.mark.parametrize(
        "entries",
        [
            [{"said": ["试工"]}],
            [{"said": [], "law": ["试用期"]}],
            [{"said": ["试"], "law": ["试用期"]}],
            [{"said": ["试工…"], "law": ["试用期"]}],
            [{"said": [996], "law": ["工作时间"]}],
            [{"said": ["试工"], "law": ["试用期"], "why": "x"}],
            [{"said": ["试工"], "law": ["试用期"]}, {"said": ["试工"], "law": ["工资"]}],
            ["试工"],
        ],
    )
    def test_refuses_a_file_it_cannot_use(self, tmp_path: Path, entries: list[dict[str, object]]) -> None:
        with pytest.raises(VocabularyInvalid):
            vocabulary(tmp_path, *entries)
