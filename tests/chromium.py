"""Chromium for tests: the browser itself, and what is asked of a page; each answer is a list of what is wrong."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the `browser` extra")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's Chromium")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield launched
        launched.close()


def press(found: Any) -> None:
    """Click it and let the page that follows come whole: a click by itself waits until its first octets are there."""
    found.click()
    found.page.wait_for_load_state()


def hard_to_read(page: Any, but_for: Sequence[str], only: Sequence[str] = ()) -> list[str]:
    """What axe-core has against a page, without these rules of its; or by `only` some of them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the `browser` extra").Axe()
    rules = {name: {"enabled": False} for name in but_for}
    # No script runs in our frames, so axe could not ask there; style sheets are only fetched for a rule that is off.
    options: dict[str, Any] = {"rules": rules, "resultTypes": ["violations"], "iframes": False, "preload": False}
    if only:
        options["runOnly"] = list(only)
    # Half a megabyte of script: once a page, however often it is asked.
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{one['id']}: {json.dumps([node['html'][:120] for node in one['nodes']])}" for one in found]


OVERFLOW = """() => [...document.querySelectorAll('*')].filter(e => !e.closest('.preheader'))
  .filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.right > innerWidth + 1 || r.left < -1) })
  .map(e => e.tagName + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40))"""
"""Elements that stick out of the window."""

_BLOCKS = """
  const shown = node => { const e = node.parentElement; return e && node.data.trim() && !e.closest('.preheader')
    && e.getClientRects().length }
  const block = e => { while (getComputedStyle(e).display.startsWith('inline')) e = e.parentElement; return e }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = []
  while (walk.nextNode()) if (shown(walk.currentNode)) texts.push(walk.currentNode)
"""

WRONG_BLOCKS = (
    "([way, side]) => {"
    + _BLOCKS
    + """
  const other = way === 'rtl' ? 'ltr' : 'rtl'
  const wrong = e => { const style = getComputedStyle(e)
    // A comment has its own direction, and says so in its table.
    const own = e.closest(`table[style*="direction:${other}"]`) ? other : way
    const start = style.direction === 'rtl' ? 'right' : 'left'
    const align = style.textAlign.replace('-webkit-', '').replace('start', start)
    const wanted = own === way ? side : side === 'right' ? 'left' : 'right'
    return style.direction !== own || (align !== wanted && !(align === 'center' && e.closest('[align=center]'))) }
  return [...new Set(texts.map(node => block(node.parentElement)))].filter(wrong)
    .map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 60)) }"""
)
"""Text blocks whose computed direction or alignment is not that of their letter, or of their comment."""

WRONG_ORDER = (
    "() => {"
    + _BLOCKS
    + """
  const island = e => { for (; e && getComputedStyle(e).display.startsWith('inline'); e = e.parentElement)
    if (getComputedStyle(e).unicodeBidi.startsWith('isolate')) return e
    return null }
  const words = texts.flatMap(node => [...node.data.matchAll(/\\S+/g)].map(found => {
    const range = document.createRange()
    range.setStart(node, found.index)
    range.setEnd(node, found.index + found[0].length)
    const rects = range.getClientRects(), e = node.parentElement
    return { word: found[0], rect: rects.length === 1 ? rects[0] : null, block: block(e), island: island(e) } }))
  const wrong = []
  words.slice(1).forEach((next, at) => { const before = words[at]
    if (before.block !== next.block || !before.rect || !next.rect) return
    const middle = r => (r.left + r.right) / 2, height = r => (r.top + r.bottom) / 2
    // Another line begins anew. Boxes of Nastaliq are taller than their line: only their middles tell.
    const line = 0.8 * parseFloat(getComputedStyle(before.block).fontSize)
    if (Math.abs(height(next.rect) - height(before.rect)) > line) return
    const within = before.island && before.island === next.island ? before.island : before.block
    const isRightToLeft = getComputedStyle(within).direction === 'rtl'
    if (isRightToLeft === middle(next.rect) > middle(before.rect)) wrong.push(before.word + ' ' + next.word) })
  return wrong }"""
)
"""Neighbouring words on a line that stand in another order than their block's, or their isolated run's, direction."""

EDGES = """words => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) { const at = walk.currentNode.data.indexOf(words); if (at < 0) continue
    const edge = i => { const r = document.createRange(); r.setStart(walk.currentNode, at + i)
      r.setEnd(walk.currentNode, at + i + 1); return r.getBoundingClientRect().left }
    if (walk.currentNode.parentElement.closest('.preheader')) continue
    return [edge(0), edge(words.length - 1)] } return null }"""
"""Where a piece of text begins and ends on the screen, glyph by glyph."""
