"""The command that looks at what letters need beyond our own code: `notifier doctor`."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from notifier import assembly
from notifier.cli.words import FAILED, console
from notifier.doctor import Finding, Light, Report, examine, loop, ward_of, words
from notifier.domain.text.strings import Voice

_MARKS: Final = {
    Light.GREEN: "[green]●[/] ",
    Light.AMBER: "[yellow]▲[/] ",
    Light.RED: "[red]■[/] ",
    Light.SKIPPED: "[dim]○[/] ",
}
"""Told apart without colours, too."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(doctor)


def doctor(
    language: Annotated[str, typer.Option("--lang", help="Say it in this language: ar, ckb, en, fa, he, ur.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts: every finding, and the worst light.")] = False,
    round_trip: Annotated[
        bool, typer.Option("--loop", help="Send a letter of each account to a return path of ours; wait for it.")
    ] = False,
    wait_s: Annotated[float, typer.Option("--wait", min=1, max=600, help="Seconds to wait for those letters.")] = 90,
    only_bad: Annotated[bool, typer.Option("--quiet", "-q", help="Only what is red or amber.")] = False,
) -> None:
    """Look at DNS, servers and machine, and say what to do: SPF, DKIM, DMARC, TLS, Redis, the database, the workers.

    Takes some seconds, sends no letter but with --loop, and changes nothing. Exit code 1 when anything is red.
    """
    if language not in words.strings().languages:
        raise typer.BadParameter(", ".join(sorted(words.strings().languages)), param_hint="--lang")
    voice = words.strings().voice(language)
    ward = ward_of(assembly.parts())
    report = examine(ward)
    if round_trip:
        report = Report((*report.findings, *loop.check(ward, wait_s)))
    shown = [one for one in report.findings if not only_bad or one.light in {Light.RED, Light.AMBER}]
    if as_json:
        console.print_json(json.dumps(told(report, shown, voice)))
    else:
        for line in _lines(report, shown, voice):
            console.print(line, highlight=False, soft_wrap=True)
    if report.worst is Light.RED:
        raise typer.Exit(FAILED)


def told(report: Report, shown: list[Finding], voice: Voice) -> dict[str, Any]:
    """The report as JSON has it."""
    counts = {light.value: report.count(light) for light in Light}
    return {"worst": report.worst.value, "counts": counts, "findings": [_in_words(one, voice) for one in shown]}


def _in_words(one: Finding, voice: Voice) -> dict[str, str]:
    found, advice = words.in_words(one.found, voice), words.in_words(one.advice, voice)
    return {
        "key": one.key, "about": one.about, "light": one.light.value, "found": found, "advice": advice,
        "record": one.record,
    }  # fmt: skip


def _lines(report: Report, shown: list[Finding], voice: Voice) -> Iterator[str]:
    for one in shown:
        yield f"{_MARKS[one.light]}[bold]{one.key}[/] {escape(one.about)}: {escape(words.in_words(one.found, voice))}"
        if one.advice:
            yield f"    {escape(words.in_words(one.advice, voice))}"
        if one.record:
            # As it is pasted: no line of it may be broken.
            yield f"    [cyan]{escape(one.record)}[/]"
    counts = ", ".join(f"{report.count(light)} {light.value}" for light in Light)
    yield f"\n{counts}"
