"""The stages of a talk about danger (危险告知的阶段)."""

from enum import StrEnum


class SafetyStage(StrEnum):
    """Where somebody stands who told of danger."""

    DANGER = "danger"
    AGAIN = "again"
    """Told before: the same block is not read to anybody twice."""
    AFTER = "after"
    """A word in answer: nobody in danger is led back to a form."""
    STAYING = "staying"
    """One word more."""
    OVER = "over"
    """The caller says that they are safe."""
    DENIED = "denied"
    """The caller says that there was no danger."""
    ALONE = "alone"
    """Nobody is with the one in danger."""
    COMPANY = "company"
    """Somebody is."""
    UNREACHABLE = "unreachable"
    """Somebody who spoke of dying answers no more."""
    LULLED = "lulled"
    """Whoever struck has stopped, and is still there."""
    CALLED = "called"
    """A person is called in the same turn."""
    AWAITED = "awaited"
    """Nobody has come yet, and the caller asks."""
    THEN = "then"
    """One line before the law that the caller asks about now."""
