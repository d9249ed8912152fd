"""One run of the whole thing for every end-to-end test that does not break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.assistant import Assistant
from tests.services import free_port


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Start everything once; the simulator's platform listens where nobody else does."""
    platform = {"LEGAL_AID_TELEGRAM_BASE_URL": f"http://127.0.0.1:{free_port()}"}
    running = Assistant(var=Path(tmp_path_factory.mktemp("everything")) / "var", extra=platform)
    try:
        yield running.start().wait_until_ready()
    finally:
        running.end()
