"""Whatever the OpenAPI document allows, and much that it does not: nobody gets a 5xx for it. Asked by schemathesis."""

from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok

from notifier.domain.desk_words import Permission
from tests.web.conftest import Visit

QUICK, THOROUGH, SHARES = 1, 30, 4
UNHURRIED = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
DESK = {
    "subscribers", "acts", "imports", "webhooks", "keys", "templates", "deliveries", "calendar", "charts", "alarms",
    "doctor", "sources", "accounts", "suppressions", "identity",
}  # fmt: skip
ASKED = {
    GenerationMode.POSITIVE: {"box", "signups", "items", "status", "visits", "issues", *DESK},
    GenerationMode.NEGATIVE: {"box", "signups", "items", "status", "visits", "issues", *DESK},
}
EVERYTHING = tuple(one.value for one in Permission)


def ask(visit: Visit, mode: GenerationMode, examples: int, share: slice = slice(None)) -> set[str]:
    """The operations of the document, with a key of the site that may all; gives the paths that were asked."""
    asked: set[str] = set()
    visit.without_doctor()
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", visit.client.app)
    for found in [*schema.get_all_operations()][share]:
        assert isinstance(found, Ok), "the document is well formed"
        # A key of its own for each: one of them revokes keys.
        asked |= ask_one(found.ok(), mode, examples, visit.key(EVERYTHING))
    return {path.removeprefix("/api/v1/sites/{site}/").split("/")[0] for path in asked}


def ask_one(operation: Any, mode: GenerationMode, examples: int, headers: dict[str, str]) -> set[str]:
    """One of them; gives its path, where it could be asked."""
    asked = set()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=UNHURRIED,
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        # Mostly a site that is there: else every answer would be the same 404.
        if case.path_parameters and len(str(case.path_parameters.get("site", ""))) % 4:
            case.path_parameters["site"] = "naba"
        asked.add(case.operation.path)
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=[not_a_server_error])

    with suppress(Unsatisfiable):
        holds()
    return asked


@pytest.mark.long
@pytest.mark.matrix(1)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_a_few_requests_of_each_kind_are_no_fault_of_ours(visit: Visit, mode: GenerationMode) -> None:
    if visit.parts.db.engine.dialect.name == "sqlite":
        assert ask(visit, mode, QUICK) == ASKED[mode]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_many_requests_of_each_kind_are_no_fault_of_ours(visit: Visit, mode: GenerationMode, share: int) -> None:
    assert ask(visit, mode, THOROUGH, slice(share, None, SHARES)) <= ASKED[mode]
