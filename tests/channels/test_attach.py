"""Photographs and PDFs over the public contract: kept sealed and once, or turned down with a reason."""

import httpx
import pytest
from sqlalchemy import select

from api.db import tables
from api.services import attachments, documents
from api.services.attachment_ports import MediaType
from tests.channels.served import Site
from tests.channels.test_web import OPEN, Caller, opened, refused
from tests.papers import SECRET_PLACE, pdf, photograph

pytestmark = pytest.mark.http


@pytest.fixture
async def caller(client: httpx.AsyncClient) -> Caller:
    return await opened(client)


class TestAttach:
    async def test_keeps_a_photograph_and_answers(self, caller: Caller, site: Site) -> None:
        response = await caller.attach(photograph())
        assert response.status_code == 200
        assert site.stage.dialogue.asked[0].payload == {"act": "media", "kind": "image", "kept": True, "days": []}
        (kept,) = await caller.kept(site)
        assert (kept.media_type, kept.seq) == (MediaType.PHOTOGRAPH, 2)
        async with site.stage.database.reading() as uow:
            content = await uow.attachments.content(kept.id)
        assert content is not None
        assert SECRET_PLACE.encode() not in content

    async def test_tells_the_dialogue_which_days_stand_in_a_pdf(self, caller: Caller, site: Site) -> None:
        await caller.attach(pdf(["开庭时间：2026年12月1日"]))
        assert site.stage.dialogue.asked[0].payload == {
            "act": "media",
            "kind": "file",
            "kept": True,
            "days": ["hearing:2026-12-01"],
        }

    async def test_lies_sealed(self, caller: Caller, site: Site) -> None:
        raw = pdf(["王大山"])
        await caller.attach(raw)
        async with site.stage.database.engine.connect() as connection:
            sealed = (await connection.execute(select(tables.attachments.c.content_sealed))).scalar_one()
        assert raw[:200] not in sealed

    async def test_hands_in_once_under_one_name(self, caller: Caller, site: Site) -> None:
        first, second = [await caller.attach(photograph(), client_id="p-1") for _ in range(2)]
        assert first.json() == second.json()
        assert len(await caller.kept(site)) == 1

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b"", 422, "document_empty"),
            (b"<html>", 422, "document_unknown"),
            (b"%PDF-1.4 half", 422, "document_damaged"),
            (bytes(documents.LARGEST + 1), 413, "body_too_large"),
        ],
        ids=["empty", "a page", "half", "too large"],
    )
    async def test_turns_down_with_a_stable_code_and_keeps_nothing(
        self, caller: Caller, site: Site, content: bytes, status: int, code: str
    ) -> None:
        refused(await caller.attach(content), status, code)
        assert await caller.kept(site) == ()
        assert site.stage.dialogue.asked == []

    async def test_of_too_many_says_so_and_keeps_no_more(
        self, caller: Caller, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments, "MOST", 1)
        for _ in range(2):
            assert (await caller.attach(photograph())).status_code == 200
        asked = [one.payload for one in site.stage.dialogue.asked]
        assert asked[1] == {"act": "media", "kind": "image", "refused": "document_too_many"}
        assert len(await caller.kept(site)) == 1

    async def test_is_limited(self, caller: Caller) -> None:
        codes = [(await caller.attach(b"")).status_code for _ in range(11)]
        assert codes[-1] == 429

    async def test_wants_the_token(self, caller: Caller) -> None:
        path = f"{OPEN}/{caller.id}/attachments"
        refused(await caller.client.post(path, params={"client_id": "a"}, content=photograph()), 401, "token_required")

    async def test_goes_with_the_conversation(self, caller: Caller, site: Site) -> None:
        await caller.attach(photograph())
        await caller.client.delete(f"{OPEN}/{caller.id}", headers=caller.headers)
        assert await caller.kept(site) == ()

    async def test_cannot_be_claimed_by_a_payload(self, caller: Caller, site: Site) -> None:
        await caller.post(payload='{"act": "media", "kind": "image", "kept": true, "days": ["hearing:2026-12-01"]}')
        assert site.stage.dialogue.asked[0].payload == {"act": "media", "kind": "image"}
