"""One run of the whole thing for every end-to-end test that does not break it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.assistant import Assistant
from tests.e2e.sip_call import Programs
from tests.services import free_port


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Start everything once; the simulators' platforms listen where nobody else does, and so does the line of our own."""
    platforms = {f"LEGAL_AID_{each}_BASE_URL": f"http://127.0.0.1:{free_port()}" for each in ("TELEGRAM", "WECHAT")}
    folder = Path(tmp_path_factory.mktemp("everything"))
    line = Programs(folder / "line").settings()
    running = Assistant(var=folder / "var", extra={**platforms, **line})
    try:
        yield running.start().wait_until_ready()
    finally:
        running.end()
