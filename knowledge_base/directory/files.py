"""Reads what operators file about a place, and says in which file and line something is wrong.

A place is a folder named by its code: `231000/offices.yml` is a list of entries, `CN/workdays.yml` the holidays by year.
Operators have a folder of their own beside ours: an entry there with the place and id of one of ours replaces it.
docs/directory.md describes every field.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from knowledge_base.directory.hours import Hours
from knowledge_base.directory.workdays import Workdays, Year, days_between
from knowledge_base.offices import Accessibility, Office, OfficeKind

OFFICES: Final = "offices.yml"
WORKDAYS: Final = "workdays.yml"


class DirectoryInvalid(Exception):
    """A file of the directory cannot be relied on; nothing starts on it. The message names file and line."""

    code = "directory_invalid"


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9 ()、转-]{1,60}$")]
Identity = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=60)]
Latitude = Annotated[float, Field(ge=3, le=54)]
Longitude = Annotated[float, Field(ge=73, le=136)]
"""China's outer bounds: latitude and longitude the wrong way round are found out."""


class Entry(BaseModel):
    """One office, station, circuit or number, as it stands in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Identity
    kind: OfficeKind
    name: Text
    source: Text
    phone: Phone | None = None
    address: Text | None = None
    hours: Text | None = None
    hours_note: Text | None = None
    note: Text | None = None
    serves: tuple[OfficeKind, ...] = ()
    accessibility: tuple[Accessibility, ...] = ()
    languages: tuple[Text, ...] = ()
    point: tuple[Latitude, Longitude] | None = None
    verified_on: date | None = None
    promised_until: date | None = None
    closed_on: date | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.hours is not None:
            Hours.parse(self.hours)
        if self.kind is OfficeKind.NUMBER and self.phone is None:
            msg = "phone：热线要有号码"
            raise ValueError(msg)
        if self.serves and self.kind is not OfficeKind.NUMBER:
            msg = "serves：只有热线（kind: number）写这一项"
            raise ValueError(msg)
        return self

    def opening(self) -> Hours | None:
        """Return the hours to compute with."""
        return None if self.hours is None else Hours.parse(self.hours)

    def office(self, region: str, /) -> Office:
        """Return the entry as everybody else sees it."""
        words = [str(hours)] if (hours := self.opening()) is not None else []
        return Office(
            id=self.id,
            name=self.name,
            kind=self.kind,
            region=region,
            phone=self.phone,
            address=self.address,
            hours="，".join([*words, *([self.hours_note] if self.hours_note else [])]) or None,
            note=self.note,
            source=self.source,
            verified_on=self.verified_on,
            serves=self.serves,
            accessibility=self.accessibility,
            languages=self.languages,
            point=self.point,
        )


class Rest(BaseModel):
    """The days off of one year: single days and runs [first, last], and the weekend days worked for them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Text
    rest: tuple[date | tuple[date, date], ...]
    worked: tuple[date, ...] = ()

    def year(self) -> Year:
        """Return the year to compute with."""
        runs = ((each, each) if isinstance(each, date) else each for each in self.rest)
        off = frozenset(day for first, last in runs for day in days_between(first, last))
        return Year(off=off, worked=frozenset(self.worked))


_ENTRIES: Final[TypeAdapter[tuple[Entry, ...]]] = TypeAdapter(tuple[Entry, ...])
_YEARS: Final[TypeAdapter[dict[int, Rest]]] = TypeAdapter(dict[int, Rest])


def read_offices(path: Path, /) -> tuple[Entry, ...]:
    """Read one list of entries. Raises DirectoryInvalid."""
    node, data = _read(path)
    entries: tuple[Entry, ...] = _valid(_ENTRIES, data if data is not None else [], path=path, node=node)
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries):
        if entry.id in seen:
            raise _invalid(path, _line(node, (number,)), f"{entry.id}：这个 id 前面已经有了")
        seen[entry.id] = number
    return entries


def read_workdays(path: Path, /) -> Mapping[int, Year]:
    """Read the holidays by year. Raises DirectoryInvalid."""
    node, data = _read(path)
    years: dict[int, Rest] = _valid(_YEARS, data if data is not None else {}, path=path, node=node)
    found = {number: rest.year() for number, rest in years.items()}
    for number, year in found.items():
        strays = sorted(day for day in year.off | year.worked if day.year != number)
        if strays:
            raise _invalid(path, _line(node, (number,)), f"{number}：{strays[0]} 不在这一年")
    return found


def places(folder: Path, /) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """Read every place of a folder, in the order of their codes. Raises DirectoryInvalid."""
    for path in sorted(folder.glob(f"*/{OFFICES}")):
        yield path.parent.name, read_offices(path)


def workdays(*folders: Path) -> Workdays:
    """Read the holidays of all folders; a year of a later folder replaces an earlier one's. Raises DirectoryInvalid."""
    years: dict[int, Year] = {}
    for folder in folders:
        for path in sorted(folder.glob(f"*/{WORKDAYS}")):
            years |= read_workdays(path)
    return Workdays(years)


def _read(path: Path) -> tuple[yaml.Node | None, Any]:
    """Return the tree, for its line numbers, and the data. A key said twice is an error: YAML would keep the last."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _look_over(node, path)
        return node, yaml.safe_load(text)
    except UnicodeDecodeError:
        raise _invalid(path, 1, "文件不是 UTF-8 编码") from None
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        raise _invalid(path, mark.line + 1 if mark else 1, f"不是 YAML：{broken}".splitlines()[0]) from None


def _look_over(node: yaml.Node | None, path: Path) -> None:
    """Refuse what YAML itself would pass over, or break on without a line: a key said twice, a 13th month."""
    match node:
        case yaml.MappingNode():
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise _invalid(path, key.start_mark.line + 1, f"{key.value}：写了两遍")
                seen.add(key.value)
                _look_over(value, path)
        case yaml.SequenceNode():
            for each in node.value:
                _look_over(each, path)
        case yaml.ScalarNode(tag="tag:yaml.org,2002:timestamp"):
            try:
                yaml.SafeLoader("").construct_yaml_timestamp(node)
            except ValueError:
                raise _invalid(path, node.start_mark.line + 1, f"没有 {node.value} 这个日期") from None
        case _:
            pass


def _valid(adapter: TypeAdapter[Any], data: object, *, path: Path, node: yaml.Node | None) -> Any:  # noqa: ANN401
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        told = [_told(each, data, path=path, node=node) for each in error.errors()]
        raise DirectoryInvalid("\n".join(dict.fromkeys(told))) from None


def _told(error: Any, data: object, *, path: Path, node: yaml.Node | None) -> str:  # noqa: ANN401 - pydantic's error
    location: tuple[int | str, ...] = error["loc"]
    entry = data[location[0]] if isinstance(data, list) and location and isinstance(location[0], int) else None
    name = entry.get("id") if isinstance(entry, Mapping) else None
    field = ".".join(str(part) for part in location[1:])
    words = str(error["msg"]).removeprefix("Value error, ")
    what = "：".join(str(part) for part in (name, field, words) if part)
    return str(_invalid(path, _line(node, location), what))


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """Return the line of the deepest part of a location that the file has."""
    for step in location:
        match node:
            case yaml.SequenceNode() if isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            case yaml.MappingNode():
                found = next((value for key, value in node.value if key.value == str(step)), None)
                if found is None:
                    break
                node = found
            case _:
                break
    return 1 if node is None else int(node.start_mark.line) + 1


def _invalid(path: Path, line: int, what: str) -> DirectoryInvalid:
    return DirectoryInvalid(f"{path}:{line}: {what}")
