"""`notifier`, and `python -m notifier`: reads the command line in, and runs it."""

import gc
import sys
from io import TextIOWrapper


def main() -> None:
    """Run a command, as `notifier.cli.main` says."""
    # What is read in stays: to look through all of it for garbage again and again took a quarter of the start.
    gc.disable()
    from notifier import cli  # noqa: PLC0415 - only now

    gc.freeze()
    gc.enable()
    if isinstance(sys.stdout, TextIOWrapper):
        # Into a file or a pipe as well each line is there when it is said, not when the command ends.
        sys.stdout.reconfigure(line_buffering=True)
    cli.main()


if __name__ == "__main__":
    main()
