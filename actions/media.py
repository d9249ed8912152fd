"""What a citizen may send without words, for the channels and for whoever answers it."""

from enum import StrEnum


class Media(StrEnum):
    """What a channel was sent without words. The values are part of the public contract."""

    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    FILE = "file"
    SILENCE = "silence"
    """A voice channel heard nothing in its time."""
