"""Whom the desk lets in on a provider's word."""

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select

from notifier import staff
from notifier.desk import second_factor
from notifier.domain.desk_words import Role
from notifier.models import AuditEvent, User
from tests.desk.conftest import PASSWORD
from tests.desk.single_sign_on.conftest import COOKIE, Newsroom

OTHER = {"sub": "s-2"}


def test_a_user_who_is_known_comes_in_by_the_account_with_their_address(newsroom: Newsroom) -> None:
    newsroom.invite()
    assert "<span>Continue with <bdi>Rafidain ID</bdi></span>" in newsroom.browser.get("/desk/login").text
    answer = newsroom.log_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert newsroom.is_in()
    user = newsroom.user()
    assert newsroom.bound() == [(user.id, "s-1")]
    assert (user.name, user.invitation_hash) == ("سارة", "")
    assert newsroom.log() == ["user.bound", "user.logged_in"]


def test_the_question_stays_with_the_browser_for_ten_minutes_and_out_of_reach_of_scripts(newsroom: Newsroom) -> None:
    cookie = newsroom.browser.get("/desk/sso", follow_redirects=False).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Max-Age=600", "Path=/"):
        assert part in cookie
    newsroom.invite()
    answer = newsroom.log_in()
    assert any(f'{COOKIE}=""' in one for one in answer.headers.get_list("set-cookie"))


def test_an_invitation_is_taken_up_by_the_account_and_its_link_works_no_more(newsroom: Newsroom) -> None:
    token = newsroom.invite()
    assert 'href="/desk/sso"' in newsroom.browser.get(f"/desk/welcome/{token}").text
    newsroom.log_in()
    assert newsroom.browser.get(f"/desk/welcome/{token}").status_code == 410


def test_a_changed_address_neither_locks_out_nor_takes_over(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.invite("huda@naba.example")
    newsroom.log_in()
    sara = newsroom.user().id
    newsroom.browser.cookies.clear()
    newsroom.log_in(email="huda@naba.example")
    assert newsroom.is_in()
    assert newsroom.bound() == [(sara, "s-1")]


def test_an_address_that_somebody_else_got_lets_nobody_into_the_bound_account(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    newsroom.browser.cookies.clear()
    answer = newsroom.log_in(**OTHER)
    assert answer.status_code == 403
    assert "is linked to this address" in answer.text
    assert not newsroom.is_in()
    assert [subject for _, subject in newsroom.bound()] == ["s-1"]
    assert newsroom.log()[-1] == "user.refused bound_otherwise"


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_address_without_the_providers_word_binds_nobody(newsroom: Newsroom, claims: dict[str, Any]) -> None:
    newsroom.invite()
    answer = newsroom.log_in(**claims)
    assert answer.status_code == 403
    assert "does not say that your e-mail address is yours" in answer.text
    assert (newsroom.bound(), newsroom.is_in()) == ([], False)
    assert newsroom.log() == ["user.refused unverified"]


@pytest.mark.parametrize("looks_like", ["\u017fara@naba.example", "\uff53ara@naba.example", "sara+a@naba.example"])
def test_a_mailbox_that_only_looks_like_somebody_s_is_a_stranger_s(newsroom: Newsroom, looks_like: str) -> None:
    newsroom.invite()
    assert newsroom.log_in(email=looks_like).status_code == 403
    assert (newsroom.bound(), newsroom.is_in()) == ([], False)


def test_a_stranger_becomes_no_user(newsroom: Newsroom) -> None:
    answer = newsroom.log_in()
    assert answer.status_code == 403
    assert "no account for you" in answer.text
    with newsroom.desk.visit.parts.db.reading() as session:
        assert session.scalars(select(User)).all() == []
    assert newsroom.log() == ["user.refused unknown"]


@pytest.mark.parametrize("is_bound", [True, False])
def test_who_was_put_out_stays_out(newsroom: Newsroom, is_bound: bool) -> None:  # noqa: FBT001 - both ways
    newsroom.invite()
    newsroom.invite("owner@naba.example", Role.OWNER)
    if is_bound:
        newsroom.log_in()
    with newsroom.desk.visit.parts.db.writing() as session:
        session.get_one(User, newsroom.user().id).disabled_at = newsroom.desk.visit.now
    answer = newsroom.log_in()
    assert answer.status_code == 403
    assert "no account for you" in answer.text
    assert not newsroom.is_in()
    assert newsroom.log()[-1] == "user.refused disabled"


def test_the_desks_own_second_factor_follows(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    secret = second_factor.new_secret()
    turn_on(newsroom, secret)
    newsroom.browser.cookies.clear()
    newsroom.log_in(amr=["pwd", "otp"])
    assert newsroom.browser.get("/desk/people", follow_redirects=False).headers["location"] == "/desk/code"
    assert newsroom.log()[-1] == "user.second_factor_on"
    newsroom.desk.visit.now += timedelta(seconds=30)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', newsroom.browser.get("/desk/code").text)
    assert csrf
    code = pyotp.TOTP(secret).at(newsroom.desk.visit.now)
    newsroom.browser.post("/desk/code", data={"csrf": csrf[1], "code": code})
    assert newsroom.is_in()
    assert newsroom.log()[-1] == "user.logged_in"


@pytest.mark.parametrize("knobs", [{"oidc_second_factor": "otp,gold"}], indirect=True)
@pytest.mark.parametrize(
    ("claims", "is_enough"), [({"amr": ["pwd", "otp"]}, True), ({"acr": "gold"}, True), ({"amr": ["pwd"]}, False)]
)
def test_the_providers_second_factor_is_enough_where_the_settings_say_so(
    newsroom: Newsroom,
    claims: dict[str, Any],
    is_enough: bool,  # noqa: FBT001 - the expected answer
) -> None:
    newsroom.invite()
    newsroom.log_in()
    turn_on(newsroom, second_factor.new_secret())
    newsroom.browser.cookies.clear()
    newsroom.log_in(**claims)
    assert newsroom.is_in() is is_enough


def test_who_has_no_password_turns_the_second_factor_off_by_a_code(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    spare = turn_on(newsroom, second_factor.new_secret())
    page = newsroom.browser.get("/desk/me").text
    assert 'type="password"' not in page
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert csrf
    form = {"csrf": csrf[1], "current": ""}
    assert newsroom.browser.post("/desk/me/second-factor/off", data=form).status_code == 422
    newsroom.browser.post("/desk/me/second-factor/off", data={**form, "current": spare[0]})
    assert newsroom.user().totp_sealed == ""


def test_it_goes_on_to_the_page_that_was_wanted_and_nowhere_else(newsroom: Newsroom) -> None:
    newsroom.invite()
    for onward, path in (("/desk/me", "/desk/me"), ("https://evil.example", "/desk"), ("//evil.example", "/desk")):
        url = newsroom.begin(f"?next={onward}")
        assert newsroom.back(newsroom.provider.visit(url)).headers["location"] == path


def test_unlinking_ends_what_was_begun_and_the_next_sign_in_binds_anew(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    owner = newsroom.desk.add(Role.OWNER)
    sara = newsroom.user().id
    assert f"/desk/people/{sara}/unlink" in owner.get("/people").text
    assert owner.post(f"/people/{sara}/unlink").status_code == 200
    assert (newsroom.bound(), newsroom.is_in()) == ([], False)
    assert newsroom.log()[-1] == "user.unlinked"
    newsroom.log_in(**OTHER)
    assert newsroom.bound() == [(sara, "s-2")]
    assert owner.post("/people/999/unlink").status_code == 404


def test_too_many_answers_from_one_network_are_refused_like_passwords(newsroom: Newsroom) -> None:
    codes = [newsroom.back({"state": "x", "code": "y"}).status_code for _ in range(21)]
    assert codes == [400] * 20 + [429]
    form = {"address": "sara@naba.example", "password": PASSWORD}
    assert newsroom.browser.post("/desk/login", data=form).status_code == 429


def test_the_log_holds_no_address_and_no_subject(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    newsroom.log_in(**OTHER)
    with newsroom.desk.visit.parts.db.reading() as session:
        told = [f"{line.actor} {line.detail}" for line in session.scalars(select(AuditEvent))]
    assert told
    assert not any("@" in one or "s-1" in one or "s-2" in one for one in told)


def turn_on(newsroom: Newsroom, secret: str) -> list[str]:
    """The desk's second factor, in the browser's own sitting; gives the spare codes."""
    visit = newsroom.desk.visit
    seat = staff.seat(visit.parts, newsroom.browser.cookies["__Host-desk"], visit.now)
    assert seat
    return staff.turn_on_second_factor(visit.parts, seat, secret, pyotp.TOTP(secret).at(visit.now), visit.now)
