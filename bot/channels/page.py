"""Serves the demo page and the widget, under headers that let nothing foreign in."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

WIDGET: Final = Path(__file__).parents[1] / "widget"

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def build_router() -> APIRouter:
    """Return the route of the demo page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def demo_page() -> FileResponse:
        return FileResponse(WIDGET / "index.html", headers={"Cache-Control": "no-cache"})

    return router


def widget_files() -> StaticFiles:
    """Return the widget's files, for any page that embeds it."""
    return StaticFiles(directory=WIDGET)


class SecurityHeaders:
    """ASGI middleware: every answer carries the headers, unless a page has stricter ones of its own."""

    def __init__(self, app: ASGIApp, *, embeddable: str = "/widget/") -> None:
        self._app = app
        self._embeddable = embeddable

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                # Offices put the widget on their own pages.
                embeddable = str(scope["path"]).startswith(self._embeddable)
                headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if embeddable else "same-origin")
            await send(message)

        await self._app(scope, receive, dressed)
