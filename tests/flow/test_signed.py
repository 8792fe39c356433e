"""What the flow sends is signed, where the site's domain has a key."""

from dataclasses import replace

from notifier.domain.dkim import DkimKey, DkimSigner
from notifier.domain.words import Frequency
from notifier.stages.render import Press
from tests.receiver import ED25519, RSA, signatures, verdicts
from tests.world import RENDERER, World

KEYS = [DkimKey("rafidain.example", key.selector, key.private) for key in (RSA, ED25519)]


def test_every_letter_of_a_site_with_keys_is_signed(world: World) -> None:
    world.later(days=-365)
    world.parts = replace(world.parts, press=Press(RENDERER, dkim=DkimSigner(KEYS)))
    world.topics(["category:سياسة"])
    world.sign_up("layla@example.org")
    world.work()
    (asking,) = world.wire.sent
    assert verdicts(asking.data, *KEYS) == [True, True]
    world.reader("ali@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    (alert,) = world.wire.sent
    assert verdicts(alert.data, *KEYS) == [True, True]


def test_without_keys_letters_leave_unsigned(world: World) -> None:
    world.reader("ali@example.org", frequency=Frequency.INSTANT)
    world.article("1")
    world.work()
    (alert,) = world.wire.sent
    assert signatures(alert.data) == []
