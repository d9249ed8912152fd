"""Reads a posted form without trusting it: one content type, a size limit, plain text fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

_BYTES: Final = 64 * 1024
_FIELDS: Final = 30
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
_TYPE: Final = "application/x-www-form-urlencoded"
_UPLOAD: Final = "multipart/form-data"


_Code = TypeVar("_Code", bound=StrEnum)


class FormRefused(Exception):
    """The form is not one of ours: from another site, too big, or its session has ended."""

    def __init__(self, code: str) -> None:
        """Keep the stable code: `form_token_wrong`, `form_too_large`, `form_malformed`."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a form; a missing one reads as empty."""

    fields: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the non-empty lines of a field."""
        return tuple(line.strip() for line in self[name].splitlines() if line.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A form that carried a file; nothing in it has been looked at."""

    form: Form
    file_name: str
    content: bytes


def required(codes: type[_Code], given: str, /) -> _Code:
    """Return the code a field holds. Raises FormRefused for anything else."""
    try:
        return codes(given)
    except ValueError as unknown:
        raise FormRefused("form_malformed") from unknown


def day(given: str, /) -> date | None:
    """Return the day a date field holds, None for an empty one. Raises FormRefused for anything else."""
    if not given:
        return None
    try:
        chosen = date.fromisoformat(given)
    except ValueError as unreadable:
        raise FormRefused("form_malformed") from unreadable
    if not _FIRST_DAY <= chosen <= _LAST_DAY:
        raise FormRefused("form_malformed")
    return chosen


async def read_upload(request: Request) -> Upload:
    """Read a form with one file, `file`. Raises FormRefused. The edge bounds the size of the whole."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _UPLOAD:
        raise FormRefused("form_malformed")
    try:
        async with request.form(max_files=1, max_fields=_FIELDS, max_part_size=_BYTES) as sent:
            fields = {name: value for name, value in sent.items() if isinstance(value, str)}
            file = sent.get("file")
            name, content = (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
    except HTTPException as malformed:
        too_large = malformed.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise FormRefused("form_too_large" if too_large else "form_malformed") from malformed
    if any("\0" in part for pair in (*fields.items(), (name, "")) for part in pair):
        raise FormRefused("form_malformed")
    return Upload(form=Form(fields=MappingProxyType(fields)), file_name=name, content=content)


async def read_form(request: Request) -> Form:
    """Read the body as a form. Raises FormRefused."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != _TYPE:
        raise FormRefused("form_malformed")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BYTES:
            raise FormRefused("form_too_large")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
    except ValueError as malformed:
        raise FormRefused("form_malformed") from malformed
    if any("\0" in part for pair in pairs for part in pair):
        raise FormRefused("form_malformed")
    return Form(fields=MappingProxyType(dict(pairs)))
