"""The sample letters as the newspaper's editions in other languages have them."""

import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from notifier.domain.letter import ItemView, LetterContent
from notifier.domain.words import ItemKind, LetterKind
from notifier.embedded.gallery import editorial, samples

_TEXTS = Path(__file__).with_name("editions.toml")


def letter(kind: LetterKind, language: str) -> LetterContent:
    """A sample letter of this kind, in the words of this edition."""
    texts = _editions().get(language)
    if texts is None or kind not in samples.NEWS:
        return samples.sample(kind, language)
    content, site = samples.NEWS[kind], editorial.site(language)
    topics = editorial.topics(language) if content.topics else ()
    items = tuple(_item(item, language, texts) for item in content.items)
    return replace(content, language=language, site=site, topics=topics, items=items)


@cache
def _editions() -> dict[str, Any]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))


def _item(item: ItemView, language: str, texts: dict[str, Any]) -> ItemView:
    return (_article if item.kind is ItemKind.ARTICLE else _comment)(item, language, texts)


def _article(item: ItemView, language: str, texts: dict[str, Any]) -> ItemView:
    words = texts["articles"].get(str(item.id), {})
    facts = dict(item.facts)
    if "sources" in facts:
        facts["sources"] = [editorial.site(language).name, "Reuters"]
    if "picked_comment" in facts:
        facts["picked_comment"] = {**facts["picked_comment"], **texts["pick"]}
    return replace(
        item,
        title=words.get("title", item.title),
        summary=words.get("summary", "" if "title" in words else item.summary),
        author_name=words.get("author", item.author_name),
        categories=(words["category"],) if "category" in words else item.categories,
        language=language if "title" in words else item.language,
        image_alt=texts["alt"] if item.image_alt else "",
        facts=facts,
    )


def _comment(item: ItemView, language: str, texts: dict[str, Any]) -> ItemView:
    words = texts["comments"].get(str(item.id), {})
    return replace(
        item,
        author_name=words.get("author", item.author_name),
        summary=words.get("text", item.summary),
        article=_item(item.article, language, texts) if item.article else None,
        parent=_item(item.parent, language, texts) if item.parent else None,
    )
