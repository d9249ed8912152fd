"""A collection's lines are the nation's only by proof: by what they say themselves, by their owner, by title or issuer."""

import json
from pathlib import Path

import pytest

from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.parsed import FileRefused, Locate
from knowledge_base.ingest.store import FileOutcome, ingest
from knowledge_base.ingest_cli import locator
from knowledge_base.regions import Regions
from knowledge_base.types import NATION

pytestmark = pytest.mark.unit


@pytest.fixture
def real_locate(regions: Regions) -> Locate:
    return locator(regions)


def lines(*entries: dict[str, str]) -> str:
    whole = ({"id": f"s{at}", "clause": "第一条", "text": "甲。"} | entry for at, entry in enumerate(entries))
    return "\n".join(json.dumps(entry, ensure_ascii=False) for entry in whole)


class TestALine:
    @pytest.mark.parametrize(
        ("entry", "region"),
        [
            ({"title": "中华人民共和国某某法"}, NATION),
            ({"title": "民法典"}, NATION),
            ({"title": "公司法"}, NATION),
            ({"title": "保障农民工工资支付条例"}, NATION),
            ({"title": "工资支付暂行规定"}, NATION),
            ({"title": "上海航运交易所管理规定"}, NATION),
            ({"title": "值班补助办法", "issuer": "司法部"}, NATION),
            ({"title": "值班补助办法", "number": "国发〔2021〕1号"}, NATION),
            ({"title": "值班补助办法", "region": "CN"}, NATION),
            ({"title": "高平市值班补助办法"}, "140581"),
            ({"title": "值班补助办法", "issuer": "高平市司法局"}, "140581"),
            ({"title": "工资支付暂行规定", "issuer": "高平市人民政府"}, "140581"),
            ({"title": "值班补助办法", "region": "640100"}, "640100"),
            ({"title": "值班补助办法", "region": "银川市"}, "640100"),
        ],
    )
    def test_is_of_the_place_it_proves(self, entry: dict[str, str], region: str, real_locate: Locate) -> None:
        (document,) = parse_articles(lines(entry), collection="c", locate=real_locate).documents
        assert (document.region, document.issuer) == (region, entry.get("issuer"))

    @pytest.mark.parametrize(
        "entry", [{"title": "值班补助办法"}, {"title": "值班补助条例"}, {}, {"title": "值班补助办法", "region": "某某"}]
    )
    def test_that_proves_none_is_refused_by_number_and_the_rest_goes_on(
        self, entry: dict[str, str], real_locate: Locate
    ) -> None:
        parsed = parse_articles(lines({"title": "民法典"}, entry, entry), collection="c", locate=real_locate)
        assert [document.title for document in parsed.documents] == ["民法典"]
        (problem,) = parsed.problems
        assert problem.line == 2
        assert "共 2 行" in problem.text
        assert "--region" in problem.text

    def test_that_proves_none_is_of_the_place_its_owner_names(self, real_locate: Locate) -> None:
        text = lines({"title": "值班补助办法"}, {"title": "值班补助办法", "region": "640100"})
        found = parse_articles(text, collection="c", region=NATION, locate=real_locate).documents
        assert [document.region for document in found] == [NATION, "640100"]


def test_a_collection_that_proves_nothing_is_refused_with_a_reason(real_locate: Locate, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="--region"):
        parse_articles(lines({"title": "值班补助办法"}), collection="c", locate=real_locate)
    (tmp_path / "c.jsonl").write_text(lines({"title": "值班补助办法"}), "utf-8")
    (report,) = ingest([tmp_path / "c.jsonl"], home=tmp_path / "home", locate=real_locate)
    assert report.outcome is FileOutcome.REFUSED
    (report,) = ingest([tmp_path / "c.jsonl"], home=tmp_path / "home", locate=real_locate, region="140581")
    assert (report.outcome, report.clauses) == (FileOutcome.ADDED, 1)
