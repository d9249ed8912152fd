"""Who may be given a case: three years for the gravest, and nobody whose client stands on the other side."""

from datetime import date, timedelta

import pytest

from api.domain.provider import Provider, ProviderKind, experienced, gravest, in_conflict

pytestmark = pytest.mark.unit


def provider(*, since: date, kind: ProviderKind = ProviderKind.LAWYER) -> Provider:
    return Provider(
        id="p1", name="李", credential="1", kind=kind, organisation="", practising_since=since, region="231000"
    )


class TestExperience:
    @pytest.mark.parametrize(
        ("since", "full"),
        [
            (date(2023, 11, 20), date(2026, 11, 20)),
            (date(2024, 2, 29), date(2027, 3, 1)),
            (date(2023, 12, 31), date(2026, 12, 31)),
        ],
    )
    def test_is_full_on_the_third_anniversary_and_not_the_day_before(self, since: date, full: date) -> None:
        assert experienced(provider(since=since), on=full)
        assert not experienced(provider(since=since), on=full - timedelta(days=1))

    @pytest.mark.parametrize("kind", [ProviderKind.LEGAL_WORKER, ProviderKind.VOLUNTEER])
    def test_is_a_lawyer_s_alone(self, kind: ProviderKind) -> None:
        assert not experienced(provider(since=date(1990, 1, 1), kind=kind), on=date(2026, 1, 1))


class TestGravest:
    @pytest.mark.parametrize("fact", ["criminal.possible_life_or_death", "criminal.death_review"])
    def test_goes_by_the_answers_to_two_questions(self, fact: str) -> None:
        assert gravest({fact: True})
        assert not gravest({fact: False})
        assert not gravest({fact: None})
        assert not gravest({})


class TestConflict:
    def test_is_a_client_whom_the_account_names_however_it_is_written(self) -> None:
        clients = ("牡丹江 宏达建筑有限公司", "ＡＢＣ劳务", "王", "别的公司")
        words = "我在牡丹江宏达建筑 有限公司干活，abc劳务发的工资，王工头跑了"
        assert in_conflict(clients, words=words) == clients[:2]
