"""One run of the whole thing for every end-to-end test that does not break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.assistant import Assistant
from tests.services import free_port


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Start everything once; the simulators' platforms listen where nobody else does."""
    platforms = {f"LEGAL_AID_{each}_BASE_URL": f"http://127.0.0.1:{free_port()}" for each in ("TELEGRAM", "WECHAT")}
    running = Assistant(var=Path(tmp_path_factory.mktemp("everything")) / "var", extra=platforms)
    try:
        yield running.start().wait_until_ready()
    finally:
        running.end()
