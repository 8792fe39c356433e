"""Where a measurement runs: settings of its own, the size of a process, and the line that a script ends with."""

import argparse
import json
import os
import resource
import sys
from dataclasses import replace

from sqlalchemy import text

from notifier import assembly, settings
from notifier.db import Database
from notifier.parts import Parts

SECRET = "bench-only-0123456789-abcdefghijklmnop"  # noqa: S105 - signs links that nobody follows
UNLIMITED = "1000000"
"""Letters a second: the budget is asked, and always says yes."""


def environment(**knobs: str) -> dict[str, str]:
    """This environment with no setting of ours but these, for what is measured and for its children."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("NOTIFIER_")}
    own = {
        "secret_key": SECRET,
        "base_url": "https://bench.example",
        "bounce_domain": "bounces.bench.example",
        "send_rate_per_s": UNLIMITED,
        "send_burst": UNLIMITED,
        "mx_lookups": "false",
        # What is measured does not depend on the hour.
        "quiet_from_h": "0",
        "quiet_until_h": "0",
        "digest_items_max": "10",
        "log_level": "warning",
    }
    return bare | {f"NOTIFIER_{name.upper()}": value for name, value in (own | knobs).items()}


def quiet_parts(env: dict[str, str]) -> Parts:
    """The parts of these settings, with a bell that nobody hears."""
    return replace(assembly.assemble(settings.of(env)), bell=lambda _nudges: None)


def server_version(db: Database) -> str:
    """Which PostgreSQL this is."""
    with db.reading() as session:
        return str(session.scalar(text("SELECT split_part(current_setting('server_version'), ' ', 1)")))


def peak_mb() -> int:
    """The most memory that this process ever held."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024))


def options(about: str, unit: str, quick: int, full: int, *, keeps: bool = False) -> argparse.Namespace:
    """What every script is asked: `--quick`, or a size of its own (as `size`); where it `keeps`, also `--kept`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help=f"{quick:,} {unit} instead of {full:,}")
    parser.add_argument(f"--{unit}", dest="size", type=int, help="so many, whatever else is said")
    if keeps:
        parser.add_argument("--kept", default="", metavar="URL", help="a database to measure in that stays")
    given = parser.parse_args()
    given.size = given.size or (quick if given.quick else full)
    return given


def say(**figures: object) -> None:
    """The last line of a script: one JSON object."""
    print(json.dumps(figures), flush=True)
