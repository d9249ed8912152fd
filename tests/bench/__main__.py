"""What the service costs: `make bench`, or `python -m tests.bench knowledge|turns` for one half; `--help` after it says the rest."""

import sys

from tests.bench import knowledge, turns

HALVES = {"knowledge": knowledge.main, "turns": turns.main}


def main(arguments: list[str]) -> int:
    """Run one half, or both; returns the exit status."""
    if arguments and arguments[0] in HALVES:
        return HALVES[arguments[0]](arguments[1:])
    if arguments:
        print(__doc__)
        return 2
    return max([half([]) for half in HALVES.values()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
