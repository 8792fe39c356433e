"""Trying an account: against a real server, within seconds, and told in words."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from notifier import ways_out
from notifier.account import Account
from notifier.db import Database
from notifier.desk.audit import Actor
from notifier.ways_out import Tried
from tests.transports.post_office import HANG, PASSWORD, USER, PostOffice, free_port, opened
from tests.world import World, make_world

ME = "editor@rafidain.example"


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return make_world(db, tmp_path / "journal")


def tried(world: World, port: int, to: str = "", **account: object) -> Tried:
    ways = {"relay": Account.model_validate({"host": "127.0.0.1", "port": port, **account})}
    parts = replace(world.parts, settings=world.parts.settings.model_copy(update={"smtp_accounts": ways}))
    return ways_out.try_account(parts, world.site.id, "relay", to, Actor("user:1"), world.now)


def test_a_server_that_is_ready_says_what_it_offers_and_gets_no_letter(world: World) -> None:
    with opened(PostOffice()) as office:
        found = tried(world, office.port)
    assert (found.is_ready, found.tls, found.has_logged_in, found.said[:3]) == (True, "", False, "221")
    assert {"8BITMIME", "SIZE"} <= set(found.offers)
    assert office.letters == []


def test_a_letter_to_oneself_arrives_in_the_sites_language(world: World) -> None:
    with opened(PostOffice()) as office:
        found = tried(world, office.port, ME)
    assert (found.is_ready, found.sent_to) == (True, ME)
    (letter,) = office.letters
    assert letter.rcpt_tos == [ME]
    assert b"Content-Language: ar" in (letter.content or b"")
    assert world.balance().planned == 0, "it is outside of all books"


def test_a_password_is_not_sent_in_clear(world: World) -> None:
    with opened(PostOffice()) as office:
        found = tried(world, office.port, username=USER.decode(), password=PASSWORD.decode())
    assert (found.is_ready, found.is_refused, office.auth_tries) == (False, True, 0)
    assert PASSWORD.decode() not in found.said


def test_a_refused_letter_is_told_with_the_servers_words(world: World) -> None:
    with opened(PostOffice({"RCPT": ["550 5.7.1 not for you"]})) as office:
        found = tried(world, office.port, ME)
    assert (found.is_ready, found.sent_to, found.said) == (False, "", "550 5.7.1 not for you")


def test_a_server_that_does_not_answer_keeps_nobody_waiting(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways_out, "STEP_S", 0.2)
    began = time.monotonic()
    with opened(PostOffice({"MAIL": [HANG]})) as office:
        found = tried(world, office.port, ME)
    assert not found.is_ready
    assert not tried(world, free_port()).is_ready
    assert time.monotonic() - began < 3
