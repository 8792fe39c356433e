"""One reader on the command line, and acts on many."""

import json

import pytest
from sqlalchemy import select

from notifier import assembly
from notifier.models import AuditEvent, Subscriber
from tests.cli.test_commands import Command, add_site, run

__all__ = ["run"]
TOPIC = "category:سياسة"


@pytest.fixture
def readers(run: Command) -> Command:
    """A site with a section, and three who follow it."""
    add_site(run)
    item = '{"kind": "article", "guid": "a1", "title": "خبر", "html": "<p>نص</p>", "categories": ["سياسة"]}'
    assert "created" in run("item", "add", "-", input=item).output
    for name in ("layla", "omar", "ruth"):
        made = run("subscribers", "add", f"{name}@example.org", "--basis", "fair", "-t", TOPIC)
        assert made.exit_code == 0, made.stderr
    return run


def profile(run: Command, name: str = "layla") -> dict[str, object]:
    shown: dict[str, object] = json.loads(run("subscribers", "show", f"{name}@example.org", "--json").output)
    return shown


@pytest.mark.long
def test_a_reader_is_shown_put_right_and_unsubscribed(readers: Command) -> None:
    ways = ("--name", "ليلى", "--zone", "Asia/Baghdad", "--tag", "vip")
    assert readers("subscribers", "edit", "layla@example.org", *ways).exit_code == 0
    shown = profile(readers)
    assert (shown["name"], shown["time_zone"], shown["tags"]) == ("ليلى", "Asia/Baghdad", ["vip"])
    page = readers("subscribers", "show", "Layla@Example.org").output
    assert "fair" in page, "what their consent rests on"
    assert "سياسة" in page
    assert readers("subscribers", "edit", "layla@example.org", "--name", "ليلى حسن").exit_code == 0
    assert profile(readers)["tags"] == ["vip"], "what is left out stays"
    assert readers("subscribers", "unsubscribe", "layla@example.org").exit_code == 0
    follows = profile(readers)["subscriptions"]
    assert isinstance(follows, list)
    assert [one["ended_reason"] for one in follows] == ["unsubscribed"]


@pytest.mark.long
def test_a_reader_of_a_suppressed_domain_is_shown_as_suppressed(readers: Command) -> None:
    assert readers("subscribers", "suppress", "@example.org", "--reason", "moved").exit_code == 0
    shown = profile(readers)
    assert (shown["suppressed"], shown["suppressed_domain"]) == ("moved", "example.org")
    assert "suppressed with all of @example.org: moved" in readers("subscribers", "show", "layla@example.org").output
    assert len(readers("subscribers", "export", "--json", "--state", "suppressed").output.splitlines()) == 3
    assert readers("subscribers", "export", "--json", "--state", "active").output == ""


@pytest.mark.long
def test_what_cannot_be_is_said_in_a_line(readers: Command) -> None:
    for words, said in (
        (("show", "nobody@example.org"), "no subscriber"),
        (("edit", "layla@example.org", "--zone", "Mars/Base"), "no such language or time zone"),
        (("show", "x"), "not an address"),
        (("act", "untag", "nothing"), "no tag 'nothing'"),
        (("act", "tag", "vip", "--topic", "category:x"), "no topic 'category:x'"),
        (("act", "tag", "vip", "--state", "asleep"), "states are"),
        (("export", "--state", "asleep"), "states are"),
        (("export", "--since", "yesterday"), "a day looks like"),
        (("export", "--tag", "nothing"), "no tag 'nothing'"),
        (("undo", "7"), "act 7 is not there"),
    ):
        refused = readers("subscribers", *words)
        assert refused.exit_code in {1, 2}
        assert said in refused.stderr


@pytest.mark.long
def test_readers_who_fit_are_taken_away(readers: Command) -> None:
    readers("subscribers", "edit", "omar@example.org", "--tag", "vip", "--name", "عمر")
    readers("subscribers", "edit", "ruth@example.org", "--language", "he")
    for options, found in (
        ((), ["layla", "omar", "ruth"]), (("--words", "Layla@"), ["layla"]), (("--words", "عمر"), ["omar"]),
        (("--tag", "vip"), ["omar"]), (("--language", "he"), ["ruth"]), (("--topic", TOPIC, "--tag", "vip"), ["omar"]),
        (("--since", "2999-01-01"), []), (("--state", "paused"), []), (("--words", "omar@", "--language", "he"), []),
    ):  # fmt: skip
        lines = readers("subscribers", "export", "--json", *options).output.splitlines()
        assert [json.loads(line)["email"].partition("@")[0] for line in lines] == found, options


@pytest.mark.long
def test_an_act_on_many_is_done_at_once_and_undone_exactly(readers: Command) -> None:
    assert "3 of 3 readers changed" in readers("subscribers", "act", "tag", "vip", "--topic", TOPIC).output
    assert "1 of 1" not in readers("subscribers", "act", "unsubscribe", TOPIC, "--tag", "vip").output
    first, second = reversed(json.loads(readers("subscribers", "acts", "--json").output))
    assert (first["state"], first["changed"], second["words"]) == ("done", 3, TOPIC)
    assert "undone" in readers("subscribers", "undo", str(second["id"])).output
    follows = profile(readers, "omar")["subscriptions"]
    assert isinstance(follows, list)
    assert [one["ended_reason"] for one in follows if not one["ended_reason"]], "they follow it again"
    with assembly.parts().db.reading() as session:
        assert session.scalars(select(Subscriber.confirmed_at)).all() != [None] * 3
        assert {"readers.act_begun", "readers.act_undone"} <= set(session.scalars(select(AuditEvent.action)))
