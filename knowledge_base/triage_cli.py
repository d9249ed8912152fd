"""Commands for triage: one message, many messages, the training, and an office's own past tickets."""

import argparse
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from knowledge_base.danger import DangerGate, DangerUnreadable
from knowledge_base.embedding import DEFAULT_SPEC, Embedder, ModelUnavailable, load_embedder
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.terminal import say, warn
from knowledge_base.tickets import Columns, TicketsUnreadable, read_tickets
from knowledge_base.triage import Classifier, TriageUnavailable
from knowledge_base.triage_learned import LEARNED, note_of, sources, taken
from knowledge_base.triage_replay import DANGER_WORDS, Categories, MappingInvalid, lines, replay
from knowledge_base.triage_scores import scores, table
from knowledge_base.triage_training import Embed, UtterancesInvalid, train
from knowledge_base.types import Triage

DEFAULT_HOME: Final = Path("var") / "knowledge"
UTTERANCES: Final = Path(__file__).parent.parent / "nlu_data" / "triage"
_CHINA: Final = ZoneInfo("Asia/Shanghai")
_OK, _FAILED, _BAD_INPUT = 0, 1, 2


class LinesUnreadable(ValueError):
    """The file to be labelled is not one JSON object with a text a line."""

    code = "lines_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything one message needs: classifier, safety gate, place names, and the embedding model where there is one."""

    classifier: Classifier
    safety: DangerGate
    regions: Regions
    embedder: Embedder | None
    on: date | None = None

    def triage(self, text: str, /) -> Triage:
        """Return what a message is about and what danger it speaks of."""
        read = self.embedder.read(text) if self.embedder else None
        danger = self.safety.check(text, heard=read.heard if read else None)
        found = self.classifier.classify(text, vector=read.meaning if read else None, safety=danger, on=self.on)
        place = self.regions.find_in(text)
        return replace(found, region=place.code if place else None)


def model_file(home: Path, /) -> Path:
    """Return where the trained model is kept: with the other models, beside the knowledge base's home."""
    return home.parent / "models" / "triage.npz"


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `triage`."""
    command = subparsers.add_parser("triage", help="say what a message is about", description=__doc__)
    command.add_argument("text", nargs="?", help="a message, or one of: train, replay")
    command.add_argument("tickets", nargs="?", type=Path, help="replay: a table of past tickets, CSV with a header")
    command.add_argument("--file", type=Path, help="one JSON a line, each with a text")
    command.add_argument("--out", type=Path, help="where the labels go, one JSON a line; default the terminal")
    command.add_argument("--home", type=Path, default=DEFAULT_HOME, help=f"default {DEFAULT_HOME}")
    command.add_argument("--model", default=DEFAULT_SPEC, help=f"embedding model, default {DEFAULT_SPEC}")
    command.add_argument("--keep", action="store_true", help="with train: learn anew, and keep it for the repository")
    command.add_argument("--words-only", action="store_true", help="do without the embedding model")
    command.add_argument("--utterances", type=Path, default=UTTERANCES, help="folder of training utterances")
    command.add_argument("--on", type=date.fromisoformat, help="the day that «yesterday» leans on, default today")
    command.add_argument("--json", action="store_true", help="print JSON")
    tickets = command.add_argument_group("replay")
    tickets.add_argument("--text", dest="text_column", metavar="NAME", help="column of what was said")
    tickets.add_argument("--category", metavar="NAME", help="column of the office's category")
    tickets.add_argument("--outcome", metavar="NAME", help="column of what came of it")
    tickets.add_argument(
        "--map", type=Path, metavar="FILE", help="what your categories are here: YAML, your name: ours"
    )
    tickets.add_argument(
        "--danger", default=",".join(DANGER_WORDS), metavar="WORDS", help="what says danger, by commas"
    )
    tickets.add_argument("--show-text", action="store_true", help="print what was said; it is personal data")
    tickets.add_argument("--report", type=Path, metavar="FILE", help="keep the whole report as JSON")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    try:
        if options.text == "train":
            return _learn(options)
        if options.text is None and options.file is None:
            return _fail("give a message, or --file with one JSON a line", _BAD_INPUT)
        desk = _open(options)
        if options.text == "replay" or options.file is not None:
            return (_replay if options.text == "replay" else _many)(options, desk)
        found = desk.triage(options.text)
        say(json.dumps(as_json(found), ensure_ascii=False) if options.json else "\n".join(_lines(found)))
    except (TriageUnavailable, ModelUnavailable, DangerUnreadable) as error:
        return _fail(str(error), _FAILED)
    except (LinesUnreadable, UtterancesInvalid, TicketsUnreadable, MappingInvalid) as error:
        return _fail(str(error), _BAD_INPUT)
    return _OK


def _open(options: argparse.Namespace) -> Desk:
    return Desk(
        classifier=Classifier.load(model_file(options.home), Taxonomy.load()),
        safety=DangerGate.load(),
        regions=Regions.load(),
        embedder=_embedder(options),
        on=options.on or datetime.now(_CHINA).date(),
    )


def _embedder(options: argparse.Namespace) -> Embedder | None:
    return None if options.words_only else load_embedder(options.model, models=options.home.parent / "models")


def _embed(embedder: Embedder | None) -> Embed | None:
    return None if embedder is None else embedder.queries


def _learn(options: argparse.Namespace) -> int:
    started = time.monotonic()
    wanted = sources(options.utterances, "" if options.words_only else options.model)
    out = model_file(options.home)
    if not options.keep and taken(out, wanted=wanted):
        say("The model that comes with the repository was trained from just this.")
        return _OK
    held_out = train(options.utterances, Taxonomy.load(), _embed(_embedder(options)), out)
    rows = scores(held_out)
    if options.keep:
        shutil.copyfile(out, LEARNED)
        note_of(LEARNED).write_text(f"{wanted}\n", encoding="utf-8")
        manifest = {
            "command": "python -m knowledge_base triage train --keep",
            "licence": "Apache-2.0",
            "base": None if options.words_only else options.model,
            "held_out_families": {one.system: asdict(one) for one in rows},
        }
        LEARNED.with_suffix(".json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if options.json:
        say(json.dumps({one.system: asdict(one) for one in rows}))
        return _OK
    say("On families of callers that were held out:")
    say("\n".join(table(rows)))
    say(f"{time.monotonic() - started:.0f} s")
    return _OK


def _replay(options: argparse.Namespace, desk: Desk) -> int:
    if options.tickets is None:
        return _fail("give a table of past tickets: triage replay FILE.csv", _BAD_INPUT)
    if options.report is not None and options.report.resolve() == options.tickets.resolve():
        return _fail("the report would replace the tickets; give it another name", _BAD_INPUT)
    columns = Columns(text=options.text_column, category=options.category, outcome=options.outcome)
    seen = replay(
        read_tickets(options.tickets, columns),
        desk.triage,
        Categories.load(desk.classifier.taxonomy, options.map),
        danger_words=[word.strip() for word in options.danger.split(",") if word.strip()],
        show_text=options.show_text,
    )
    report = json.dumps(seen.as_json(), ensure_ascii=False)
    if options.report is not None:
        try:
            options.report.write_text(report + "\n", encoding="utf-8")
        except OSError as error:
            return _fail(f"{options.report} cannot be written: {error.strerror}", _FAILED)
    say(report if options.json else "\n".join(lines(seen)))
    return _OK


def _many(options: argparse.Namespace, desk: Desk) -> int:
    labels = (
        json.dumps({"id": name, **as_json(desk.triage(text))}, ensure_ascii=False) for name, text in _read(options.file)
    )
    if options.out is None:
        for line in labels:
            say(line)
        return _OK
    partial = options.out.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as out:
        out.writelines(line + "\n" for line in labels)
    partial.replace(options.out)
    return _OK


def _read(path: Path) -> Iterator[tuple[str | int, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}"
        raise LinesUnreadable(msg) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record: Mapping[str, Any] = json.loads(line)
            yield record.get("id", number), str(record["text"])
        except (json.JSONDecodeError, KeyError, AttributeError, TypeError) as error:
            msg = f'{path}, line {number}: expected one JSON object with a "text"'
            raise LinesUnreadable(msg) from error


def as_json(found: Triage, /) -> dict[str, object]:
    """Return the form that the public route answers in; absent keys mean nothing to say."""
    whole: dict[str, object] = {
        "matters": [asdict(matter) for matter in found.matters],
        "urgency": found.urgency.value,
        "safety": [kind.value for kind in found.safety],
        "role": found.role,
        "region": found.region,
        "entities": dict(found.entities),
    }
    return {key: value for key, value in whole.items() if value is not None}


def _lines(found: Triage) -> Iterator[str]:
    for matter in found.matters:
        yield f"{matter.confidence:6.2f}  {matter.code:<28} {matter.title}"
    if not found.matters:
        yield "没有把握（不归入任何案由）"
    yield f"紧急程度 {found.urgency.value}" + "".join(f"  {kind.value}" for kind in found.safety)
    if found.role:
        yield f"身份 {found.role}"
    for name, value in found.entities.items():
        yield f"{name} {value}"


def _fail(text: str, status: int) -> int:
    warn(text)
    return status
