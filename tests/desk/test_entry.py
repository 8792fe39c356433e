"""Who gets into the desk, and who does not."""

import re
from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from notifier import staff
from notifier.desk import passwords, second_factor
from notifier.desk.audit import Actor
from notifier.desk.people import DeskError
from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, Sitting, User
from tests.desk.conftest import IN_EARNEST, PASSWORD, Desk, Somebody

NEW = "يمشي النهر إلى البحر"


def user_of(desk: Desk, who: Somebody) -> User:
    with desk.visit.parts.db.reading() as session:
        return session.get_one(User, who.user_id)


def second_factor_of(desk: Desk, who: Somebody) -> tuple[str, list[str]]:
    """Turn it on by the page; gives the secret and the spare codes."""
    secret = re.search(r'name="secret" value="([A-Z2-7]+)"', who.get("/me/second-factor").text)
    assert secret
    code = pyotp.TOTP(secret[1]).at(desk.visit.now)
    page = who.post("/me/second-factor", secret=secret[1], code=code)
    spare = re.findall(r"<li><code>([0-9a-f-]+)</code>", page.text)
    assert len(spare) == second_factor.SPARE_CODES
    return secret[1], spare


def test_an_invitation_lets_in_once_and_only_with_a_password_worth_the_name(desk: Desk) -> None:
    visit, browser = desk.visit, desk.browser()
    token = staff.invite(visit.parts, "Sara@Naba.example", Role.EDITOR, "ar", Actor("cli"), visit.now)
    page = browser.get(f"/desk/welcome/{token}")
    assert "sara@naba.example" in page.text.lower()
    weak = browser.post(f"/desk/welcome/{token}", data={"name": "سارة", "password": "12345"})
    assert weak.status_code == 422
    assert "كلمة المرور قصيرة" in weak.text
    done = browser.post(f"/desk/welcome/{token}", data={"name": "سارة", "password": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/desk/me")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert "Secure" in done.headers["set-cookie"]
    assert "سارة" in browser.get("/desk/me").text
    assert browser.get(f"/desk/welcome/{token}").status_code == 410


def test_an_invitation_ends_after_three_days(desk: Desk) -> None:
    visit = desk.visit
    token = staff.invite(visit.parts, "sara@naba.example", Role.EDITOR, "ar", Actor("cli"), visit.now)
    visit.now += timedelta(days=3)
    assert desk.browser().get(f"/desk/welcome/{token}").status_code == 410
    assert desk.browser().post(f"/desk/welcome/{token}", data={"password": PASSWORD}).status_code == 410


def test_a_password_is_kept_at_the_price_that_owasp_asks_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", IN_EARNEST)
    kept = passwords.hashed(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right(kept, PASSWORD)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(desk: Desk) -> None:
    desk.add(Role.OWNER)
    pages = [
        desk.browser().post("/desk/login", data={"address": address, "password": "wrong password here"})
        for address in ("owner@naba.example", "nobody@naba.example")
    ]
    assert [page.status_code for page in pages] == [422, 422]
    assert pages[0].text.replace("owner@", "") == pages[1].text.replace("nobody@", "")


def test_who_logs_in_goes_on_to_the_page_they_wanted_and_nowhere_else(desk: Desk) -> None:
    desk.add(Role.OWNER)
    for onward, path in (("/desk/log", "/desk/log"), ("https://evil.example", "/desk"), ("//evil.example", "/desk")):
        form = {"address": "owner@naba.example", "password": PASSWORD, "next": onward}
        answer = desk.browser().post("/desk/login", data=form, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert desk.browser().get("/desk/log", follow_redirects=False).headers["location"] == "/desk/login?next=/desk/log"


def test_a_login_form_of_another_site_is_refused(desk: Desk) -> None:
    desk.add(Role.OWNER)
    form = {"address": "owner@naba.example", "password": PASSWORD}
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert desk.browser().post("/desk/login", data=form, headers=header).status_code == 403


def test_guessing_is_slowed_down_by_address_and_by_network(desk: Desk) -> None:
    desk.add(Role.OWNER)
    form = {"address": "owner@naba.example", "password": "not it, not it"}
    codes = [desk.browser().post("/desk/login", data=form).status_code for _ in range(21)]
    assert codes == [422] * 20 + [429]
    right = {"address": "owner@naba.example", "password": PASSWORD}
    assert desk.browser().post("/desk/login", data=right).status_code == 429


def test_another_spelling_of_an_address_is_the_same_address_to_whoever_guesses(desk: Desk) -> None:
    desk.add(Role.OWNER)
    spelled = ("owner@naba.example", " owner@naba.example", "Owner@NABA.example ", "owner@naba\u3002example")
    answers = []
    for n in range(21):
        # Each from another network: only the address is counted on.
        browser = TestClient(desk.visit.client.app, base_url="https://testserver", client=(f"203.0.113.{n}", 1))
        browser.portal = desk.visit.client.portal
        answers.append(browser.post("/desk/login", data={"address": spelled[n % 4], "password": "not it, no"}))
    assert [one.status_code for one in answers] == [422] * 20 + [429]


def test_a_second_factor_is_not_replaced_by_whoever_finds_a_browser_open(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    second_factor_of(desk, owner)
    sealed = user_of(desk, owner).totp_sealed
    theirs = second_factor.new_secret()
    code = pyotp.TOTP(theirs).at(desk.visit.now)
    assert owner.get("/me/second-factor").headers["location"] == "/desk/me"
    assert owner.post("/me/second-factor", secret=theirs, code=code).headers["location"] == "/desk/me"
    seat = staff.seat(desk.visit.parts, str(owner.client.cookies["__Host-desk"]), desk.visit.now)
    assert seat
    with pytest.raises(DeskError):
        staff.turn_on_second_factor(desk.visit.parts, seat, theirs, code, desk.visit.now)
    assert user_of(desk, owner).totp_sealed == sealed


def test_a_second_factor_is_asked_for_and_no_code_counts_twice(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    secret, _ = second_factor_of(desk, owner)
    browser = desk.browser()
    browser.post("/desk/login", data={"address": "owner@naba.example", "password": PASSWORD})
    somebody = Somebody(desk.visit, browser, owner.user_id)
    assert somebody.get("/people").headers["location"] == "/desk/code"
    used = pyotp.TOTP(secret).at(desk.visit.now)
    assert somebody.post("/code", code=used).status_code == 422
    desk.visit.now += timedelta(seconds=30)
    code = pyotp.TOTP(secret).at(desk.visit.now)
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert somebody.post("/code", code=arabic).headers["location"] == "/desk"
    assert somebody.get("/people").status_code == 200


def test_a_spare_code_lets_in_once(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    _, spare = second_factor_of(desk, owner)
    for expected in (303, 422):
        browser = desk.browser()
        browser.post("/desk/login", data={"address": "owner@naba.example", "password": PASSWORD})
        assert Somebody(desk.visit, browser, owner.user_id).post("/code", code=spare[0]).status_code == expected
    assert len(user_of(desk, owner).spare_hashes) == second_factor.SPARE_CODES - 1


def test_the_shared_secret_is_sealed_in_the_database(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    secret, _ = second_factor_of(desk, owner)
    user = user_of(desk, owner)
    assert secret not in user.totp_sealed
    sealer = desk.visit.parts.sealer
    assert sealer.open(user.totp_sealed, f"totp:{user.id}") == secret
    assert sealer.open(user.totp_sealed, "totp:999") is None


def test_a_new_password_ends_every_other_sitting(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    other = desk.browser()
    other.post("/desk/login", data={"address": "owner@naba.example", "password": PASSWORD})
    assert other.get("/desk/me", follow_redirects=False).status_code == 200
    assert owner.post("/me/password", current="wrong", password=NEW).status_code == 422
    assert owner.post("/me/password", current=PASSWORD, password=NEW).status_code == 303
    assert other.get("/desk/me", follow_redirects=False).status_code == 303
    assert owner.get("/me").status_code == 200
    assert passwords.is_right(user_of(desk, owner).password_hash, NEW)


def test_sittings_are_seen_and_ended_and_run_out(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    other = desk.browser()
    other.post("/desk/login", data={"address": "owner@naba.example", "password": PASSWORD})
    with desk.visit.parts.db.reading() as session:
        theirs = session.scalars(select(Sitting.id).order_by(Sitting.id.desc())).first()
    assert f"/desk/me/sittings/{theirs}/end" in owner.get("/me").text
    owner.post(f"/me/sittings/{theirs}/end")
    assert other.get("/desk/me", follow_redirects=False).status_code == 303
    desk.visit.now += timedelta(hours=12)
    assert owner.get("/me").status_code == 303


def test_leaving_ends_the_sitting_not_only_the_cookie(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    kept = owner.client.cookies.get("__Host-desk")
    owner.post("/logout")
    thief = desk.browser()
    thief.cookies.set("__Host-desk", kept or "")
    assert thief.get("/desk/me", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ا", "\udfff"])
def test_a_form_without_the_sittings_own_token_changes_nothing(desk: Desk, token: str) -> None:
    owner = desk.add(Role.OWNER)
    before = desk.visit.rows()
    form = {"csrf": token.encode(errors="replace").decode(), "address": "x@naba.example", "role": "owner"}
    assert owner.client.post("/desk/people/invite", data=form).status_code == 403
    assert desk.visit.rows() == before


def test_the_last_owner_stays(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    refused = owner.post(f"/people/{owner.user_id}/disable")
    assert refused.status_code == 422
    assert "مالك واحد على الأقل" in refused.text
    assert owner.post(f"/people/{owner.user_id}/role", role="editor").status_code == 422
    invited = owner.post("/people/invite", address="owner@naba.example", role="analyst")
    assert (invited.status_code, "مالك واحد على الأقل" in invited.text) == (422, True)
    assert user_of(desk, owner).role is Role.OWNER
    second = desk.add(Role.OWNER, "second@naba.example")
    assert second.post(f"/people/{owner.user_id}/disable").status_code == 200
    assert owner.get("/me").status_code == 303


def test_every_act_leaves_a_line_without_an_address(desk: Desk) -> None:
    owner = desk.add(Role.OWNER)
    owner.post("/people/invite", address="sara@naba.example", role="editor")
    with desk.visit.parts.db.reading() as session:
        lines = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [line.action for line in lines] == ["user.invited", "user.accepted", "user.invited"]
    assert lines[-1].actor == f"user:{owner.user_id}"
    assert not any("@" in str(line.detail) for line in lines)
    assert "user.invited" in owner.get("/log").text
