"""A letter of everything there is, to judge templates by: long and short, both directions, with and without."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from notifier.domain.letter import ItemView, LetterContent, Personal, SiteFace
from notifier.domain.previews import ABOUT_ITEMS, filled_in
from notifier.domain.words import Digits, Frequency, ItemKind, LetterKind

LANGUAGES: Final = ("ar", "en")
"""One of each direction."""
_AT: Final = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_SITE: Final = SiteFace(
    slug="sample",
    name="الضفاف",
    language="ar",
    url="https://news.example",
    colour="#0f5c5c",
    digits=Digits.LOCALE,
    time_zone="Asia/Baghdad",
    sender_name="الضفاف",
    sender_address="letters@news.example",
    postal_address="بغداد",
)
_ARTICLE: Final = ItemView(
    id=1,
    kind=ItemKind.ARTICLE,
    guid="sample:1",
    title="مناسيب دجلة ترتفع في الموصل، وتطبيق Laravel 12 يتابعها",
    html="<p>سجّلت محطات القياس <b>زيادة</b>.</p><p>The dam is safe.</p>",
    summary="سجّلت محطات القياس شمال المدينة زيادة بلغت مترًا منذ الجمعة، والاستفسار على الرقم +964 770 123 4567.",
    url="https://news.example/1",
    language="ar",
    author_name="زينب الحمداني",
    published_at=_AT - timedelta(hours=3),
    categories=("محافظات",),
    image_url="https://news.example/1.jpg",
    image_alt="جسر قديم على دجلة",
    facts={"views": 3482, "comments": 12, "rating": 4.6, "votes": 38, "sources": ["Reuters"], "reading_minutes": 4},
)
_COMMENT: Final = replace(
    _ARTICLE,
    id=3,
    kind=ItemKind.COMMENT,
    guid="sample:3",
    title="",
    summary="Is there a fund (e.g. in Berlin)?\nشكرًا لكم.",
    language="",
    author_name="Hannah",
    categories=(),
    image_url="",
    facts={},
    article=_ARTICLE,
)
_SHORT: Final = replace(
    _ARTICLE,
    id=2,
    guid="sample:2",
    title="FIFA draw",
    summary="",
    language="en",
    author_name="",
    image_url="",
    facts={},
)


def sample(kind: LetterKind, language: str) -> LetterContent:
    """A letter of this kind in this language."""
    answer = replace(_COMMENT, id=4, guid="sample:4", author_name="كرار", parent=_COMMENT)
    items = (_ARTICLE, _SHORT, replace(_SHORT, id=5, categories=()), _COMMENT, answer)
    bare = LetterContent(
        letter_id=1,
        kind=kind,
        language=language,
        site=_SITE,
        at=_AT,
        items=items if kind in ABOUT_ITEMS else (),
        frequency=Frequency.DAILY,
        more=3,
        topics=("محافظات", "Economy"),
        subject_id="sample:1",
        expires_at=_AT + timedelta(days=3),
    )
    written = filled_in(bare)
    return replace(written, topics=bare.topics) if kind is LetterKind.CONFIRM else written


def reader(base: str = "https://letters.example") -> Personal:
    """Whom the sample is for, with every link there is."""
    own = Personal(1, "reader@news.example", "", "<1@news.example>", "letters@news.example", _AT)
    links = [field.name for field in fields(Personal) if field.name.endswith("_url")]
    return replace(own, **{name: f"{base}/{name.removesuffix('_url')}/1" for name in links})  # type: ignore[arg-type]
