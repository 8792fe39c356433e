"""Errors as answers: JSON for programs, a page for people, both in the language of the one who asked."""

from dataclasses import replace
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from notifier import observe
from notifier.db import is_passing
from notifier.rounds import Crowded
from notifier.web import problems
from notifier.web.bodies import ErrorBody, Refusal
from notifier.web.edge import Edge, edge_of, foreign, voice
from notifier.web.look import PLAIN_HEADERS
from notifier.web.problems import Problem
from notifier.web.wire import API_PREFIX

PROBLEM_JSON = "application/problem+json"
"""RFC 9457, section 3."""
_log = observe.log(__name__)


def answer_errors(app: FastAPI) -> None:
    """Have every error of this application answered here."""
    app.add_exception_handler(HTTPException, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(SQLAlchemyError, _answer_database)
    app.add_exception_handler(Crowded, _answer)
    app.add_exception_handler(OverflowError, _answer)
    app.add_exception_handler(Exception, _answer)


def error_body(request: Request, edge: Edge, problem: Problem) -> ErrorBody:
    """A problem as the API says it."""
    sentences = edge.look.sentences
    asked = sentences.supported(request.query_params.get("lang"))
    language = asked or sentences.accepted(request.headers.get("accept-language", ""))
    if problem.desk_key:
        said = edge.desk.strings.voice(language).say(problem.desk_key, **problem.values)
    else:
        said = sentences.plain(language, problem.key, **{"field": problem.field, **problem.values})
    return ErrorBody(key=problem.key.removeprefix("error_").removeprefix("refused_"), message=said, field=problem.field)


def _answer_database(request: Request, error: Exception) -> Response:
    """A database that is away or busy is no fault of the code: an answer without a traceback in the log."""
    if not is_passing(error):
        raise error
    return _answer(request, error)


def _answer(request: Request, error: Exception) -> Response:
    edge = edge_of(request)
    problem = problems.of(error)
    if problem.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # The path may hold a token: the route says enough.
        route = getattr(request.scope.get("route"), "path", "")
        _log.error("request_failed", route=route, fault=type(error).__name__)
    if request.url.path.startswith(API_PREFIX):
        return _as_json(request, edge, problem)
    return _as_page(request, edge, problem)


def _as_json(request: Request, edge: Edge, problem: Problem) -> Response:
    body = Refusal.of(problem.status_code, error_body(request, edge, problem)).model_dump() | problem.more
    headers = {**PLAIN_HEADERS, **foreign(request), **(problem.headers or {})}
    return JSONResponse(body, problem.status_code, headers=headers, media_type=PROBLEM_JSON)


def _as_page(request: Request, edge: Edge, problem: Problem) -> Response:
    generic = "error_not_found_title" if problem.status_code == HTTPStatus.NOT_FOUND else "error_title"
    speaks = voice(request, edge, problem.face, problem.language)
    # What was asked for is not repeated: every wrong link has the same answer.
    speaks = replace(speaks, others=tuple((tag, name, f"?lang={tag}") for tag, name, _ in speaks.others))
    values = {"field": problem.field, **problem.values}
    page = edge.look.page(
        "error",
        speaks,
        status=problem.status_code,
        title=problem.title or generic,
        message=edge.look.sentences.plain(speaks.language, problem.key, **values),
        again=problem.again,
        leads_to_sign_in=problem.leads_to_sign_in,
    )
    page.headers.update(problem.headers or {})
    return page
