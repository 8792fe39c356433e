"""The command that prints the numbers behind the desk's charts."""

import sys
from typing import Annotated, Literal

import typer

from notifier import assembly, clock
from notifier.cli.words import FAILED, SiteOption, refuse, the_site

Chart = Literal["letters", "readers", "categories", "domains", "threads", "opens", "clicks", "opened"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(charts)


def charts(
    chart: Annotated[Chart, typer.Argument(help="The last three need a site that counts opens and clicks.")],
    site: SiteOption = "",
) -> None:
    """Print the numbers of one chart as CSV: thirty days, or what stands out today."""
    # Half a second that no other command needs.
    from notifier.web.desk.charts import table  # noqa: PLC0415
    from notifier.web.desk.csv_file import lines  # noqa: PLC0415

    with assembly.parts().db.reading() as session:
        found = table(session, the_site(session, site).id, chart, clock.now().date())
    if found is None:
        refuse("this site does not count opens and clicks", FAILED)
    sys.stdout.writelines(lines(*found))
