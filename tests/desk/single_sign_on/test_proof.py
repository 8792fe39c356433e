"""What a provider's answer must prove before anybody comes in."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey
from sqlalchemy import select

from notifier.desk import second_factor
from notifier.models import User
from tests.desk.single_sign_on.conftest import COOKIE, Newsroom
from tests.desk.single_sign_on.small_provider import Signs, ec, rsa, signed

FOREIGN = "https://evil.example"


def refused(newsroom: Newsroom, why: str, status: int = 403, **claims: Any) -> None:
    newsroom.invite()
    answer = newsroom.log_in(**claims)
    assert answer.status_code == status
    assert (newsroom.bound(), newsroom.is_in()) == ([], False)
    assert newsroom.log() == [f"user.refused {why}"]


@pytest.mark.matrix(4)
@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": FOREIGN},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["desk", "another"]},
        {"aud": ["desk", "another"], "azp": "another"},
        {"azp": "another"},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": None},
        {"at_hash": "of another access token"},
    ],
    ids=str,
)
def test_a_token_that_speaks_of_somebody_or_something_else_is_refused(
    newsroom: Newsroom, claims: dict[str, Any]
) -> None:
    refused(newsroom, "token", **claims)


def test_an_expired_token_is_refused(newsroom: Newsroom) -> None:
    at = int(newsroom.desk.visit.now.timestamp())
    refused(newsroom, "token", iat=at - 600, exp=at - 61)


def by_hand(claims: dict[str, Any], algorithm: str, secret: bytes) -> str:
    """A token that no library would make."""
    head = {"alg": algorithm, "kid": "rsa-0"}
    said = ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims))
    mac = hmac.digest(secret, said.encode(), "sha256") if secret else b""
    return f"{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


def with_a_changed_subject(claims: dict[str, Any]) -> str:
    head, _, signature = signed(claims, rsa()).split(".")
    other = signed({**claims, "sub": "s-9"}, rsa()).split(".")[1]
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        lambda claims: by_hand(claims, "none", b""),
        lambda claims: by_hand(claims, "HS256", rsa().as_pem(private=False)),
        with_a_changed_subject,
        lambda claims: signed(claims, rsa(7)),
        lambda _claims: "no token at all",
        lambda _claims: "",
    ],
    ids=["none", "hs256 with the public key", "changed", "a key of nobody's", "rubbish", "nothing"],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(newsroom: Newsroom, sign: Signs) -> None:
    newsroom.provider.sign = sign
    refused(newsroom, "token")


def test_a_secret_among_the_providers_keys_verifies_nothing(newsroom: Newsroom) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    newsroom.provider.keys.append(secret)
    newsroom.provider.sign = lambda claims: signed(claims, secret, "HS256")
    refused(newsroom, "token")


@pytest.mark.parametrize(
    "sign", [lambda claims: signed(claims, ec(), "ES256"), lambda claims: signed(claims, rsa(), "PS256")]
)
def test_other_asymmetric_signatures_are_as_good(newsroom: Newsroom, sign: Signs) -> None:
    newsroom.invite()
    newsroom.provider.sign = sign
    newsroom.log_in()
    assert newsroom.is_in()


@pytest.mark.parametrize(
    "changed",
    [
        lambda brought: {**brought, "state": "another"},
        lambda brought: {**brought, "state": ""},
        lambda brought: {"state": brought["state"], "code": ""},
        lambda brought: {**brought, "code": "another"},
        lambda brought: {**brought, "iss": FOREIGN},
        lambda brought: {"state": brought["state"], "error": "access_denied"},
    ],
    ids=["state", "no state", "no code", "code", "iss", "error"],
)
def test_an_answer_that_is_not_the_one_to_our_question_is_refused(
    newsroom: Newsroom, changed: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    newsroom.invite()
    answer = newsroom.back(changed(newsroom.provider.visit(newsroom.begin())))
    assert answer.status_code in {400, 403}
    assert 'role="alert"' in answer.text
    assert (newsroom.bound(), newsroom.is_in()) == ([], False)
    assert newsroom.log()[-1].startswith("user.refused ")


def test_a_provider_that_promises_to_name_itself_must(newsroom: Newsroom) -> None:
    newsroom.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    newsroom.invite()
    brought = newsroom.provider.visit(newsroom.begin())
    assert newsroom.back(brought).status_code == 403
    assert newsroom.log() == ["user.refused foreign_issuer"]
    brought = newsroom.provider.visit(newsroom.begin())
    assert newsroom.back({**brought, "iss": newsroom.provider.issuer}).status_code == 303


def test_an_answer_in_another_browser_is_refused_and_its_code_not_even_redeemed(newsroom: Newsroom) -> None:
    newsroom.invite()
    brought = newsroom.provider.visit(newsroom.begin())
    newsroom.browser.cookies.clear()
    answer = newsroom.back(brought)
    assert answer.status_code == 400
    assert "begun in another window" in answer.text
    assert newsroom.provider.asked["/token"] == 0


def test_a_cookie_that_was_made_up_or_is_too_old_is_no_cookie(newsroom: Newsroom) -> None:
    newsroom.invite()
    brought = newsroom.provider.visit(newsroom.begin())
    kept = newsroom.browser.cookies[COOKIE]
    newsroom.browser.cookies.clear()
    newsroom.browser.cookies.set(COOKIE, kept[:-4] + "AAAA")
    assert newsroom.back(brought).status_code == 400
    newsroom.browser.cookies.clear()
    newsroom.browser.cookies.set(COOKIE, kept)
    newsroom.desk.visit.now += timedelta(minutes=10)
    assert newsroom.back(brought).status_code == 400
    assert newsroom.provider.asked["/token"] == 0


def test_a_code_lets_in_once_even_with_the_cookie_it_came_with(newsroom: Newsroom) -> None:
    newsroom.invite()
    brought = newsroom.provider.visit(newsroom.begin())
    kept = newsroom.browser.cookies[COOKIE]
    assert newsroom.back(brought).status_code == 303
    newsroom.browser.cookies.clear()
    newsroom.browser.cookies.set(COOKIE, kept)
    assert newsroom.back(brought).status_code == 403
    assert newsroom.log()[-1] == "user.refused code"
    assert not newsroom.is_in()


def test_a_code_that_was_caught_is_of_no_use_without_the_verifier(newsroom: Newsroom) -> None:
    """Somebody else's code put into one's own flow: PKCE and the nonce both stand against it."""
    newsroom.invite()
    caught = newsroom.provider.visit(newsroom.begin())["code"]
    own = newsroom.provider.visit(newsroom.begin())
    assert newsroom.back({**own, "code": caught}).status_code == 403
    assert newsroom.log() == ["user.refused code"]


@pytest.mark.parametrize("knobs", [{"oidc_verified_claim": "xms_edov"}], indirect=True)
@pytest.mark.parametrize("said", [True, 1, "1", "true"])
def test_another_claim_may_vouch_for_the_address(newsroom: Newsroom, said: object) -> None:
    newsroom.invite()
    newsroom.log_in(email_verified=None, xms_edov=said)
    assert newsroom.is_in()


def test_what_the_token_leaves_out_is_asked_for(newsroom: Newsroom) -> None:
    newsroom.invite()
    told = {"sub": "s-1", "email": "sara@naba.example", "email_verified": True}
    newsroom.provider.claims, newsroom.provider.userinfo = {"sub": "s-1"}, {**told, "sub": "s-2"}
    assert newsroom.log_in().status_code == 403
    newsroom.provider.userinfo = told
    assert newsroom.log_in().status_code == 303


def test_the_answer_that_has_the_address_has_the_last_word_on_it(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.provider.claims = {"sub": "s-1", "email_verified": True}
    newsroom.provider.userinfo = {"sub": "s-1", "email": "sara@naba.example", "email_verified": False}
    assert newsroom.log_in().status_code == 403
    assert newsroom.log() == ["user.refused unverified"]


@pytest.mark.parametrize("knobs", [{"oidc_second_factor": "mfa"}], indirect=True)
def test_of_how_somebody_logged_in_the_token_alone_speaks(newsroom: Newsroom) -> None:
    newsroom.invite()
    newsroom.log_in()
    with newsroom.desk.visit.parts.db.writing() as session:
        user = session.scalars(select(User)).one()
        second_factor.turn_on(session, user, newsroom.desk.visit.parts.sealer, second_factor.new_secret(), 0)
    newsroom.browser.cookies.clear()
    newsroom.provider.claims = {"sub": "s-1"}
    newsroom.provider.userinfo = {"sub": "s-1", "email": "sara@naba.example", "email_verified": True, "amr": ["mfa"]}
    newsroom.log_in()
    assert not newsroom.is_in()
