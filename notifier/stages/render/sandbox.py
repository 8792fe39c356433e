"""Where templates of editors run: they see plain values, call our macros, and can make only so much."""

import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from types import SimpleNamespace
from typing import Any, Final

from jinja2 import BaseLoader, Environment, TemplateSyntaxError, nodes, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from notifier.domain.text.bidi import Phrase
from notifier.stages.render.environment import Html, furnished, isolated, plain

CREDITS: Final = 3_000_000
"""Characters that one letter's rendering may write, copy or repeat; a digest needs some 100,000."""
STEP: Final = 100
"""Credits that a turn of a loop or a call costs beside what is written in it."""
SECONDS: Final = 2.0
"""Of the processor: a busy machine refuses no template."""
VALUE_MAX: Final = 20_000
"""Characters of a text, or parts of a list, that a template puts together."""
PARTS_MAX: Final = 50
"""Of one list, one sum of texts, one call."""
BASE: Final = "base.html"

_REFUSED: Final = (
    *(nodes.Include, nodes.Import, nodes.FromImport, nodes.EvalContextModifier, nodes.ScopedEvalContextModifier),
    *(nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Sub, nodes.Neg),
)
_FILTERS: Final = frozenset({"attr", "css", "href", "within", "first", "last", "length", "default", "trim"})
_TESTS: Final = frozenset({"defined", "undefined", "none", "string", "odd", "even"})
_LOOP: Final = frozenset({"index", "index0", "first", "last", "length", "revindex", "previtem", "nextitem"})


class TooMuch(Exception):  # noqa: N818 - it says what the template asks for
    """A template makes more than one letter may cost."""


@dataclass(slots=True)
class _Allowance:
    credits: int
    until: float

    def spend(self, credit: int) -> None:
        self.credits -= credit
        if self.credits < 0 or time.thread_time() > self.until:
            raise TooMuch


_ALLOWANCE: ContextVar[_Allowance] = ContextVar("allowance")


@contextmanager
def allowance() -> Iterator[None]:
    """Around one rendering of an editor's template, which raises TooMuch past its credits or seconds."""
    before = _ALLOWANCE.set(_Allowance(CREDITS, time.thread_time() + SECONDS))
    try:
        yield
    finally:
        _ALLOWANCE.reset(before)


def sandbox(loader: BaseLoader, ours: frozenset[str], *, is_html: bool = True) -> Environment:
    """The environment of editors; templates named in `ours` may do what ours do. Renders within `allowance`."""
    made = furnished(Sandboxed if is_html else Plain, loader, is_html=is_html)
    made.filters.update(counted=_counted, sized=_sized)
    made.finalize = _paid if is_html else _paid_plain
    assert isinstance(made, Plain)  # noqa: S101 - it was made just so
    made.ours = ours
    return made


class Plain(ImmutableSandboxedEnvironment):
    """Values without their methods; templates without arithmetic, imports and endless loops."""

    ours: frozenset[str] = frozenset()

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401, ARG002 - Jinja's
        """Fields of our views, macros of our files, and where a loop stands."""
        if attr.startswith("_"):
            return False
        if isinstance(obj, Phrase):
            return attr == "direction"
        if isinstance(obj, LoopContext):
            return attr in _LOOP
        if is_dataclass(obj):
            return attr in {field.name for field in fields(obj)}
        return isinstance(obj, SimpleNamespace | TemplateModule)

    def wrap_str_format(self, value: object) -> None:
        """Nothing: a text has no methods here, not even the one that Jinja makes safe."""

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Jinja's
        """Every call is paid for."""
        _ALLOWANCE.get().spend(STEP)
        return super().call(context, obj, *args, **kwargs)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if name in self.ours:
            return tree
        for line, what in refusals(tree):
            raise TemplateSyntaxError(what, line, name, filename)
        _Bounded().visit(tree)
        tree.set_environment(self)
        return tree


class Sandboxed(Plain, Html):
    """The same for HTML."""


def refusals(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """(line, piece) for all that an editor's template may not say."""
    for node in tree.find_all(nodes.Node):
        kind = type(node).__name__
        match node:
            case nodes.Extends(template=nodes.Const(value=value)) if value == BASE:
                pass
            case nodes.Extends():
                yield node.lineno, "extends"
            case nodes.Filter(name=name) if name not in _FILTERS:
                yield node.lineno, f"|{name}"
            case nodes.Test(name=name) if name not in _TESTS:
                yield node.lineno, f"is {name}"
            case nodes.Concat() | nodes.List() | nodes.Tuple() | nodes.Dict() | nodes.Call():
                if len(list(node.iter_child_nodes())) > PARTS_MAX:
                    yield node.lineno, f"{kind}: more than {PARTS_MAX} parts"
            case _ if isinstance(node, _REFUSED):
                yield node.lineno, kind
            case _:
                pass


class _Bounded(NodeTransformer):
    """Sees to it that each turn of a loop and each text put together is paid for."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 - Jinja's
        self.generic_visit(node)
        cost = STEP + sum(len(data.data) for data in node.find_all(nodes.TemplateData))
        node.iter = nodes.Filter(node.iter, "counted", [nodes.Const(cost)], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 - Jinja's
        self.generic_visit(node)
        return _sized_node(node)

    def visit_Add(self, node: nodes.Add) -> nodes.Filter:  # noqa: N802 - Jinja's
        self.generic_visit(node)
        return _sized_node(node)


def _sized_node(node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, "sized", [], [], None, None, lineno=node.lineno)


# Each of the three is given the context, so that Jinja does not try them while it compiles.
@pass_context
def _counted(_context: Context, values: Iterable[object], cost: int) -> Iterator[object]:
    for value in values:
        _ALLOWANCE.get().spend(cost)
        yield value


@pass_context
def _sized(_context: Context, value: object) -> object:
    if isinstance(value, Sized):
        _ALLOWANCE.get().spend(len(value))
        if len(value) > VALUE_MAX:
            raise TooMuch
    return value


@pass_context
def _paid_plain(_context: Context, value: object) -> object:
    written = plain(value)
    _ALLOWANCE.get().spend(len(str(written)))
    return written


@pass_context
def _paid(context: Context, value: object) -> str:
    written = isolated(context, value)
    _ALLOWANCE.get().spend(len(written))
    return written
