"""A file that comes in by a form: who sends it is known before a byte of it is read, and it never fills the memory."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from notifier.domain.desk_words import Role
from notifier.web.desk.gate import Entered, Gate
from notifier.web.edge import Here
from notifier.web.problems import Problem
from notifier.web.wire import FORM_BYTES_MAX

_FIELDS_MAX: Final = 10


class UploadGate(Gate):
    """The gate of a form with a file in it; what is large of it lies in a temporary file."""

    async def __call__(self, request: Request, edge: Here) -> Entered:  # type: ignore[override]  # it reads the form itself
        """Who entered."""
        seat = await run_in_threadpool(self.seat, request, edge)
        if not seat.role.may_act_as(self.role):
            raise Problem(HTTPStatus.FORBIDDEN, "error_not_yours")
        form = await request.form(max_files=1, max_fields=_FIELDS_MAX, max_part_size=FORM_BYTES_MAX)
        given = form.get("csrf")
        try:
            return self.let_in(request, edge, seat, given if isinstance(given, str) else "")
        except Problem:
            await form.close()
            raise


async def sent(request: Request) -> AsyncIterator[UploadFile | None]:
    """The file of a form that the gate has let in, to be read until the answer is made; None where none was chosen."""
    async with request.form() as form:
        file = form.get("file")
        yield file if isinstance(file, UploadFile) and file.filename else None


Uploader = Annotated[Entered, Depends(UploadGate(Role.EDITOR))]
Sent = Annotated[UploadFile | None, Depends(sent)]
