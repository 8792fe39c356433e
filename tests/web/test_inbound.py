"""Mail by a provider's webhook: signed, taken once, and no larger than is taken elsewhere."""

import pytest

from notifier.domain.webhook import Hook, sign
from notifier.mailroom.hook import key_of
from notifier.models import Reply
from tests.mailroom.conftest import mail
from tests.web.conftest import Visit

PATH = "/api/v1/inbound/raw"
KNOBS = [{"inbound_domain": "answers.naba.example", "inbound_bytes_max": 20_000}]


def send(visit: Visit, body: bytes, signature: str = "", age_s: int = 0) -> tuple[int, object]:
    hook = Hook("in_1", int(visit.now.timestamp()) - age_s)
    signed = {
        "webhook-id": hook.id,
        "webhook-timestamp": str(hook.timestamp),
        "webhook-signature": signature or sign(key_of(visit.parts), hook, body),
    }
    found = visit.client.post(PATH, content=body, headers=signed)
    return found.status_code, found.json()


@pytest.mark.parametrize("knobs", KNOBS, indirect=True)
def test_a_signed_mail_is_taken_once(visit: Visit) -> None:
    reader = visit.active()
    token = visit.parts.signer.sign_local("reply", visit.delivery(reader))
    data = mail(to=f"reply+{token}@answers.naba.example", sender="layla@example.org")
    told = {"outcome": "refused", "reason": "no_way"}
    assert send(visit, data) == send(visit, data) == (200, told)
    assert len(visit.rows()[Reply.__tablename__]) == 1


@pytest.mark.parametrize("knobs", KNOBS, indirect=True)
def test_whatever_is_unsigned_old_foreign_or_large_changes_nothing(visit: Visit) -> None:
    before = visit.rows()
    assert send(visit, mail(), "v1,AAAA")[0] == 401
    assert send(visit, mail(), age_s=3600)[0] == 401
    assert send(visit, mail()) == (200, {"outcome": "unknown"})
    assert send(visit, mail("x" * 30_000))[0] == 413
    assert visit.client.get(PATH).status_code == 405
    assert visit.rows() == before
