"""What the service costs: `make bench`, or `python -m tests.bench knowledge|turns|eligibility|channels|queue` for one part; `--help` after it says the rest."""

import sys

from tests.bench import channels, eligibility, knowledge, queue, turns

PARTS = {
    "knowledge": knowledge.main,
    "turns": turns.main,
    "eligibility": eligibility.main,
    "channels": channels.main,
    "queue": queue.main,
}


def main(arguments: list[str]) -> int:
    """Run one part, or all; returns the exit status."""
    if arguments and arguments[0] in PARTS:
        return PARTS[arguments[0]](arguments[1:])
    if arguments:
        print(__doc__)
        return 2
    return max([part([]) for part in PARTS.values()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
