"""Makes folders in the knowledge base's home, and says plainly where nothing can be written there."""

from pathlib import Path

from knowledge_base.types import KnowledgeUnavailable


class HomeUnusable(KnowledgeUnavailable):
    """The home is no folder, or nothing may be written there."""

    code = "home_unusable"


def folder_in(home: Path, name: str) -> Path:
    """Return a folder of the home, made if need be. Raises HomeUnusable."""
    folder = home / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"nothing can be kept in {home} ({error.strerror}); name another folder with --home"
        raise HomeUnusable(msg) from error
    return folder
