"""A folder is gone through to its end, whatever lies in it, and nothing of it is passed over in silence."""

import json
import os
from pathlib import Path

import pytest

from knowledge_base.ingest import files
from knowledge_base.ingest.parsed import Locate
from knowledge_base.ingest.store import FileOutcome, FileReport, ingest, load_documents
from tests.knowledge.homes import LAW, PLAN

pytestmark = pytest.mark.unit


class TestAFolder:
    def take(self, folder: Path, home: Path, locate: Locate) -> dict[str, FileReport]:
        return {Path(r.file).name: r for r in ingest([folder], home=home, locate=locate)}

    def test_is_not_left_by_links(self, tmp_path: Path, locate: Locate) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret.txt").write_text(PLAN, "utf-8")
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "good.txt").write_text(PLAN, "utf-8")
        (folder / "inside.txt").symlink_to("good.txt")
        (folder / "link.txt").symlink_to(outside / "secret.txt")
        (folder / "links").symlink_to(outside)
        (folder / "loop").symlink_to(folder)
        (folder / "nowhere.txt").symlink_to("gone.txt")
        (folder / "ring1.txt").symlink_to("ring2.txt")
        (folder / "ring2.txt").symlink_to("ring1.txt")
        reports = self.take(folder, tmp_path / "home", locate)
        assert reports["good.txt"].outcome is FileOutcome.ADDED
        assert reports["inside.txt"].outcome is FileOutcome.UNCHANGED
        assert "文件夹以外" in (reports["link.txt"].reason or "")
        assert "通向文件夹" in (reports["links"].reason or "")
        assert "通向文件夹" in (reports["loop"].reason or "")
        assert "读不出来" in (reports["nowhere.txt"].reason or "")
        assert [reports[name].reason for name in ("ring1.txt", "ring2.txt")] == ["是绕回自己的链接"] * 2
        assert len(reports) == 8

    @pytest.mark.parametrize(
        "name", ["..txt", "。。。.md", "a%2e%2e%2fb.txt", "很长" * 40 + ".txt", "x\n\x1b[2J.txt", 'CON<>"|.txt']
    )
    def test_with_a_tricky_name_writes_only_into_the_home(self, name: str, tmp_path: Path, locate: Locate) -> None:
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / name).write_text(PLAN, "utf-8")
        (report,) = ingest([folder / name], home=tmp_path / "home", locate=locate)
        assert report.outcome is FileOutcome.ADDED
        assert "\x1b" not in report.file
        assert "\n" not in report.file
        assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "in"]
        assert [p.name for p in (tmp_path / "home" / "sources").iterdir()] == ["高司字〔2024〕6号.jsonl"]

    def test_with_a_title_that_is_a_path_stays_in_the_home(self, tmp_path: Path, locate: Locate) -> None:
        line = {"id": "1", "title": "../../../etc/甲", "clause": "第一条", "text": "乙"}
        line["region"] = "CN"
        (tmp_path / "..jsonl").write_text(json.dumps(line), "utf-8")
        (tmp_path / "a.md").write_text(LAW.replace("中华人民共和国援助法", "../../etc/甲/乙法"), "utf-8")
        home = tmp_path / "deep" / "home"
        reports = ingest([tmp_path / "..jsonl", tmp_path / "a.md"], home=home, locate=locate)
        assert [r.outcome for r in reports] == [FileOutcome.ADDED] * 2
        assert {p.parent for p in tmp_path.rglob("*.jsonl")} == {tmp_path, home / "sources"}
        assert len(load_documents(home)) == 2

    def test_names_what_is_no_plain_file_instead_of_waiting_for_it(self, tmp_path: Path, locate: Locate) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        (report,) = ingest([tmp_path / "pipe.txt"], home=tmp_path / "home", locate=locate)
        assert report.reason == "不是普通文件"

    @pytest.mark.parametrize(
        ("name", "remedy"),
        [
            ("a.doc", "另存为 .docx"),
            ("a.WPS", "另存为 .docx"),
            ("a.ofd", "导出成文字能选中的 .pdf"),
            ("a.jpg", "文字识别"),
            ("a.zip", "先解开"),
            ("a.xlsx", "另存为 .docx 或 .txt"),
            ("a.mht", "另存为 .html"),
            ("a.xyz", "请用其中一种"),
            ("a", "请用其中一种"),
        ],
    )
    def test_says_what_to_do_with_a_file_of_another_kind(
        self, name: str, remedy: str, tmp_path: Path, locate: Locate
    ) -> None:
        (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old Word file")
        (report,) = ingest([tmp_path / name], home=tmp_path / "home", locate=locate)
        assert remedy in (report.reason or "")

    def test_names_two_texts_that_claim_to_be_one_without_steering_a_terminal(
        self, tmp_path: Path, locate: Locate
    ) -> None:
        (tmp_path / "a\x1b[2J\n.txt").write_text(PLAN, "utf-8")
        (tmp_path / "b.txt").write_text(PLAN.replace("每周三", "每周五"), "utf-8")
        _, second = ingest([tmp_path], home=tmp_path.parent / "home", locate=locate)
        assert second.reason == "自称和 a[2J\\n.txt 是同一份文件，内容却不一样"

    def test_passes_over_hidden_files_and_locks_only(self, tmp_path: Path, locate: Locate) -> None:
        for name in (".DS_Store", "~$plan.docx", "plan.txt", "old.doc", "scan.jpg"):
            (tmp_path / name).write_text(PLAN, "utf-8")
        reports = self.take(tmp_path, tmp_path / "home", locate)
        assert {name: r.outcome for name, r in reports.items()} == {
            "plan.txt": FileOutcome.ADDED,
            "old.doc": FileOutcome.REFUSED,
            "scan.jpg": FileOutcome.REFUSED,
        }

    def test_with_a_huge_file_goes_on(self, tmp_path: Path, locate: Locate) -> None:
        with (tmp_path / "huge.txt").open("wb") as file:
            file.truncate(files.MAX_PAPER_BYTES + 1)
        (tmp_path / "plan.txt").write_text(PLAN, "utf-8")
        reports = self.take(tmp_path, tmp_path / "home", locate)
        assert reports["huge.txt"].reason == "超过 64 MiB"
        assert reports["plan.txt"].outcome is FileOutcome.ADDED
