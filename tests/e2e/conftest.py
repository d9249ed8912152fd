"""One run of the whole thing for every end-to-end test that does not break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.assistant import Assistant


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Start everything once."""
    running = Assistant(var=Path(tmp_path_factory.mktemp("everything")) / "var")
    try:
        yield running.start().wait_until_ready()
    finally:
        running.end()
