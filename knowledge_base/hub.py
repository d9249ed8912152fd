"""Asks whether the hub of models answers at all, before a library goes on asking it for minutes."""

import http.client
import threading
import urllib.error
import urllib.request
from typing import Final

SECONDS: Final = 3.0


def silence(*, address: str | None = None, seconds: float = SECONDS) -> str | None:
    """Say that the hub is away when nothing comes back within seconds, its name's resolution included."""
    from huggingface_hub import constants  # noqa: PLC0415 - a second, and only models of the hub need it

    asked = address or constants.ENDPOINT
    answered = threading.Event()
    asking = threading.Thread(target=_ask, args=(asked, seconds, answered), daemon=True)
    asking.start()
    asking.join(seconds)
    if answered.is_set():
        return None
    return f"the model hub ({asked}) does not answer, and no copy of the model is kept here from before"


def _ask(address: str, seconds: float, answered: threading.Event) -> None:
    """Take any answer for one: whatever the hub thinks of the question, the library is told the same."""
    try:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 - the operator's own hub
        urllib.request.urlopen(request, timeout=seconds).close()  # noqa: S310
    except urllib.error.HTTPError:
        answered.set()
    except (OSError, ValueError, http.client.HTTPException):
        return
    answered.set()
