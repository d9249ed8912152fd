"""One normal form and one tokeniser for question and statute."""

import pytest

from knowledge_base.text import article_numbers, bigrams, normalise, numeral, to_numeral, tokenise

pytestmark = pytest.mark.unit


class TestNormalise:
    def test_makes_full_width_half_width(self) -> None:
        assert normalise("（１２３４８）热线？") == "(12348)热线?"

    def test_closes_the_gaps_between_characters(self) -> None:
        assert normalise("通　 知 附 则") == "通知附则"

    def test_keeps_the_space_between_latin_words(self) -> None:
        assert normalise("Legal  Aid") == "legal aid"


class TestTokenise:
    def test_cuts_characters_into_pairs_and_keeps_each_by_itself(self) -> None:
        assert tokenise("拖欠工资") == ["拖欠", "欠工", "工资", "拖", "欠", "工", "资"]

    def test_keeps_latin_and_digits_whole(self) -> None:
        assert tokenise("打12348热线") == ["打", "12348", "热线", "热", "线"]

    def test_gives_an_article_one_token_however_it_is_written(self) -> None:
        assert "art32" in tokenise("法律援助法第32条")
        assert "art32" in tokenise("法律援助法第三十二条")
        assert "art1042" in tokenise("民法典1042条")

    def test_is_empty_for_punctuation(self) -> None:
        assert tokenise("？！……") == []


class TestNumerals:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("十", 10),
            ("十二", 12),
            ("二十三", 23),
            ("一百零五", 105),
            ("一千零四十二", 1042),
            ("二○○四", 2004),
            ("32", 32),
            ("甲", None),
            ("", None),
        ],
    )
    def test_reads_what_statutes_print(self, written: str, value: int | None) -> None:
        assert numeral(written) == value

    @pytest.mark.parametrize("number", [1, 9, 10, 11, 19, 20, 21, 99])
    def test_reads_back_what_it_writes(self, number: int) -> None:
        assert numeral(to_numeral(number)) == number

    def test_names_every_article_of_a_sentence(self) -> None:
        assert article_numbers("依照第三十一条和第四十二条") == (31, 42)


def test_bigrams_of_a_single_character_are_that_character() -> None:
    assert bigrams("钱") == {"钱"}
