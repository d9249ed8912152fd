"""What the pages do with a case, other tools of the institution do over JSON: by the same rules, with the same refusals."""

import pytest

from api.domain.application import State
from api.domain.staff import Role
from tests.console.office import TheOffice
from tests.console.test_merging import stored, two
from tests.console.test_ringing import wished
from tests.console.test_staff_api import API, client
from tests.http.world import problem

pytestmark = pytest.mark.http


class TestMerge:
    async def test_goes_on_under_the_earlier(self, office: TheOffice) -> None:
        first, second = await two(office)
        http = await client(office, Role.REVIEWER)
        answer = await http.post(f"{API}/applications/{second}/merge", json={"into": first})
        assert answer.status_code == 200
        assert (answer.json()["reference"], answer.json()["state"]) == (first, "submitted")
        assert (await stored(office, second)).application.state is State.MERGED

    async def test_is_refused_the_other_way_and_on_a_stale_page(self, office: TheOffice) -> None:
        first, second = await two(office)
        http = await client(office, Role.REVIEWER)
        path = f"{API}/applications/{{}}/merge"
        problem(await http.post(path.format(first), json={"into": second}), 409, "merge_unfit")
        problem(await http.post(path.format(second), json={"into": first, "version": 99}), 409, "version_conflict")
        assert (await stored(office, second)).application.state is State.SUBMITTED


class TestOpponents:
    async def test_stand_in_place_of_whoever_stood_there(self, office: TheOffice) -> None:
        reference = await office.application(opponents=("宏达公司",))
        http = await client(office, Role.OPERATOR)
        path = f"{API}/applications/{reference}"
        put = await http.put(f"{path}/opponents", json={"opponents": ["赵铁柱", "钱富贵"]})
        assert put.status_code == 204
        assert (await http.get(path)).json()["opponents"] == ["赵**", "钱**"]
        (line,) = await office.audit("application.opponents_named")
        assert line["count"] == 2

    @pytest.mark.parametrize("given", [["甲"], [f"公司{number}号" for number in range(6)], ["！！"]])
    async def test_are_refused_where_nothing_could_be_found_by_them(self, office: TheOffice, given: list[str]) -> None:
        reference = await office.application(opponents=("宏达公司",))
        http = await client(office, Role.OPERATOR)
        path = f"{API}/applications/{reference}"
        problem(await http.put(f"{path}/opponents", json={"opponents": given}), 422, "opponent_unusable")
        assert (await http.get(path)).json()["opponents"] == ["宏***"]


class TestPersonalData:
    async def test_is_put_right_and_copied_out(self, office: TheOffice) -> None:
        reference = await office.application()
        http = await client(office, Role.MANAGER)
        path = f"{API}/applications/{reference}/personal"
        sent = {"name": "王大川", "statement": "我五十三岁。", "identity": "rang_back"}
        assert (await http.post(path, json=sent)).json()["reference"] == reference
        copied = (await http.post(f"{path}/copy", json={"identity": "in_person"})).json()
        assert copied["contact"] == {"name": "王大川", "phone": "13812345678"}
        assert copied["statements"] == ["我五十三岁。"]
        (line,) = await office.audit("application.data_copied")
        assert line["identity"] == "in_person"

    async def test_is_touched_by_nobody_who_is_not_sure_of_the_person(self, office: TheOffice) -> None:
        reference = await office.application()
        http = await client(office, Role.MANAGER)
        path = f"{API}/applications/{reference}/personal"
        problem(await http.post(path, json={"name": "王大川"}), 422, "field_required")
        problem(await http.post(f"{path}/copy", json={"identity": "sounded_right"}), 422, "field_invalid")

    @pytest.mark.parametrize(
        ("sent", "code"),
        [({}, "data_unchanged"), ({"phone": "12"}, "phone_malformed"), ({"name": "王" * 61}, "data_unusable")],
    )
    async def test_that_cannot_be_put_right_says_why_and_stays(
        self, office: TheOffice, sent: dict[str, str], code: str
    ) -> None:
        reference = await office.application()
        http = await client(office, Role.MANAGER)
        path = f"{API}/applications/{reference}/personal"
        problem(await http.post(path, json={"identity": "in_person", **sent}), 422, code)
        assert await office.audit("application.data_corrected") == []


class TestCallBacks:
    async def test_are_found_booked_and_rung(self, office: TheOffice) -> None:
        page, ticket = await wished(office)
        http = await client(office, Role.OPERATOR)
        thread = f"{API}/conversations/{page.rpartition('/')[2]}"
        (waiting,) = (await http.get(thread)).json()["call_backs"]
        assert (waiting["id"], waiting["tried"], waiting["slot"]) == (ticket, [], None)
        slot = (await http.get(f"{API}/slots")).json()["items"][-1]["slot"]
        booked = (await http.post(f"{API}/call-backs/{ticket}/slot", json={"slot": slot})).json()
        assert (booked["slot"], booked["told"]) == (slot, True)
        attempts = f"{API}/call-backs/{ticket}/attempts"
        again = (await http.post(attempts, json={"outcome": "engaged"})).json()
        assert (again["tried"], again["closed_at"]) == (["engaged"], None)
        assert again["next_at"] is not None
        done = (await http.post(attempts, json={"outcome": "reached"})).json()
        assert (done["tried"], done["outcome"]) == (["engaged", "reached"], "reached")
        problem(await http.post(attempts, json={"outcome": "reached"}), 404, "ticket_not_found")
        assert (await http.get(thread)).json()["call_backs"] == []

    async def test_go_into_no_half_day_that_is_full(self, office: TheOffice) -> None:
        page, ticket = await wished(office)
        manager = await client(office, Role.MANAGER)
        region = (await manager.get(f"{API}/conversations/{page.rpartition('/')[2]}")).json()["region"] or "231000"
        for half in ("am", "pm"):
            sent = {"region": region, "half": half, "capacity": 0}
            assert (await manager.put(f"{API}/slots", json=sent)).status_code == 204
        items = (await manager.get(f"{API}/slots", params={"region": region})).json()["items"]
        assert {one["left"] for one in items} == {0}
        full = await manager.post(f"{API}/call-backs/{ticket}/slot", json={"slot": items[0]["slot"]})
        problem(full, 409, "slot_full")

    async def test_are_of_regions_that_there_are_and_of_ones_own(self, bare_office: TheOffice) -> None:
        bare_office.regions = {Role.OPERATOR: ("231000",)}
        await bare_office.hire()
        http = await client(bare_office, Role.OPERATOR)
        assert (await http.get(f"{API}/slots", params={"region": "231000"})).status_code == 200
        problem(await http.get(f"{API}/slots", params={"region": "140581"}), 422, "region_unknown")
