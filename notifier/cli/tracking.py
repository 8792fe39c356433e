"""The command that says what a site may learn of opens and clicks."""

from typing import Annotated

import typer

from notifier import assembly, clock, traces
from notifier.cli.data import site_app
from notifier.cli.words import SiteOption, console, the_site
from notifier.desk.audit import COMMAND_LINE, Actor
from notifier.domain.traces import Tracking


def add_to(_app: typer.Typer) -> None:
    """Register the command, below `notifier site`."""
    site_app.command("tracking")(site_tracking)


def site_tracking(
    policy: Annotated[Tracking | None, typer.Argument(help="`off`, `counts` or `readers`.")] = None,
    site: SiteOption = "",
) -> None:
    """Count opens and clicks: not at all, as sums of nobody in particular, or of each reader who agrees to it.

    With `readers`, letters to those who have not agreed are as if it were off. Without an argument, show the policy.
    """
    with assembly.parts().db.writing() as session:
        row = the_site(session, site)
        if policy is not None:
            traces.decide(session, row, policy, Actor(COMMAND_LINE), clock.now())
        console.print(row.tracking.value, highlight=False)
