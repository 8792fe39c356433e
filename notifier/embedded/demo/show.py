"""What the console shows while the demo runs."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from notifier import flow
from notifier.domain.balance import Balance
from notifier.embedded.demo.stage import Demo
from notifier.embedded.inbox.store import LIST_MAX

NEWEST = 8
_LINKS = (
    ("inbox", "/inbox"),
    ("subscribe", "/{slug}/subscribe"),
    ("metrics", "/metrics"),
)


def screen(demo: Demo) -> Group:
    """The live picture: where to click, what happens, what arrived, and the books."""
    return Group(places(demo), _acts(demo), books(flow.status(demo.parts).balance), arrivals(demo, NEWEST))


def line(demo: Demo) -> str:
    """The same in a line, for a pipe or a file: it changes only when something has happened."""
    return f"{_told(demo)} · {_arrived(demo)}"


def summary(demo: Demo, console: Console) -> None:
    """Every letter that arrived, and whatever is missing or too many."""
    console.print(arrivals(demo, None))
    console.print(books(flow.status(demo.parts).balance))
    arrived, owed = demo.arrived(), demo.owed
    for (address, kind), count in sorted((owed - arrived).items()):
        console.print(f"[red]missing[/] {count} {kind} to {address}")
    for (address, kind), count in sorted((arrived - owed).items()):
        console.print(f"[red]not owed[/] {count} {kind} to {address}")


def arrivals(demo: Demo, newest: int | None) -> Table:
    """The letters in the inbox: subject, to, size."""
    entries = demo.inbox.list(newest or LIST_MAX)
    table = Table(title=_arrived(demo), expand=newest is not None)
    table.add_column("kind")
    table.add_column("to", no_wrap=True)
    table.add_column("subject", ratio=1, no_wrap=True)
    table.add_column("bytes", justify="right")
    for entry in entries:
        table.add_row(demo.kind(entry.id), ", ".join(entry.rcpt_to), Text(entry.subject), f"{entry.size:,}")
    return table


def books(balance: Balance) -> Text:
    """The balance in one line."""
    parts = f"planned {balance.planned} = queued {balance.queued} + sending {balance.sending} + sent {balance.sent}"
    rest = f" + failed {balance.failed} + dropped {balance.dropped} + expired {balance.expired}"
    return Text(parts + rest, style="green" if balance.is_balanced else "bold red")


def places(demo: Demo) -> Panel:
    """Where to click."""
    lines = [f"{name:<10} {demo.station.url}{path.format(slug=demo.seeded.slug)}" for name, path in _LINKS]
    key = f"API key    {demo.seeded.api_key}"
    return Panel("\n".join([*lines, key]), title="notifier demo · Ctrl-C ends it and leaves nothing behind")


def _acts(demo: Demo) -> Text:
    clock = demo.now().astimezone(demo.zone).strftime("%a %H:%M:%S")
    return Text(f"Baghdad {clock}   {_told(demo)}")


def _told(demo: Demo) -> str:
    return " · ".join(f"{'✓' if is_done else '…'} {name}" for name, is_done in demo.story)


def _arrived(demo: Demo) -> str:
    return f"{demo.inbox.count()} of {demo.owed.total()} letters arrived"
