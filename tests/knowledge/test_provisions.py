"""A provision is found by its number, however people write it, in the version that applied on the day."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge_base.corpus import Clause, Document, DocumentKind, order_versions
from knowledge_base.provisions import called, find_provision, look_up

pytestmark = pytest.mark.unit

ARTICLE = """下列事项的当事人，可以申请：
（一）请求国家赔偿；
（二）请求给付待遇：
1．养老；
2．医疗；
（十一）其他。
前款规定由办法细化。
有下列情形之一的，除外：
（一）已经撤回。"""
DAY = date(2022, 6, 1)


def law(**more: object) -> Document:
    clauses = (
        Clause(mark="第三十一条", text=ARTICLE),
        Clause(mark="第一百二十条", text="一百二十。"),
        Clause(mark="第一百二十条之一", text="之一。"),
    )
    fields = {"issued": date(2021, 8, 20), "effective_from": date(2022, 1, 1), **more}
    return Document(
        id="援助法@2021-08-20",
        title="中华人民共和国援助法",
        kind=DocumentKind.STATUTE,
        clauses=clauses,
        **fields,  # type: ignore[arg-type]
    )


def plan(*marks: str, headings: tuple[str, ...] = (), region: str = "140581") -> Document:
    clauses = tuple(
        Clause(mark=mark, text=f"{mark}的正文。", headings=(headings[at],) if headings else ("甲",))
        for at, mark in enumerate(marks)
    )
    return Document(
        id="高司字〔2024〕6号",
        title="实施方案",
        number="高司字〔2024〕6号",
        kind=DocumentKind.POLICY,
        region=region,
        clauses=clauses,
        effective_from=date(2020, 1, 1),
    )


class TestAnArticle:
    @pytest.mark.parametrize(
        ("number", "text"),
        [
            ("第三十一条第一款第(一)项", "（一）请求国家赔偿；"),
            ("第31条第1款第1项", "（一）请求国家赔偿；"),
            ("第三十一条第（十一）项", "（十一）其他。"),
            ("第三十一条（十一）", "（十一）其他。"),
            ("31条十一项", "（十一）其他。"),
            ("第三十一条第二项", "（二）请求给付待遇：\n1．养老；\n2．医疗；"),
            ("第三十一条第二项第2目", "2．医疗；"),
            ("第三十一条第二款", "前款规定由办法细化。"),
            ("第三十一条第三款第一项", "（一）已经撤回。"),
            ("第三十一条 第三款", "有下列情形之一的，除外：\n（一）已经撤回。"),
            ("第一百二十条", "一百二十。"),
            ("第一百二十条之一", "之一。"),
            ("第120条之一", "之一。"),
            ("第三十一条", ARTICLE),
        ],
    )
    def test_and_what_is_in_it_is_found_by_number(self, number: str, text: str) -> None:
        found = find_provision(law(), number)
        assert found is not None
        assert found.text == text

    def test_gives_an_item_with_the_words_it_completes(self) -> None:
        found = find_provision(law(), "第三十一条第三款第一项")
        assert found is not None
        assert found.lead == "有下列情形之一的，除外："

    @pytest.mark.parametrize(
        "number",
        [
            "第三十一条第一项",
            "第三十一条第九项",
            "第三十一条第四款",
            "第三十一条第零款",
            "第三十二条",
            "第三十一条第二项第九目",
            "",
            "条",
            "四",
        ],
    )
    def test_is_not_guessed_at(self, number: str) -> None:
        assert find_provision(law(), number) is None


class TestAClause:
    @pytest.mark.parametrize(
        ("number", "marks"),
        [
            ("四(一)4", ["四(一)4"]),
            ("四（一）4", ["四(一)4"]),
            ("四、（一）4．", ["四(一)4"]),
            ("第四部分第(一)项第4", ["四(一)4"]),
            ("四(一)4(2)", ["四(一)4(2)"]),
            ("四(二)", ["四(二)"]),
            ("五", ["五(一)", "五(二)"]),
            ("引言", ["引言"]),
            ("结尾", ["结尾"]),
            ("全文", ["引言", "四(一)4", "四(一)4(2)", "四(二)", "五(一)", "五(二)", "结尾"]),
        ],
    )
    def test_of_a_plan_is_found_by_its_path(self, number: str, marks: list[str]) -> None:
        document = plan("引言", "四(一)4", "四(一)4(2)", "四(二)", "五(一)", "五(二)", "结尾")
        found = find_provision(document, number)
        assert found is not None
        assert [clause.mark for clause in found.clauses] == marks

    @pytest.mark.parametrize(
        ("number", "marks"),
        [
            ("(三)", ["(三)"]),
            ("二(三)", ["(三)"]),
            ("三", ["(四)"]),
            ("一", ["(一)", "(二)"]),
            ("第二部分", ["(三)"]),
            ("四", ["(四)"]),  # beyond the last section: it lost its brackets
        ],
    )
    def test_that_counts_through_all_sections_is_found_with_and_without_them(
        self, number: str, marks: list[str]
    ) -> None:
        document = plan("(一)", "(二)", "(三)", "(四)", headings=("甲", "甲", "乙", "丙"))
        found = find_provision(document, number)
        assert found is not None
        assert [clause.mark for clause in found.clauses] == marks

    def test_that_counts_through_all_sections_is_found_in_them_above_a_closing_too(self) -> None:
        document = plan("(一)", "(二)", "(三)", "结尾", headings=("甲", "乙", "乙", ""))
        found = find_provision(document, "二(三)")
        assert found is not None
        assert [clause.mark for clause in found.clauses] == ["(三)"]

    def test_is_not_found_in_a_section_it_is_not_in(self) -> None:
        assert find_provision(plan("(一)", "(二)", headings=("甲", "乙")), "一(二)") is None


class TestAnArticleOfAnOpinion:
    """Opinions and plans have no articles; people ask for their 第五条 all the same."""

    @pytest.mark.parametrize(("number", "mark"), [("第二条", "二"), ("第3条", "三"), ("第一条第二项", "一(二)")])
    def test_is_the_point_of_that_number(self, number: str, mark: str) -> None:
        found = find_provision(plan("一(一)", "一(二)", "二", "三"), number)
        assert found is not None
        assert [clause.mark for clause in found.clauses] == [mark]

    def test_is_the_bracketed_point_where_those_count_through_all_sections(self) -> None:
        document = plan("(一)", "(二)", "(三)", headings=("甲", "乙", "乙"))
        found = find_provision(document, "第二条")
        assert found is not None
        assert [clause.mark for clause in found.clauses] == ["(二)"]
        assert find_provision(document, "第九条") is None


class TestLookUp:
    def test_knows_a_text_by_what_people_call_it_for_short(self) -> None:
        procedure = replace(law(), title="中华人民共和国民事诉讼法")
        assert len(look_up([procedure], "民诉法第三十一条", on=DAY)) == 1
        title = "最高人民法院关于审理劳动争议案件适用法律问题的解释（一）"
        reading = replace(law(), title=title)
        for name in ("劳动争议解释（一）", "关于审理劳动争议案件适用法律问题的解释(一)", title):
            assert len(look_up([reading], f"{name}第三十一条", on=DAY)) == 1

    def test_knows_an_edition_by_the_number_our_cards_cite_it_under(self) -> None:
        title = "最高人民法院关于办理人身安全保护令案件适用法律若干问题的规定"
        order = replace(law(), title=title, issued=date(2022, 7, 14))
        assert len(look_up([order], "法释〔2022〕17号第三十一条", on=DAY)) == 1
        assert look_up([replace(order, issued=date(2019, 1, 1))], "法释〔2022〕17号第三十一条", on=DAY) == ()

    def test_knows_a_whole_text_by_its_number_however_that_is_written(self) -> None:
        for name in ("高司字〔2024〕6号", "高司字[2024]6号", "高司字(2024)6号", "实施方案"):
            assert [document.id for document in called([plan("一"), law()], name, on=DAY)] == ["高司字〔2024〕6号"]
        assert called([plan("一")], "高司字〔2024〕6号", on=DAY, region="640100") == ()

    def test_knows_a_law_by_its_common_name(self) -> None:
        (found,) = look_up([law(), plan("一")], "《援助法》第三十一条第三款", on=DAY)
        assert found.document.id == "援助法@2021-08-20"

    def test_knows_a_document_by_number_and_by_passage_id(self) -> None:
        for cited in ("高司字〔2024〕6号四(一)4", "高司字〔2024〕6号#四(一)4", "实施方案四(一)4"):
            (found,) = look_up([law(), plan("四(一)4")], cited, on=DAY)
            assert found.clauses[0].mark == "四(一)4"

    @pytest.mark.parametrize("cited", ["高司字〔2024〕6号结尾", "《实施方案》的结尾", "高司字〔2024〕6号#结尾"])
    def test_knows_the_closing_of_a_document_by_its_name(self, cited: str) -> None:
        (found,) = look_up([law(), plan("四(一)4", "结尾")], cited, on=DAY)
        assert found.clauses[0].mark == "结尾"

    def test_gives_the_version_of_the_day(self) -> None:
        older = replace(law(), id="older", issued=date(2003, 1, 1), effective_from=date(2003, 9, 1))
        versions = order_versions([older, law()])
        for day, version in ((date(2021, 12, 31), "older"), (date(2022, 1, 1), "援助法@2021-08-20")):
            assert [p.document.id for p in look_up(versions, "援助法第31条", on=day)] == [version]
        assert look_up(versions, "援助法第31条", on=date(2003, 8, 31)) == ()

    def test_does_not_give_one_place_the_rules_of_another(self) -> None:
        documents = [plan("一"), law()]
        assert look_up(documents, "实施方案一", on=DAY, region="640100") == ()
        assert len(look_up(documents, "实施方案一", on=DAY, region="140581")) == 1
        assert len(look_up(documents, "援助法第31条", on=DAY, region="640100")) == 1

    @pytest.mark.parametrize("cited", ["", "援助法", "第三十一条", "别的法第三十一条", "#", "援助法#"])
    def test_finds_nothing_where_nothing_is_named(self, cited: str) -> None:
        assert look_up([law()], cited, on=DAY) == ()
