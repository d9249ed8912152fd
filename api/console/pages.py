"""Turns templates into responses that carry the house's security headers; the only place that does either."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.console import labels

ROOT: Final = "/staff"
_HERE: Final = Path(__file__).parent
_STATIC: Final = _HERE / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """显示方式: how this browser wants its pages; no theme means the system's own."""

    theme: str | None = None
    large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """One sentence about what just happened."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file, held in memory, and the digest that makes its address new whenever it changes."""

    content: bytes
    media_type: str
    digest: str


class Pages:
    """Renders the console's templates; built once, by the router factory."""

    def __init__(self) -> None:
        self.assets = {path.name: _asset(path) for path in sorted(_STATIC.iterdir()) if path.suffix in _TYPES}
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "moment": labels.moment,
            "clock": labels.clock,
            "role": labels.ROLE.__getitem__,
            "urgency": labels.URGENCY.__getitem__,
            "urgency_mark": labels.URGENCY_MARK.__getitem__,
        }
        self._environment.globals |= {
            "root": ROOT,
            "asset": self._address,
            "purposes": tuple(labels.PURPOSE.items()),
        }

    def fragment(self, template: str, context: Mapping[str, object], /) -> str:
        """Return the HTML of one part of a page."""
        return self._environment.get_template(template).render(context)

    def page(
        self, template: str, context: Mapping[str, object], /, *, status: HTTPStatus = HTTPStatus.OK
    ) -> HTMLResponse:
        """Return a whole page."""
        return HTMLResponse(self.fragment(template, context), status_code=status, headers=dict(HEADERS))

    def static(self, name: str, *, version: str | None, etag: str | None) -> Response | None:
        """Return a static file, cached for good under its own digest; None for an unknown name."""
        asset = self.assets.get(name)
        if asset is None:
            return None
        forever = version == asset.digest
        headers = {
            **HEADERS,
            "Cache-Control": "public, max-age=31536000, immutable" if forever else "no-cache",
            "ETag": f'"{asset.digest}"',
        }
        if etag == headers["ETag"]:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)

    def _address(self, name: str) -> str:
        return f"{ROOT}/static/{name}?v={self.assets[name].digest}"


def redirect(path: str) -> RedirectResponse:
    """Send the browser on with GET after a form was handled."""
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER, headers=dict(HEADERS))


def own_path(path: str, /) -> str:
    """Return the path when it lies inside the console, else the console's front page: no redirect leads elsewhere."""
    inside = path == ROOT or path.startswith((f"{ROOT}/", f"{ROOT}?"))
    return path if inside and "\\" not in path and path.isprintable() else ROOT


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content=content, media_type=_TYPES[path.suffix], digest=hashlib.sha256(content).hexdigest()[:16])
