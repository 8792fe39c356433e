"""`notifier`, and `python -m notifier`: reads the command line in, and runs it."""

import gc


def main() -> None:
    """Run a command, as `notifier.cli.main` says."""
    # What is read in stays: to look through all of it for garbage again and again took a quarter of the start.
    gc.disable()
    from notifier import cli  # noqa: PLC0415 - only now

    gc.freeze()
    gc.enable()
    cli.main()


if __name__ == "__main__":
    main()
