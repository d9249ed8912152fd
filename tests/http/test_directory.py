"""The directory over HTTP: what is filed, what is missing, and what was asked wrongly."""

import pytest

from tests.http.world import World, problem

pytestmark = pytest.mark.http


class TestDirectory:
    async def test_gives_offices_and_names_what_is_missing(self, world: World) -> None:
        answer = await world.client.get("/api/v1/directory", params={"region": "231002", "kind": "mediation"})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "kind": "mediation",
            "at": "2026-11-20T12:00:00+08:00",
            "region": "231002",
            "offices": [
                {
                    "id": "office.one",
                    "name": "甲中心",
                    "kind": "mediation",
                    "region": "231000",
                    "source": "乙文件",
                    "checked": "unverified",
                    "missing": ["hours"],
                    "open": "unknown",
                }
            ],
            "numbers": [],
        }

    async def test_takes_a_moment_a_point_and_the_wish_for_an_open_door(self, world: World) -> None:
        asked = {"at": "2026-11-21T09:30", "near": "44.58,129.61"}
        near = (await world.client.get("/api/v1/directory", params=asked)).json()
        assert (near["at"], near["kind"]) == ("2026-11-21T09:30:00+08:00", "legal_aid")
        assert near["offices"][0]["kilometres"] == 0.5
        shut = (await world.client.get("/api/v1/directory", params={"open_now": "true"})).json()
        assert shut["offices"] == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"region": "999999"}, "region"),
            ({"region": "牡丹江"}, "region"),
            ({"kind": "bank"}, "kind"),
            ({"near": "129.61"}, "near"),
            ({"at": "soon"}, "at"),
            ({"open_now": "perhaps"}, "open_now"),
        ],
    )
    async def test_refuses_what_it_cannot_read(self, world: World, query: dict[str, str], field: str) -> None:
        answer = await world.client.get("/api/v1/directory", params=query)
        assert problem(answer, 422, answer.json()["code"])["field"] == field
