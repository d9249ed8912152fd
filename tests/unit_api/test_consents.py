"""What somebody consented to can be read again, word for word, for as long as the consent is kept."""

import hashlib
from pathlib import Path

import pytest
import yaml

from actions.intake_questions import CONSENT, CONSENT_VERSION, SENSITIVE
from api.services.consents import READ_ALOUD, own_text, text_of
from api.services.records import Consent, ConsentKind

ROOT = Path(__file__).parents[2]
KEPT = {
    ("handover", "2026-11"): "571c668b2a4a7aa9",
    ("contact", "2026-11"): "571c668b2a4a7aa9",
    ("sensitive", "2026-11"): "571c668b2a4a7aa9",
    ("handover", "2026-11.2"): "046deaf4d97ccc1d",
    ("contact", "2026-11.2"): "046deaf4d97ccc1d",
    ("sensitive", "2026-11.2"): "bdfa5c797bc25d05",
    ("handover", "2026-11.3"): "046deaf4d97ccc1d",
    ("contact", "2026-11.3"): "046deaf4d97ccc1d",
    ("sensitive", "2026-11.3"): "761bd5dcfd0077be",
    ("handover", "2026-11.call"): "83e56ca71c39a6c7",
    ("contact", "2026-11.call"): "1c85d8a51a8e3e97",
    ("sensitive", "2026-11.call"): "02b111966d927d9d",
    ("third_party", "2026-11.call"): "b76cdcf0eaf9c594",
    ("transfer", "2026-11.transfer"): "499859c84058bfa3",
}


class TestText:
    @pytest.mark.parametrize(("kind", "version", "digest"), [(*one, digest) for one, digest in KEPT.items()])
    def test_is_never_changed_once_it_was_shown(self, kind: str, version: str, digest: str) -> None:
        text = own_text(ConsentKind(kind), version)
        assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest, "word it anew under a new version"

    def test_of_every_version_is_held_here(self) -> None:
        kept = yaml.safe_load((ROOT / "api" / "services" / "consents.yml").read_text("utf-8"))
        assert {(kind, each["version"]) for each in kept for kind in each["kinds"]} == set(KEPT)

    def test_is_what_the_dialogue_asks_and_stores(self) -> None:
        assert CONSENT.text == text_of(Consent(kind=ConsentKind.HANDOVER, version=CONSENT_VERSION))
        assert SENSITIVE.text == text_of(Consent(kind=ConsentKind.SENSITIVE, version=CONSENT_VERSION))

    def test_is_there_for_everything_that_is_read_aloud(self) -> None:
        for kind in (ConsentKind.HANDOVER, ConsentKind.CONTACT, ConsentKind.SENSITIVE, ConsentKind.THIRD_PARTY):
            assert own_text(kind, READ_ALOUD).endswith("您同意吗？")

    def test_of_a_version_that_somebody_else_showed_is_unknown(self) -> None:
        assert text_of(Consent(kind=ConsentKind.HANDOVER, version="1")) is None
