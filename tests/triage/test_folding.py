"""Folding brings every way of writing to one, changes what it should and nothing that looks like it, and can be traced back."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge_base.folding import Folder, Spelling

pytestmark = pytest.mark.unit

FOLDER: Final = Folder.load()


def without(one: Spelling) -> Folder:
    """Return the spellings on file but for one."""
    return replace(FOLDER, spelling=tuple(each for each in FOLDER.spelling if each is not one))


def named(one: Spelling) -> str:
    return one.said.pattern[:24]


class TestEverySpelling:
    def test_stands_there_once_and_they_are_many(self) -> None:
        patterns = [one.said.pattern for one in FOLDER.spelling]
        assert len(set(patterns)) == len(patterns)

    @pytest.mark.parametrize("one", FOLDER.spelling, ids=named)
    def test_changes_its_sentence(self, one: Spelling) -> None:
        assert FOLDER.fold(one.changes).readings != without(one).fold(one.changes).readings
        if "\\" not in one.meant:
            assert one.meant in FOLDER.fold(one.changes).spaced

    @pytest.mark.parametrize("one", FOLDER.spelling, ids=named)
    def test_leaves_its_look_alike_alone(self, one: Spelling) -> None:
        assert FOLDER.fold(one.keeps).readings == without(one).fold(one.keeps).readings

    @pytest.mark.parametrize("one", FOLDER.spelling, ids=named)
    def test_never_matches_nothing(self, one: Spelling) -> None:
        assert one.said.search("") is None
        assert all(found.group() for text in (one.changes, one.keeps) for found in one.said.finditer(text))

    def test_has_a_look_alike_that_looks_like_it(self) -> None:
        assert not [one.keeps for one in FOLDER.spelling if not set(one.changes) & set(one.keeps)]


class TestTheTraditional:
    def test_are_brought_to_the_simplified(self) -> None:
        for traditional, simplified in FOLDER.traditional.items():
            assert FOLDER.fold(f"甲{chr(traditional)}乙").spaced == FOLDER.fold(f"甲{simplified}乙").spaced
            assert ord(simplified) not in FOLDER.traditional


class TestWritingStyles:
    @pytest.mark.parametrize(
        ("said", "read"),
        [
            ("欠我１２０００元", "欠我12000元"),
            ("ＬＤＺＣ怎么弄", "劳动仲裁怎么弄"),
            ("老闆欠薪!!!!!!", "老板欠薪。"),
            ("太太太太难了~~~~", "太难了"),
            ("在吗......有事问", "在吗,有事问"),
            ("老板😡😡不给钱", "老板,不给钱"),
            ("他拿🔪🏻追我", "他拿刀追我"),
            ("我想zì shā", "我想自杀"),
            ("房号三三三三", "房号三三三三"),
            ("老細爭我三個月人工 點算好", "老板欠我三个月工资,怎么办好"),
            ("侬讲阿拉哪能办", "你讲我们怎么办"),
            ("众裁的裁决书我上礼拜三收到", "仲裁的裁决书我上礼拜三收到"),
            ("", ""),
        ],
    )
    def test_come_to_one(self, said: str, read: str) -> None:
        assert FOLDER.fold(said).spaced == read


PIECES: Final = st.one_of(
    st.sampled_from(
        [text for one in FOLDER.spelling for text in (one.changes, one.keeps, one.meant.replace("\\1", ""))]
    ),
    st.sampled_from([chr(each) for each in FOLDER.traditional]),
    st.text(alphabet="我的他不了打死去人工 ,。.*!~…1２aZ'%\n🔪😡é\u200b", max_size=6),
    st.text(max_size=4),
)
MESSAGES: Final = st.lists(PIECES, max_size=5).map("".join)


class TestAnyMessage:
    @settings(max_examples=600, deadline=None)
    @given(MESSAGES)
    @example("我.zisha")
    @example("ok zisha")
    @example("死*死*死")
    @example("a , b")
    def test_is_folded_once_and_for_all(self, text: str) -> None:
        folded = FOLDER.fold(text)
        assert FOLDER.fold(folded.spaced).spaced == folded.spaced
        assert FOLDER.fold(folded.joined).joined == folded.joined

    @settings(max_examples=300, deadline=None)
    @given(MESSAGES)
    def test_can_be_traced_back_to_its_own_words(self, text: str) -> None:
        folded = FOLDER.fold(text)
        assert len(folded.origins) == len(folded.spaced)
        assert all(0 <= start < end <= len(text) for start, end in folded.origins)
        assert list(folded.origins) == sorted(folded.origins)

    @pytest.mark.parametrize(
        ("said", "read", "own"),
        [
            ("琴日佢打我", "昨天", "琴日"),
            ("我想 自*杀！！", "自,杀", "自*杀"),
            ("房東不退壓金", "押金", "壓金"),
            ("仨月没发钱", "三个月", "仨月"),
            ("申请ＬＤＺＣ", "劳动仲裁", "ＬＤＺＣ"),
        ],
    )
    def test_shows_what_was_really_said(self, said: str, read: str, own: str) -> None:
        folded = FOLDER.fold(said)
        start = folded.spaced.index(read)
        begin, end = folded.origin(start, start + len(read))
        assert said[begin:end] == own

    def test_of_no_length_comes_from_nowhere(self) -> None:
        assert FOLDER.fold("").origin(0, 0) == (0, 0)
