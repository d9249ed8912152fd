"""YAML with line numbers, so that a lawyer who mistypes a rule is told where."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml


class RulebookInvalid(Exception):
    """A rulebook contradicts itself or names something that does not exist; nothing starts on it."""

    def __init__(self, code: str, message: str, *, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}: {message} [{code}]")
        self.code = code
        self.file = file
        self.line = line


@cache
def _constructor() -> yaml.SafeLoader:
    return yaml.SafeLoader("")


@dataclass(frozen=True, slots=True)
class Entry:
    """One YAML node, its file and its line."""

    node: yaml.Node
    file: str

    @property
    def line(self) -> int:
        """The line a person sees in the editor."""
        return int(self.node.start_mark.line) + 1

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether keys and values stand here."""
        return isinstance(self.node, yaml.MappingNode)

    def invalid(self, code: str, message: str) -> RulebookInvalid:
        """Build the error that points here."""
        return RulebookInvalid(code, message, file=self.file, line=self.line)

    def mapping(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, "Entry"]:
        """Read a mapping whose keys are all known and all there."""
        needed, allowed = set(required), {*required, *optional}
        found = dict(self.items())
        for key, entry in found.items():
            if key not in allowed:
                raise entry.invalid("unknown_key", f"{key!r} means nothing here; known: {', '.join(sorted(allowed))}")
        for key in needed - found.keys():
            raise self.invalid("missing_source" if key == "source" else "missing_key", f"{key!r} is missing")
        return found

    def items(self) -> Iterator[tuple[str, "Entry"]]:
        """Yield key and value of a mapping; a key said twice is an error."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.invalid("wrong_shape", "a mapping (key: value) is needed here")
        seen: set[str] = set()
        for key_node, value_node in self.node.value:
            key = str(key_node.value)
            if key in seen:
                raise Entry(key_node, self.file).invalid("duplicate_key", f"{key!r} stands here twice")
            seen.add(key)
            yield key, Entry(value_node, self.file)

    def sequence(self) -> tuple["Entry", ...]:
        """Read a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.invalid("wrong_shape", "a list is needed here")
        return tuple(Entry(node, self.file) for node in self.node.value)

    def members(self) -> tuple["Entry", ...]:
        """Read a list that says something: none of nothing would always hold, or never."""
        found = self.sequence()
        if not found:
            raise self.invalid("empty_list", "the list is empty")
        return found

    def value(self) -> Any:  # noqa: ANN401 -- a YAML scalar
        """Read a scalar as YAML types it."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.invalid("wrong_shape", "a single value is needed here")
        try:
            return _constructor().construct_document(self.node)
        except (ValueError, yaml.MarkedYAMLError) as error:  # 2024-02-31, or a tag of another program
            raise self.invalid("wrong_shape", f"{self.node.value!r} is no value: {error}") from error

    def text(self) -> str:
        """Read a non-empty string."""
        value = self.value()
        if not isinstance(value, str) or not value.strip():
            raise self.invalid("wrong_shape", f"text is needed here, not {value!r}")
        return value

    def texts(self) -> tuple[str, ...]:
        """Read a list of strings, or one string as a list of one."""
        if self.is_list:
            return tuple(entry.text() for entry in self.members())
        return (self.text(),)

    def flag(self) -> bool:
        """Read true or false."""
        value = self.value()
        if not isinstance(value, bool):
            raise self.invalid("wrong_shape", f"true or false is needed here, not {value!r}")
        return value

    def number(self) -> int:
        """Read a whole number."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.invalid("wrong_shape", f"a whole number is needed here, not {value!r}")
        return value

    def day(self) -> date:
        """Read a date."""
        value = self.value()
        if not isinstance(value, date):
            raise self.invalid("wrong_shape", f"a date (2022-01-01) is needed here, not {value!r}")
        return value


def read(path: Path) -> Entry:
    """Read one YAML file. Raises RulebookInvalid where it is no YAML."""
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where it was built in: ten times faster
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulebookInvalid("not_yaml", str(error.problem), file=str(path), line=line) from error
    except (UnicodeDecodeError, yaml.reader.ReaderError) as error:
        raise RulebookInvalid("not_yaml", "not UTF-8, or a character no text has", file=str(path), line=1) from error
    if node is None:
        raise RulebookInvalid("not_yaml", "the file is empty", file=str(path), line=1)
    return Entry(node, str(path))
