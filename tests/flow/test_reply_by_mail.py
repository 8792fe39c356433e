"""The whole way: a guest comments, is answered three times, gets one letter, answers it by mail, and then has quiet."""

import json
import smtplib
from email.utils import parseaddr

import pytest

from notifier import readers
from notifier.consent.mutes import Muting
from notifier.domain.words import Frequency
from notifier.mailroom.lmtp import LmtpServer
from tests.mailroom.conftest import HE, ME, SHE, Paper, mail, paper, world
from tests.world import World, text_of

__all__ = ["paper", "world"]


def pass_time(world: World, minutes: int) -> None:
    for _ in range(minutes):
        world.later(minutes=1)
        world.tick()


@pytest.mark.long
def test_a_guest_is_answered_answers_by_mail_and_has_quiet(world: World, paper: Paper) -> None:
    world.article("1", title="منسوب دجلة يرتفع")
    world.comment("mine", "1", author_address=ME, author_name="ليلى")
    world.work()
    world.reader(ME, "mine:1", frequency=Frequency.INSTANT, name="ليلى البصري")
    for guid, who in (("a", SHE), ("b", HE), ("c", SHE)):
        world.comment(guid, "1", "mine", author_address=who, author_name="سالم")
    pass_time(world, 5)
    (letter,) = world.letters()
    text = text_of(letter)
    assert text.startswith(("\u200f── ", "── "))
    assert all(f"تعليق {guid}" in text for guid in "abc")

    quoted = "\n".join(f"> {line}" for line in text.split("\n"))
    announced = "في الاثنين، 23 نوفمبر 2026 في 12:05 م تمت كتابة ما يلي بواسطة x <news@r.example>:"
    answer = f"شكراً لكم جميعاً.\n\n{announced}\n\n{quoted}"
    with LmtpServer(world.parts, "127.0.0.1:0", world.clock) as door, smtplib.LMTP("127.0.0.1", door.port) as client:
        client.sendmail(ME, [parseaddr(letter["Reply-To"])[1]], mail(answer))
    world.work()
    ((_, body),) = paper.seen
    told = json.loads(body)["data"]
    assert (told["text"], told["author_name"], told["parent"]) == ("شكراً لكم جميعاً.", "ليلى البصري", "c")

    # The site has approved it and sends it back as a comment like any other: nobody is told of their own words.
    world.comment("by-mail", "1", told["parent"], author_address=told["author_email"], html=f"<p>{told['text']}</p>")
    pass_time(world, 30)
    assert len(world.letters()) == 1
    token = text.split("/u/")[1].split()[0]
    link = readers.read_link(world.parts, "u", token)
    assert link
    assert readers.mute(world.parts, link, Muting.THREAD, "", world.now)
    world.comment("d", "1", "mine", author_address=SHE)
    pass_time(world, 90)
    assert len(world.letters()) == 1
    world.balance()
