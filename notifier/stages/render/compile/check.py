"""Judges templates before a letter is made of them: as they are written, and as a sample letter comes out."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from traceback import walk_tb
from typing import Final

from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError, nodes

from notifier.domain.lint import Expected, Finding, lint
from notifier.domain.lint.fault import Fault
from notifier.domain.lint.template import lint_template
from notifier.domain.template_part import TemplatePart
from notifier.domain.text.bidi import LRM, RLM
from notifier.domain.words import LetterKind
from notifier.stages.render.compile.sample import LANGUAGES, reader, sample
from notifier.stages.render.compile.traced import settled, traced
from notifier.stages.render.environment import Compiled, Html, Read, compiled, environment, furnished
from notifier.stages.render.failed import RenderFailed
from notifier.stages.render.own import Environments, own_environments
from notifier.stages.render.personal import mail_html
from notifier.stages.render.renderer import Renderer
from notifier.stages.render.sandbox import BASE, TooMuch, allowance, refusals

SOURCE_MAX: Final = 60_000
"""Characters of an editor's template."""
SUBJECT_MAX: Final = 200
"""Characters of the sample's subject; its titles are long ones."""
MARKS: Final = RLM + LRM
UNREADABLE: Final = (SyntaxError, TemplateSyntaxError, RecursionError, MemoryError)
"""What Jinja, and Python of what Jinja made, raise over a source: too deep a nest is no word of Jinja's own."""
MACROS: Final = frozenset({"frames.html", "macros.html"})
"""Files whose elements are judged where they are called for."""


class TemplateRefused(Exception):  # noqa: N818 - it is a decision
    """Templates break rules: `faults` tells file, line, rule and words for each, in their order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


def check_ours(templates: Path, kinds: Iterable[LetterKind] = LetterKind) -> None:
    """Judge every template of a folder, and a sample of each kind of letter. Raises TemplateRefused."""
    folder = templates / "email"
    loader = FileSystemLoader(folder)
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in loader.list_templates()}
    faults = [*_written(sources, environment(folder, is_html=True))]
    # What cannot be read cannot be rendered either.
    if not any(fault.rule in {"syntax", "css"} for fault in faults):
        html = furnished(Html, Compiled(loader, _marked), is_html=True)
        made = Environments(html, environment(folder, is_html=False))
        for kind in kinds:
            faults += _set(Renderer(templates, made, [kind]), kind, sources)
    _refuse(faults)


def check_own(templates: Path, part: TemplatePart, source: str) -> Renderer:
    """Judge an editor's own text for a part of the templates, and give the renderer that uses it, in its sandbox.

    Letters are rendered within `sandbox.allowance`. Raises TemplateRefused.
    """
    name = part.file
    if len(source) > SOURCE_MAX:
        raise TemplateRefused([Fault(name, 1, "too-large", f"{len(source)} > {SOURCE_MAX}")])
    try:
        _refuse(_judge(templates, part, source))
        return _own(templates, part, source, compiled)
    except UNREADABLE as error:
        raise TemplateRefused([_unreadable(name, error)]) from error


def _judge(templates: Path, part: TemplatePart, source: str) -> list[Fault]:
    name = part.file
    faults = [*_written({name: source}, Environment(autoescape=True)), *_forbidden(part, source)]
    if not any(fault.rule in {"syntax", "css", "unsafe", "extends"} for fault in faults):
        marked = _own(templates, part, source, _marked)
        for kind in _judged(part):
            with allowance():
                faults += _set(marked, kind, {name: source})
    return faults


def _judged(part: TemplatePart) -> tuple[LetterKind, ...]:
    # Of what stands in every letter: the two that have least in common, one to a list and one to a person.
    return (LetterKind.DIGEST, LetterKind.MAGIC_LINK) if part.is_shared else part.kinds


def _own(templates: Path, part: TemplatePart, source: str, read: Read) -> Renderer:
    with allowance():
        return Renderer(templates, own_environments(templates, {part.file: source}, read), _judged(part))


def _written(sources: Mapping[str, str], reading: Environment) -> Iterator[Fault]:
    for name, source in sources.items():
        yield from lint_template(name, source)
        try:
            reading.parse(source, name)
        except UNREADABLE as error:
            yield _unreadable(name, error)


def _unreadable(name: str, error: BaseException) -> Fault:
    """The line is Jinja's; Python counts those of what Jinja made of it."""
    if isinstance(error, TemplateSyntaxError):
        return Fault(error.name or name, error.lineno, "syntax", error.message or "")
    return Fault(name, 1, "syntax", error.msg if isinstance(error, SyntaxError) else "nested too deeply")


def _forbidden(part: TemplatePart, source: str) -> Iterator[Fault]:
    name = part.file
    try:
        tree = Environment(autoescape=True).parse(source, name)
    except (*UNREADABLE, ValueError):
        return
    if part.is_body and not source.lstrip().startswith(f'{{% extends "{BASE}" %}}'):
        yield Fault(name, 1, "extends")
    # Inside of `base.html` it would go around for ever.
    for node in () if part.is_body else tree.find_all(nodes.Extends):
        yield Fault(name, node.lineno, "unsafe", "extends")
    for line, what in refusals(tree):
        yield Fault(name, line, "unsafe", what)


def _marked(name: str, source: str) -> str:
    return compiled(name, traced(name, source) if name.endswith(".html") else source)


def _set(renderer: Renderer, kind: LetterKind, sources: Mapping[str, str]) -> Iterator[Fault]:
    """What a sample letter breaks, in each direction."""
    for language in LANGUAGES:
        try:
            rendered = renderer.render(sample(kind, language))
        except RenderFailed as error:
            yield _failed(error, sources)
            return
        if not 0 < len(bare := rendered.subject.strip(MARKS)) <= SUBJECT_MAX:
            yield Fault(f"{kind}/subject.txt", 1, "subject", f"{len(bare)} characters")
        personal = reader()
        html = settled(mail_html(rendered, personal), MACROS)
        links = Expected(personal.unsubscribe_url, personal.view_url) if personal.view_url in html else None
        for finding in lint(html, language, links):
            # Telling its places makes the page larger than it is.
            if finding.rule != "size":
                yield _placed(finding, f"{kind}/body.html")


def _placed(finding: Finding, name: str) -> Fault:
    file, _, line = finding.at.rpartition(":")
    return Fault(file or name, int(line or 1), finding.rule, finding.where)


def _failed(error: RenderFailed, sources: Mapping[str, str]) -> Fault:
    cause = error.__cause__ or error
    lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(cause.__traceback__)]
    own = [place for place in lines if place[0] in sources and place[0] not in MACROS]
    # Of a recursion that has a place in a template, that place is told: a macro that calls itself.
    if isinstance(cause, SyntaxError | TemplateSyntaxError) or (isinstance(cause, RecursionError) and not own):
        return _unreadable(next(iter(sources)) if len(sources) == 1 else error.template, cause)
    file, line = (own or [(error.template, 1)])[-1]
    rule = {"UndefinedError": "undefined", "SecurityError": "unsafe"}.get(type(cause).__name__, "failed")
    return Fault(file, line, "too-large" if isinstance(cause, TooMuch) else rule, str(cause))


def _refuse(faults: Iterable[Fault]) -> None:
    found = list(faults)
    if found:
        raise TemplateRefused(found)
