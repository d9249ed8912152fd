"""What every test shares: skips are counted, and in CI a skip is a failure."""

import os
from typing import Any

import pytest

from tests import services


@pytest.fixture(scope="session")
def chromium() -> dict[str, Any]:
    """Return what Playwright's launch() needs here, or skip with the reason."""
    try:
        return services.chromium()
    except services.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def sipp() -> str:
    """Return the path of an independent SIP telephone, or skip with the reason."""
    return _program("sipp", package="sip-tester")


@pytest.fixture(scope="session")
def espeak() -> str:
    """Return the path of a program that speaks Mandarin without a model, or skip with the reason."""
    return _program("espeak-ng", package="espeak-ng")


def _program(name: str, *, package: str) -> str:
    try:
        return services.program(name, package=package)
    except services.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI run that left something out: a service that could not be had there is a broken CI, not a detail."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") == "true" and skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(
            f"{len(skipped)} skipped, and in CI nothing may be skipped; the reasons are above", red=True
        )
