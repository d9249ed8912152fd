"""The texts that consents were given to, every version ever shown (同意书文本).

Personal Information Protection Law arts 14 and 17: a consent holds for what was told, so what was told is kept with it.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

import yaml

from api.services.records import Consent, ConsentKind

SHOWN: Final = "2026-11.3"
"""The version that the assistant asks with now."""
READ_ALOUD: Final = "2026-11.call"
"""The version that staff read out on a call."""
TRANSFER_READ: Final = "2026-11.transfer"
"""The version that staff read out before an application goes to another institution."""


def text_of(consent: Consent, /) -> str | None:
    """Return the words a consent was given to; None for a version that somebody else showed and named."""
    return _texts().get((consent.kind, consent.version))


def own_text(kind: ConsentKind, version: str, /) -> str:
    """Return one of our own texts. Raises KeyError."""
    return _texts()[kind, version]


@lru_cache(maxsize=1)
def _texts() -> Mapping[tuple[ConsentKind, str], str]:
    kept = yaml.safe_load(files("api").joinpath("services", "consents.yml").read_text("utf-8"))
    return {(ConsentKind(kind), str(each["version"])): str(each["text"]) for each in kept for kind in each["kinds"]}
