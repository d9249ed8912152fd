"""Reads what operators file about a place, and says in which file and line something is wrong.

A place is a folder named by its code: `231000/offices.yml` is a list of entries, `CN/workdays.yml` the holidays by year.
Operators have a folder of their own beside ours: an entry there with the place and id of one of ours replaces it.
docs/directory.md describes every field.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from knowledge_base.directory.hours import Hours
from knowledge_base.directory.workdays import Workdays, Year, days_between
from knowledge_base.offices import Accessibility, Office, OfficeKind

OFFICES: Final = "offices.yml"
WORKDAYS: Final = "workdays.yml"


class DirectoryInvalid(Exception):
    """Files of the directory cannot be relied on; nothing starts on them. Each line of the message names file and line."""

    code = "directory_invalid"

    @classmethod
    def raise_for(cls, faults: Iterable[str]) -> None:
        """Raise if there is any fault, with all of them."""
        if told := list(dict.fromkeys(faults)):
            raise cls("\n".join(told))


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Phone = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9 ()、转-]{1,60}$")]
Identity = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=60)]
Latitude = Annotated[float, Field(ge=3, le=54)]
Longitude = Annotated[float, Field(ge=73, le=136)]
"""China's outer bounds: latitude and longitude the wrong way round are found out."""


def _readable(hours: str) -> str:
    Hours.parse(hours)
    return hours


class Entry(BaseModel):
    """One office, station, circuit or number, as it stands in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Identity
    kind: OfficeKind
    name: Text
    source: Text
    phone: Phone | None = None
    address: Text | None = None
    hours: Annotated[Text, AfterValidator(_readable)] | None = None
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
    names = [entry.id for entry in entries]
    DirectoryInvalid.raise_for(
        _fault(path, _line(node, (number,)), f"{name}：这个 id 前面已经有了")
        for number, name in enumerate(names)
        if name in names[:number]
    )
    return entries


def read_workdays(path: Path, /) -> Mapping[int, Year]:
    """Read the holidays by year. Raises DirectoryInvalid."""
    node, data = _read(path)
    years: dict[int, Rest] = _valid(_YEARS, data if data is not None else {}, path=path, node=node)
    found = {number: rest.year() for number, rest in years.items()}
    DirectoryInvalid.raise_for(
        _fault(path, _line(node, (number,)), f"{number}：{day} 不在这一年")
        for number, year in found.items()
        for day in sorted(year.off | year.worked)
        if day.year != number
    )
    return found


def read(*folders: Path, known: Container[str]) -> tuple[Mapping[str, tuple[Entry, ...]], Workdays]:
    """Read every place and all holidays of the folders; what a later one files replaces an earlier one's.

    Raises DirectoryInvalid with every fault of every file.
    """
    merged: dict[str, dict[str, Entry]] = {}
    years: dict[int, Year] = {}
    faults: list[str] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*/*.yml"))):
        place = path.parent.name
        try:
            if path.name == OFFICES:
                if place not in known:
                    faults.append(f"{path.parent}: 没有 {place} 这个区划代码")
                merged.setdefault(place, {}).update({entry.id: entry for entry in read_offices(path)})
            elif path.name == WORKDAYS:
                years |= read_workdays(path)
        except DirectoryInvalid as invalid:
            faults.append(str(invalid))
    DirectoryInvalid.raise_for(faults)
    return {place: tuple(entries.values()) for place, entries in merged.items()}, Workdays(years)


def _read(path: Path) -> tuple[yaml.Node | None, Any]:
    """Return the tree, for its line numbers, and the data. A key said twice is an error: YAML would keep the last."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        DirectoryInvalid.raise_for(_overlooked(node, path))
        return node, yaml.safe_load(text)
    except OSError as unreadable:
        raise DirectoryInvalid(_fault(path, 1, f"打不开：{unreadable.strerror}")) from None
    except UnicodeDecodeError:
        raise DirectoryInvalid(_fault(path, 1, "文件不是 UTF-8 编码")) from None
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        told = f"不是 YAML：{broken}".splitlines()[0]
        raise DirectoryInvalid(_fault(path, mark.line + 1 if mark else 1, told)) from None


def _overlooked(node: yaml.Node | None, path: Path) -> Iterator[str]:
    """Tell what YAML itself would pass over, or break on without a line: a key said twice, a 13th month."""
    match node:
        case yaml.MappingNode():
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    yield _fault(path, key.start_mark.line + 1, f"{key.value}：写了两遍")
                seen.add(key.value)
                yield from _overlooked(value, path)
        case yaml.SequenceNode():
            for each in node.value:
                yield from _overlooked(each, path)
        case yaml.ScalarNode(tag="tag:yaml.org,2002:timestamp"):
            try:
                yaml.SafeLoader("").construct_yaml_timestamp(node)
            except ValueError:
                yield _fault(path, node.start_mark.line + 1, f"没有 {node.value} 这个日期")
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
    return _fault(path, _line(node, location), what)


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


def _fault(path: Path, line: int, what: str) -> str:
    return f"{path}:{line}: {what}"
