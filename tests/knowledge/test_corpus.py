"""What a text is worth on a given day, and for which place."""

from dataclasses import replace
from datetime import date

import pytest

from knowledge_base.corpus import (
    Clause,
    Document,
    DocumentKind,
    Verified,
    apply_repeals,
    citation,
    cite,
    in_time,
    order_versions,
    passage,
    place_chain,
    plain_title,
)
from knowledge_base.types import NATION, Standing

pytestmark = pytest.mark.unit


def statute(title: str = "中华人民共和国某某法", issued: date = date(2012, 6, 1), **more: object) -> Document:
    fields = {"effective_from": issued, **more}
    return Document(
        id=f"{title}@{issued}",
        title=title,
        kind=DocumentKind.STATUTE,
        clauses=(),
        issued=issued,
        **fields,  # type: ignore[arg-type]
    )


def policy(issued: date, **more: object) -> Document:
    return Document(
        id="p",
        title="意见",
        kind=DocumentKind.POLICY,
        clauses=(),
        issued=issued,
        effective_from=issued,
        **more,  # type: ignore[arg-type]
    )


class TestStanding:
    def test_of_a_plan_ends_with_its_last_day(self) -> None:
        plan = policy(date(2024, 4, 30), plan_end=date(2024, 12, 31))
        assert plan.standing(date(2024, 12, 31)) is Standing.IN_FORCE
        assert plan.standing(date(2025, 1, 1)) is Standing.PLAN_ENDED

    def test_of_an_ended_plan_is_not_saved_by_what_the_page_says(self) -> None:
        plan = policy(date(2018, 3, 1), plan_end=date(2018, 12, 31), stated_valid=True)
        assert plan.standing(date(2026, 11, 21)) is Standing.PLAN_ENDED

    def test_of_an_opinion_without_an_end_is_unknown_and_later_historical(self) -> None:
        opinion = policy(date(2017, 8, 28))
        assert opinion.standing(date(2026, 11, 21)) is Standing.UNKNOWN
        assert opinion.standing(date(2027, 1, 1)) is Standing.HISTORICAL

    def test_of_a_statute_is_unknown_before_it_takes_effect(self) -> None:
        law = statute(effective_from=date(2013, 1, 1))
        assert law.standing(date(2012, 12, 31)) is Standing.UNKNOWN
        assert law.standing(date(2013, 1, 1)) is Standing.IN_FORCE

    def test_of_a_plan_is_unknown_before_it_was_written(self) -> None:
        plan = policy(date(2024, 4, 30), plan_end=date(2024, 12, 31), stated_valid=True)
        assert plan.standing(date(2024, 4, 29)) is Standing.UNKNOWN
        assert not plan.applies(date(2024, 4, 29))
        assert plan.standing(date(2024, 4, 30)) is Standing.IN_FORCE

    def test_of_a_statute_that_does_not_say_since_when_is_unknown_until_it_must_have_begun(self) -> None:
        law = statute(issued=date(2022, 6, 1), effective_assumed=True)
        assert law.standing(date(2022, 6, 1)) is Standing.UNKNOWN
        assert law.standing(date(2023, 6, 1)) is Standing.UNKNOWN
        assert law.standing(date(2023, 6, 2)) is Standing.IN_FORCE
        assert law.applies(date(2022, 6, 1))

    def test_is_in_every_passage_and_citation(self) -> None:
        plan = replace(
            policy(date(2024, 4, 30), plan_end=date(2024, 12, 31)), clauses=(Clause(mark="一", text="甲。"),)
        )
        for day, standing in ((date(2024, 12, 31), Standing.IN_FORCE), (date(2025, 1, 1), Standing.PLAN_ENDED)):
            assert passage(plan, plan.clauses[0], on=day).citation.standing is standing
            assert citation(plan, plan.clauses[0], on=day).standing is standing


class TestVerified:
    SAID = Verified(standing=Standing.IN_FORCE, on=date(2026, 10, 1), by="高平市司法局")

    def test_decides_what_nobody_could_know_from_the_text(self) -> None:
        notice = policy(date(2026, 9, 10), verified=self.SAID)
        assert policy(date(2026, 9, 10)).standing(date(2026, 11, 22)) is Standing.UNKNOWN
        assert notice.standing(date(2026, 11, 22)) is Standing.IN_FORCE
        assert notice.standing(date(2026, 9, 9)) is Standing.UNKNOWN
        cited = citation(notice, Clause(mark="一", text="甲。"), on=date(2026, 11, 22))
        assert (cited.verified_on, cited.verified_by) == (date(2026, 10, 1), "高平市司法局")

    def test_does_not_outlive_the_text(self) -> None:
        ended = policy(date(2024, 4, 30), plan_end=date(2026, 12, 31), verified=self.SAID)
        replaced = statute(superseded_from=date(2027, 1, 1), verified=self.SAID)
        for text, standing in ((ended, Standing.PLAN_ENDED), (replaced, Standing.SUPERSEDED)):
            assert text.standing(date(2026, 12, 31)) is Standing.IN_FORCE
            assert text.standing(date(2027, 1, 1)) is standing
            assert citation(text, Clause(mark="一", text="甲。"), on=date(2027, 1, 1)).verified_on is None

    @pytest.mark.parametrize(
        ("doubted", "standing"), [(date(2026, 10, 2), Standing.UNKNOWN), (date(2026, 10, 1), Standing.IN_FORCE)]
    )
    def test_answers_doubts_from_before_and_none_from_after(self, doubted: date, standing: Standing) -> None:
        law = statute(doubtful_from=doubted, verified=self.SAID)
        assert law.standing(date(2026, 11, 22)) is standing

    def test_makes_an_old_policy_count_for_as_long_as_a_new_one(self) -> None:
        opinion = policy(date(2004, 12, 20), verified=self.SAID)
        assert opinion.standing(date(2035, 12, 31)) is Standing.IN_FORCE
        assert opinion.standing(date(2036, 1, 1)) is Standing.HISTORICAL

    def test_says_nothing_of_days_before_it_where_the_first_day_is_only_assumed(self) -> None:
        law = statute(issued=date(2026, 9, 1), effective_assumed=True, verified=self.SAID)
        assert law.standing(date(2026, 9, 30)) is Standing.UNKNOWN
        assert law.standing(date(2026, 10, 1)) is Standing.IN_FORCE


class TestRepeals:
    LAST = Clause(
        mark="第九条", text="本办法自2024年3月1日起施行。2019年印发的《旧办法》、《中华人民共和国老条例》同时废止。"
    )

    def newer(self, **more: object) -> Document:
        return replace(
            statute("新办法", date(2024, 2, 1), effective_from=date(2024, 3, 1)), clauses=(self.LAST,), **more
        )

    def test_in_so_many_words_end_what_they_name(self) -> None:
        named = [statute("旧办法", date(2019, 5, 1)), statute("中华人民共和国老条例", date(2003, 5, 1))]
        for old in apply_repeals([self.newer(), *named])[1:]:
            assert old.standing(date(2024, 2, 29)) is Standing.IN_FORCE
            assert old.standing(date(2024, 3, 1)) is Standing.SUPERSEDED
            assert not old.applies(date(2024, 3, 1))

    def test_end_nothing_else(self) -> None:
        kept = [statute("别的办法", date(2019, 5, 1)), statute("旧办法", date(2025, 1, 1))]
        assert apply_repeals([self.newer(), *kept])[1:] == tuple(kept)

    def test_of_one_place_do_not_reach_another(self) -> None:
        old = statute("旧办法", date(2019, 5, 1), region="640100")
        assert apply_repeals([self.newer(region="231000"), old])[1].superseded_from is None
        assert apply_repeals([self.newer(region="640000"), old])[1].superseded_from == date(2024, 3, 1)

    def test_that_are_spoken_of_further_up_are_not_repeals(self) -> None:
        talk = Clause(mark="第一条", text="《旧办法》同时废止。")
        text = replace(self.newer(), clauses=(talk, *(Clause(mark=f"第{n}条", text="甲。") for n in "二三四")))
        assert apply_repeals([text, statute("旧办法", date(2019, 5, 1))])[1].superseded_from is None


class TestVersions:
    def test_the_older_is_superseded_on_the_day_the_newer_takes_effect(self) -> None:
        older, newer = order_versions(
            [statute(issued=date(2022, 10, 30), effective_from=date(2023, 1, 1)), statute(issued=date(2018, 10, 26))]
        )
        assert older.superseded_from == date(2023, 1, 1)
        assert older.applies(date(2022, 12, 31))
        assert not older.applies(date(2023, 1, 1))
        assert newer.superseded_from is None
        assert not newer.applies(date(2022, 12, 31))

    def test_books_of_one_code_replace_nothing(self) -> None:
        books = [statute(issued=date(2020, 5, 28)), statute(issued=date(2020, 5, 28))]
        assert all(book.superseded_from is None for book in order_versions(books))

    def test_a_repeal_we_know_of_is_applied(self) -> None:
        old = statute("最高人民法院关于审理劳动争议案件适用法律若干问题的解释（三）", date(2010, 9, 13))
        assert in_time([old])[0].standing(date(2026, 1, 1)) is Standing.SUPERSEDED

    def test_an_amended_edition_holds_from_the_day_its_amendment_names(self) -> None:
        title = "中华人民共和国民事诉讼法"
        silent = [statute(title, day, effective_assumed=True) for day in (date(2021, 12, 24), date(2023, 9, 1))]
        older, newer = in_time(silent)
        assert older.applies(date(2023, 12, 31))
        assert not newer.applies(date(2023, 12, 31))
        assert older.standing(date(2023, 10, 15)) is Standing.IN_FORCE
        assert newer.standing(date(2023, 10, 15)) is Standing.UNKNOWN
        assert older.standing(date(2024, 1, 1)) is Standing.SUPERSEDED
        assert newer.standing(date(2024, 1, 1)) is Standing.IN_FORCE

    def test_a_day_that_the_text_itself_names_is_not_overruled(self) -> None:
        said = statute("中华人民共和国民事诉讼法", date(2023, 9, 1), effective_from=date(2023, 12, 1))
        assert in_time([said])[0].effective_from == date(2023, 12, 1)

    def test_a_revision_we_only_heard_of_leaves_doubt_from_its_day_on(self) -> None:
        old = in_time([statute("中华人民共和国仲裁法", date(2017, 9, 1))])[0]
        assert old.standing(date(2026, 2, 28)) is Standing.IN_FORCE
        assert old.standing(date(2026, 3, 1)) is Standing.UNKNOWN
        assert old.applies(date(2026, 3, 1))

    def test_an_article_that_was_changed_is_doubtful_while_the_others_hold(self) -> None:
        (text,) = in_time([statute("最高人民法院关于审理劳动争议案件适用法律问题的解释（一）", date(2020, 12, 29))])
        before, after = date(2025, 8, 31), date(2025, 9, 1)
        for mark in ("第三十二条", "第三十二条第一款"):
            assert cite(text, mark, on=before, source_id="x").standing is Standing.IN_FORCE
            assert cite(text, mark, on=after, source_id="x").standing is Standing.UNKNOWN
        for mark in ("第十五条", "第三十二条之一"):
            assert cite(text, mark, on=after, source_id="x").standing is Standing.IN_FORCE
        looked_up = replace(text, verified=Verified(standing=Standing.IN_FORCE, on=date(2026, 1, 5), by="某某市司法局"))
        assert cite(looked_up, "第三十二条", on=date(2026, 2, 1), source_id="x").standing is Standing.IN_FORCE

    @pytest.mark.parametrize("days", [(date(2021, 1, 1), date(2025, 9, 1)), (date(2025, 9, 1), date(2021, 1, 1))])
    def test_an_article_that_changed_twice_is_doubtful_after_each(self, days: tuple[date, date]) -> None:
        text = statute()
        for day in days:
            text = text.doubting("第五条", day).doubting("第五条", day)
        assert text.standing_of("第五条", date(2023, 1, 1)) is Standing.UNKNOWN
        looked_up = replace(text, verified=Verified(standing=Standing.IN_FORCE, on=date(2022, 1, 5), by="某某市司法局"))
        then, now = (cite(looked_up, "第五条", on=day, source_id="x") for day in (date(2023, 1, 1), date(2026, 1, 1)))
        assert (then.standing, then.verified_by) == (Standing.IN_FORCE, "某某市司法局")
        assert (now.standing, now.verified_by) == (Standing.UNKNOWN, None)
        assert cite(looked_up, "第六条", on=date(2026, 1, 1), source_id="x").verified_by == "某某市司法局"


class TestPlaces:
    def test_a_county_sees_its_city_its_province_and_the_nation(self) -> None:
        assert place_chain("140581") == ("140581", "140500", "140000", NATION)

    def test_a_province_is_not_named_twice(self) -> None:
        assert place_chain("230000") == ("230000", NATION)

    @pytest.mark.parametrize("region", [None, NATION, "12"])
    def test_without_a_place_only_the_nation_speaks(self, region: str | None) -> None:
        assert place_chain(region) == (NATION,)


def test_titles_are_compared_as_people_cite_them() -> None:
    assert plain_title("《中华人民共和国法律援助法》") == "法律援助法"
