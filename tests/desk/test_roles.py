"""Every route of the desk against every role."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from notifier.domain.desk_words import Role
from notifier.web.desk import menu
from notifier.web.desk.gate import Gate
from tests.desk.conftest import Desk

OPEN = {"/desk/login", "/desk/welcome/{token}", "/desk/sso", "/desk/sso/back", "/desk/enter/{token}"}


def routes() -> Iterator[APIRoute]:
    found: list[BaseRoute] = [route for router in menu.ROUTERS for route in router.routes]
    yield from (route for route in found if isinstance(route, APIRoute))


def gate_of(route: APIRoute) -> Gate | None:
    gates = (dependency.call for dependency in route.dependant.dependencies)
    return next((gate for gate in gates if isinstance(gate, Gate)), None)


def test_every_route_but_the_doors_has_a_gate() -> None:
    assert {route.path for route in routes() if gate_of(route) is None} == OPEN


@pytest.mark.long
def test_each_role_gets_into_what_is_its_own_and_nothing_else(desk: Desk) -> None:
    people = {role: desk.add(role) for role in Role}
    desk.add(Role.OWNER, "second@naba.example")
    seen = 0
    for route in routes():
        gate = gate_of(route)
        if gate is None or "GET" not in (route.methods or ()):
            continue
        path = re.sub(r"\{(\w+)\}", lambda part: "naba" if part[1] == "site" else "1", route.path)
        for role, somebody in people.items():
            status = somebody.client.get(path, follow_redirects=False).status_code
            assert (status == 403) is not role.may_act_as(gate.role), (path, role, status)
            assert status < 500, (path, role)
            seen += 1
        assert desk.browser().get(path, follow_redirects=False).headers["location"].startswith("/desk/login"), path
    assert seen >= 3 * 6


def test_each_unsafe_route_is_shut_for_smaller_roles(desk: Desk) -> None:
    people = {role: desk.add(role) for role in Role}
    before = {role: somebody.csrf() for role, somebody in people.items()}
    rows = desk.visit.rows()
    for route in routes():
        gate = gate_of(route)
        if gate is None or "POST" not in (route.methods or ()):
            continue
        path = re.sub(r"\{(\w+)\}", lambda part: "naba" if part[1] == "site" else "1", route.path)
        for role in Role:
            if not role.may_act_as(gate.role):
                answer = people[role].client.post(path, data={"csrf": before[role]}, follow_redirects=False)
                assert answer.status_code == 403, (path, role)
    assert desk.visit.rows() == rows
