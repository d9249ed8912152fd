"""Reads JSON bodies strictly, so that what a caller mistyped or forged stops at the door and never surprises a rule."""

import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

_DEEPEST: Final = 20
_GREATEST: Final = 2**63 - 1
_LONGEST_NUMBER: Final = 40


class _Loose(json.JSONDecodeError):
    """JSON to a lenient reader, not to us; what was wrong with it is not repeated."""

    def __init__(self) -> None:
        super().__init__("not strict JSON", "", 0)


class StrictRequest(Request):
    """A request whose JSON is JSON: no NaN, no number beyond 64 bits, no NUL, no half characters, no deep nesting."""

    async def json(self) -> Any:  # noqa: ANN401 - the framework's signature
        """Return the body. Raises json.JSONDecodeError, which becomes the problem `malformed_json`."""
        if not hasattr(self, "_strict"):
            self._strict = parse(await self.body())
        return self._strict


class StrictRoute(APIRoute):
    """A route that reads its body strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the request."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def parse(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Read JSON with exact decimals. Raises json.JSONDecodeError."""
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text, parse_constant=_refuse, parse_float=_decimal, parse_int=_integer, object_pairs_hook=_object
        )
    except (ValueError, RecursionError, ArithmeticError):
        # Without its cause: that one carries the body along.
        raise _Loose from None
    _check(value, depth=0)
    return value


def _refuse(_constant: str) -> Any:  # noqa: ANN401 - never returns
    msg = "not a number"
    raise ValueError(msg)


def _decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER else Decimal("NaN")
    if not number.is_finite() or abs(number) > _GREATEST:
        return _refuse(text)  # type: ignore[no-any-return]
    return number


def _integer(text: str) -> int:
    number = int(text) if len(text) <= _LONGEST_NUMBER else _GREATEST + 1
    if abs(number) > _GREATEST:
        return _refuse(text)  # type: ignore[no-any-return]
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Two readers of one document must not read two things.
        msg = "a key stands twice"
        raise ValueError(msg)
    return found


def _check(value: object, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise _Loose
    match value:
        case str():
            if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
                raise _Loose
        case dict():
            for key, inner in value.items():
                _check(key, depth=depth)
                _check(inner, depth=depth + 1)
        case list():
            for inner in value:
                _check(inner, depth=depth + 1)
        case _:
            pass
