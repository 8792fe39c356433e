"""Every route of the JSON API against every scope, as the document names them; a key that reads changes nothing."""

import re
from typing import Any

import pytest

from notifier.domain.desk_words import USUAL, Permission
from tests.web.conftest import Visit

OPEN = {"box", "signups"}
"""What readers use: without a key."""


def operations(visit: Visit) -> list[tuple[str, str, str]]:
    """(method, path, scope) of what needs a key, from the document."""
    found = []
    for path, methods in visit.client.get("/api/v1/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            for scheme in operation.get("security", []):
                (scopes,) = scheme.values()
                found += [(method, path, scope) for scope in scopes]
    return found


def filled(path: str) -> str:
    """A path of the site `naba` with something in each place."""
    words = {"site": "naba", "kind": "digest", "act": "pause", "guid": "a1"}
    return re.sub(r"\{(\w+)[^}]*\}", lambda part: words.get(part[1], "1"), path)


def call(visit: Visit, method: str, path: str, key: dict[str, str]) -> int:
    body: dict[str, Any] = {} if method == "get" else {"json": {}}
    return visit.client.request(method, filled(path), headers=key, **body).status_code


def test_every_route_of_a_site_names_its_scope_but_those_of_readers(visit: Visit) -> None:
    document = visit.client.get("/api/v1/openapi.json").json()
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    named = {path for _, path, _ in operations(visit)}
    bare = {path.split("/")[5] for path in document["paths"] if "/sites/{site}/" in path and path not in named}
    assert bare == OPEN
    assert {scope for _, _, scope in operations(visit)} == {one.value for one in Permission}


@pytest.mark.long
def test_each_scope_opens_its_own_routes_and_no_other(visit: Visit) -> None:
    found = operations(visit)
    assert len(found) > 80
    visit.without_doctor()
    visit.key(("keys:write",))  # The first one: routes revoke and replace it.
    alone = {one.value: visit.key((one.value,)) for one in Permission}
    others = {one.value: visit.key(tuple(other.value for other in Permission if other != one)) for one in Permission}
    for method, path, scope in found:
        assert call(visit, method, path, others[scope]) == 403, (method, path, scope)
        opened = call(visit, method, path, alone[scope])
        assert opened < 500, (method, path, opened)
        assert opened not in {401, 403}, (method, path, scope, opened)


def test_a_key_that_reads_changes_nothing(visit: Visit) -> None:
    reads = tuple(one.value for one in Permission if one.value.endswith(":read"))
    key = visit.key(reads, last_used_at=visit.now)
    before = visit.rows()
    for method, path, needed in operations(visit):
        if needed in reads:
            assert method == "get" or path.endswith(("/search", "/preview")), path
        call(visit, method, path, key)
    assert visit.rows() == before


def test_every_body_that_is_taken_has_an_example(visit: Visit) -> None:
    document = visit.client.get("/api/v1/openapi.json").json()
    schemas, lacking = document["components"]["schemas"], set()
    for methods in document["paths"].values():
        for operation in methods.values():
            for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                name = media["schema"].get("$ref", "").rpartition("/")[2]
                if kind == "application/json" and name and not schemas[name].get("examples"):
                    lacking.add(name)
    assert lacking == set()


@pytest.mark.long
def test_errors_are_problem_details_in_the_document_and_in_truth(visit: Visit) -> None:
    document = visit.client.get("/api/v1/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if status.startswith("4") and path.startswith("/api/"):
                    assert list(response.get("content", {})) in ([], ["application/problem+json"]), path
    answer = visit.client.get(
        "/api/v1/sites/naba/subscribers", headers={**visit.key(), "Accept-Language": "ar"}
    )  # fmt: skip
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    told = answer.json()
    assert (told["type"], told["status"], told["title"]) == ("about:blank", 403, "Forbidden")
    assert told["detail"] == told["error"]["message"]
    assert "subscribers:read" in told["detail"]
    assert re.search(r"[\u0600-\u06ff]", told["detail"])


def test_a_key_that_was_made_without_saying_sees_nothing_of_readers_or_the_setup() -> None:
    assert {one.value.partition(":")[0] for one in USUAL} == {"items", "issues"}
