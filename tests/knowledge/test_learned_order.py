"""The learned order: never outside the mask, led by questions whose answer is known, and only among clauses."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge_base.calibration import Calibration
from knowledge_base.cards import Card
from knowledge_base.corpus import Clause, Document, DocumentKind
from knowledge_base.engines.choice import Engines
from knowledge_base.fusion import FEATURES, Fusion, Network
from knowledge_base.index import Index, open_index
from knowledge_base.index_files import building
from knowledge_base.index_writer import ASKED, MEMORY, PASSAGES, Contents, VectorField, write_index
from knowledge_base.learned_order import Learned, law_priors
from knowledge_base.search import Ranked, Searcher, Wanted
from knowledge_base.text import tokenise
from tests.knowledge.fakes import PairEmbedder

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
WAGES = (
    "用人单位应当按月以货币形式支付劳动报酬。",
    "克扣劳动报酬的，由行政部门责令改正。",
    "加班的，应当另行支付加班报酬。",
    "劳动者可以随时通知用人单位解除合同。",
)
OLD_WAGES = WAGES[:2]
RENT = ("出租人应当返还押金。", "承租人应当妥善保管租赁物。", "租赁期限不得超过二十年。")
CARDS = (
    Card(id="deposit", questions=("房东不退押金怎么办",), answer="可以要求返还押金。", references=()),
    Card(id="pay", questions=("老板不发劳动报酬怎么办",), answer="可以投诉。", references=()),
)
CLAUSES = len(WAGES) + len(OLD_WAGES) + len(RENT)
REMEMBERED = "活都干完啦头儿跑没影咋整"
"""A question that shares no word with the clause that answers it."""
ANSWER = 3
"""The last article of the law on wages."""


def document(name: str, title: str, texts: Sequence[str]) -> Document:
    clauses = tuple(Clause(mark=f"第{number}条", text=text) for number, text in enumerate(texts, 1))
    return Document(id=name, title=title, kind=DocumentKind.STATUTE, clauses=clauses, effective_from=date(2020, 1, 1))


DOCUMENTS = (
    document("wages", "中华人民共和国工资法", WAGES),
    document("wages-old", "工资法", OLD_WAGES),
    document("rent", "房屋租赁法", RENT),
)


def rows(said: Mapping[int, Sequence[str]]) -> VectorField:
    """Return the vectors of texts, in the order of the entries they belong to."""
    pairs = [(entry, text) for entry in sorted(said) for text in said[entry]]
    return VectorField(
        rows=PairEmbedder().queries([text for _, text in pairs]),
        owners=np.asarray([entry for entry, _ in pairs], np.int32),
    )


def opened(
    home: Path, *, memory: Mapping[int, Sequence[str]] | None = None, asked: Mapping[int, Sequence[str]] | None = None
) -> Index:
    texts = [clause.text for one in DOCUMENTS for clause in one.clauses]
    said: dict[int, Sequence[str]] = {entry: [text] for entry, text in enumerate(texts)}
    said |= {CLAUSES + number: card.questions for number, card in enumerate(CARDS)}
    fields = {PASSAGES: rows(said)}
    fields |= {name: rows(field) for name, field in ((MEMORY, memory), (ASKED, asked)) if field}
    contents = Contents(
        documents=DOCUMENTS,
        cards=CARDS,
        words=[tokenise(" ".join(one)) for one in said.values()],
        fields=fields,
        manifest={"corpus": "0" * 8, "model": "fake:pairs", "calibration": Calibration().to_json()},
    )
    with building(home):
        write_index(home, contents, engines=Engines())
    return open_index(home, model="fake:pairs")


def looking_at(column: int) -> Fusion:
    """Return weights that count one feature and nothing else."""
    hidden = np.zeros((FEATURES, 1), np.float32)
    hidden[column] = 1.0
    network = Network(hidden=hidden, hidden_bias=np.full(1, 100, np.float32), out=np.ones(1, np.float32))
    return Fusion(mean=np.zeros(FEATURES, np.float32), spread=np.ones(FEATURES, np.float32), networks=(network,))


WORDS, MEANING, ASKED_NEAR, REMEMBERED_NEAR = (looking_at(column) for column in (1, 4, 7, 11))


def order(index: Index, fusion: Fusion, query: str, *, mask: NDArray[np.bool_] | None = None) -> list[int]:
    vector, words = PairEmbedder().query(query), index.word_scores(query)
    if mask is not None:
        words = np.where(mask, words, np.float32(0))
    near = index.nearest(vector, count=100, mask=mask)
    return [int(entry) for entry in Learned(index, fusion).order(vector, words=words, near=near, mask=mask)]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    memory = {ANSWER: [REMEMBERED, "不想干了直接走行不行"], 6: ["搬走了房东不还钱"]}
    return opened(
        tmp_path_factory.mktemp("home"), memory=memory, asked={2: ["天天干到半夜给不给钱"], 7: ["弄坏了谁赔"]}
    )


class TestOrder:
    def test_leads_a_remembered_question_to_its_article(self, index: Index) -> None:
        assert order(index, REMEMBERED_NEAR, REMEMBERED)[0] == ANSWER
        assert index.word_scores(REMEMBERED)[ANSWER] == 0

    def test_listens_to_each_source(self, index: Index) -> None:
        assert order(index, WORDS, "出租人 返还押金")[0] == 6
        assert order(index, MEANING, RENT[2])[0] == 8
        assert order(index, ASKED_NEAR, "天天干到半夜给不给钱")[0] == 2

    def test_holds_each_clause_once_and_no_card(self, index: Index) -> None:
        found = order(index, MEANING, "老板不发劳动报酬怎么办")
        assert len(found) == len(set(found))
        assert set(found) <= set(range(CLAUSES))

    def test_gives_a_tie_to_the_earlier_clause(self, index: Index) -> None:
        found = order(index, looking_at(FEATURES - 1), "租赁")
        assert found == sorted(found)

    @pytest.mark.parametrize("seed", range(20))
    def test_never_brings_back_what_the_mask_leaves_out(self, index: Index, seed: int) -> None:
        mask = np.random.default_rng(seed).random(len(index)) < 0.5
        for fusion in (WORDS, MEANING, ASKED_NEAR, REMEMBERED_NEAR):
            for query in (REMEMBERED, "天天干到半夜给不给钱", "出租人返还押金"):
                found = order(index, fusion, query, mask=mask)
                assert mask[found].all()

    def test_is_empty_where_nothing_may_be_looked_at(self, index: Index) -> None:
        assert order(index, WORDS, REMEMBERED, mask=np.zeros(len(index), bool)) == []

    def test_does_without_questions_and_without_a_memory(self, tmp_path: Path) -> None:
        bare = opened(tmp_path)
        assert order(bare, WORDS, "出租人返还押金")[0] == 6
        assert set(order(bare, REMEMBERED_NEAR, REMEMBERED)) <= set(range(CLAUSES))


class TestPriors:
    def test_hold_the_answers_of_a_law_against_its_size_over_all_its_versions(self, index: Index) -> None:
        answered = np.zeros(CLAUSES, np.int64)
        answered[[0, 4, 6]] = [3, 1, 2]
        of_wages, of_rent = np.log((4 + 0.5) / (6 + 20)), np.log((2 + 0.5) / (3 + 20))
        assert law_priors(index, answered) == pytest.approx([of_wages] * 6 + [of_rent] * 3)

    def test_are_low_for_a_law_that_never_answered(self, index: Index) -> None:
        nothing = law_priors(index, np.zeros(CLAUSES, np.int64))
        assert nothing[0] == pytest.approx(np.log(0.5 / 26))
        assert nothing[0] < nothing[-1]  # a long law that never answered is the less likely one

    def test_come_from_the_questions_the_index_remembers(self, index: Index, tmp_path: Path) -> None:
        by_law, by_article = looking_at(9), looking_at(10)
        assert order(index, by_law, "应当")[0] in range(6)
        assert order(index, by_article, "应当 劳动者 出租人")[0] == ANSWER
        other = opened(tmp_path, memory={8: ["租房合同最长签几年", "租三十年行吗"]})
        assert order(other, by_article, "应当 劳动者 租赁期限")[0] == 8
        assert order(other, by_law, "应当")[0] in range(6, CLAUSES)


class TestInASearch:
    """With the weights that come with us."""

    def test_counts_only_where_the_index_remembers_questions(self, index: Index, tmp_path: Path) -> None:
        assert Searcher(index, PairEmbedder()).learned
        assert not Searcher(opened(tmp_path), PairEmbedder()).learned

    def test_puts_the_article_first_that_answered_the_same_question(self, index: Index, tmp_path: Path) -> None:
        wanted = Wanted(query=REMEMBERED, on=ON)
        learned = [found.entry for found in Searcher(index, PairEmbedder()).rank(wanted) if found.entry < CLAUSES]
        plain = [found.entry for found in Searcher(opened(tmp_path), PairEmbedder()).rank(wanted)]
        assert learned[0] == ANSWER != next(entry for entry in plain if entry < CLAUSES)

    @pytest.mark.parametrize("query", [REMEMBERED, "老板不发劳动报酬怎么办", "押金不退", "加班报酬"])
    def test_leaves_cards_where_they_are(self, index: Index, tmp_path: Path, query: str) -> None:
        wanted = Wanted(query=query, on=ON, count=CLAUSES + len(CARDS))
        learned = Searcher(index, PairEmbedder()).rank(wanted)
        plain = Searcher(opened(tmp_path), PairEmbedder()).rank(wanted)

        def cards(found: Sequence[Ranked]) -> list[Ranked]:
            return [one for one in found if one.entry >= CLAUSES]

        assert cards(learned) == cards(plain)
        assert {found.entry for found in learned} == {found.entry for found in plain}
        assert [found.entry >= CLAUSES for found in learned] == [found.entry >= CLAUSES for found in plain]

    def test_stays_within_place_and_day(self, index: Index) -> None:
        searcher = Searcher(index, PairEmbedder())
        before = searcher.scope(region=None, on=date(2019, 12, 31))
        found = searcher.rank(Wanted(query=REMEMBERED, on=date(2019, 12, 31), mask=before))
        assert not [one for one in found if one.entry < CLAUSES]
