"""Whether a caller can be rung back: said by the telephone, and worded with everything else that is said."""

from enum import StrEnum


class Reach(StrEnum):
    """Whether a caller can be rung back (能否回电)."""

    RUNG = "rung"
    WITHHELD = "withheld"
    """The number that called was not shown."""
    UNSAFE = "unsafe"
    """A call may put them in danger, or they can only be written to."""
