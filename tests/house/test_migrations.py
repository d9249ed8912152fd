"""The migrations are one line: two made at once, each right by itself, would stop every database from coming up."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from api.db import migrations

pytestmark = pytest.mark.docs


def test_have_one_end_and_numbers_without_a_gap() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    numbers = sorted(script.revision for script in scripts.walk_revisions())
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
