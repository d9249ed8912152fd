"""Whoever has just cloned this can talk to it by Telegram, without an account."""

import os
import subprocess
import sys

import pytest

from tests.e2e.assistant import ROOT, Assistant

pytestmark = pytest.mark.e2e


class TestTelegram:
    def test_talks_to_the_running_app(self, assistant: Assistant) -> None:
        environment = {
            **os.environ,
            "PORT": str(assistant.port),
            "LEGAL_AID_VAR": str(assistant.var),
            **assistant.extra,
        }
        talk = subprocess.run(
            [sys.executable, "-m", "bot.sim.telegram"],
            input="老板拖了三个月工资\n:photo\n/human\n",
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert talk.returncode == 0, talk.stdout + talk.stderr
        said = talk.stdout
        assert "不是律师" in said
        assert "出处：" in said
        assert "照片收到了" in said
        assert "已经替您叫工作人员了" in said
        assert "页面" not in said
        assert "refused" not in said
