"""Letters of a made-up Baghdad newspaper, as its editors would write them: for the gallery and for tests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifier.domain.letter import ItemView, LetterContent, Personal
from notifier.domain.words import Frequency, ItemKind, LetterKind
from notifier.embedded.gallery import editorial

AT, SITE = editorial.AT, editorial.SITE
KINDS = tuple(LetterKind)
LANGUAGES = ("ar", "ckb", "en", "fa", "he", "ur")
RIGHT_TO_LEFT = tuple(language for language in LANGUAGES if language != "en")


def article(number: int, category: str, title: str, summary: str, **more: Any) -> ItemView:  # noqa: ANN401 - any field of the view
    """An article of the newspaper; `more` says what else it has."""
    view = ItemView(
        id=number,
        kind=ItemKind.ARTICLE,
        guid=f"https://aldhifaf.example/?p={number}",
        title=title,
        html="",
        summary=summary,
        url=f"https://aldhifaf.example/news/{number}",
        language="ar",
        author_name="",
        published_at=AT - timedelta(minutes=47 * number),
        categories=(category,) if category else (),
    )
    return replace(view, **more)


def comment(number: int, author: str, text: str, minutes: int, **more: Any) -> ItemView:  # noqa: ANN401 - any field of the view
    """A comment, so many minutes old; `more` says what it stands under and answers."""
    view = ItemView(
        id=number,
        kind=ItemKind.COMMENT,
        guid=f"comment:{number}",
        title="",
        html="",
        summary=text,
        url=f"https://aldhifaf.example/news/1#comment-{number}",
        language="",
        author_name=author,
        published_at=AT - timedelta(minutes=minutes),
    )
    return replace(view, **more)


DAM = article(
    1,
    "محافظات",
    "مناسيب دجلة ترتفع في الموصل بعد ثلاثة أيام من الأمطار، والموارد المائية تطمئن: الخزين في حدوده الآمنة",
    "سجّلت محطات القياس شمال المدينة زيادة بلغت مترًا و٢٠ سنتيمترًا منذ الجمعة. وقال مدير الموارد المائية في "
    "نينوى إن بوابات السد تعمل بصورة اعتيادية، داعيًا المزارعين القريبين من الضفتين إلى رفع معداتهم قبل مساء الثلاثاء.",
    author_name="زينب الحمداني",
    image_url="https://aldhifaf.example/media/tigris.jpg",
    image_alt="جسر قديم على دجلة في الموصل وقد غمر الماء أطراف دعائمه",
    facts={"views": 3482, "comments": 12, "rating": 4.6, "votes": 38, "sources": ["مراسل الضفاف", "Reuters"]},
)
STORIES = (
    DAM,
    article(
        2,
        "اقتصاد",
        "المركزي يخفض نافذة بيع الدولار، والأسواق تترقب أثر القرار في أسعار المواد الغذائية",
        "يقول تجار في الشورجة إن الأسعار لن تتغير قبل نفاد المخزون القائم، وهو يكفي نحو ستة أسابيع.",
        facts={
            "comments": 103,
            "views": 1290,
            "sources": "وكالات",
            "picked_comment": {
                "author": "حيدر الشمري",
                "text": "أعمل في الشورجة منذ عشرين عامًا، والذي يحدد السعر هنا أجرة النقل قبل سعر الصرف. راقبوا المنافذ "
                "الحدودية تعرفوا ما سيحدث بعد شهر.",
                "url": "https://aldhifaf.example/news/2#comment-88",
            },
        },
    ),
    article(
        3,
        "اقتصاد",
        "شركات ناشئة في أربيل تتحول إلى Laravel 12 و Python 3.13 وتفتح باب التدريب للخريجين",
        "البرنامج مجاني لمدة ثلاثة أشهر، والتقديم عبر الرقم ‎+964 770 123 4567‎ أو الموقع https://tadreeb.example/2026.",
        author_name="سامان عزيز",
        facts={"comments": 2, "views": 640},
    ),
    article(
        4,
        "ثقافة",
        "معرض بغداد للكتاب يفتح أبوابه الخميس: أربعمئة دار نشر وجناح خاص لأدب الأهوار",
        "يشارك ناشرون من ١٦ بلدًا، وتُخصَّص أمسية لقراءات من شعر نازك الملائكة في الذكرى المئوية لديوانها الأول.",
        facts={"rating": 4, "votes": 11, "views": 820, "reading_minutes": 4},
    ),
    article(
        5,
        "رياضة",
        "أسود الرافدين يستعدون لمواجهة الأردن بتشكيلة هجومية",
        "المدرب يمنح الفرصة لثلاثة لاعبين من الدوري المحلي، ويؤكد جاهزية الحارس بعد تعافيه.",
        facts={"comments": 11},
    ),
    article(6, "رياضة", "FIFA Arab Cup draw: Iraq in group B", "The draw took place in Doha on Sunday.", language="en"),
    article(7, "", "الطقس: غيوم متفرقة وفرصة أمطار خفيفة في الوسط", "", facts={"views": 2}),
    article(8, "", "جسر الأئمة يُغلق ليلًا للصيانة حتى نهاية الشهر", "", facts={"comments": 4, "reading_minutes": 1}),
    article(9, "", "مكتبة جامعة البصرة تفتح أبوابها مساءً طوال فترة الامتحانات", "", facts={"reading_minutes": 2}),
    article(10, "", "تمديد التقديم على منح جمعية الناشرين حتى ١٥ كانون الأول", ""),
)
QUESTION = comment(
    40,
    "أبو مصطفى",
    "هل شملت الإجراءات القرى الواقعة جنوب السد؟ أهلنا هناك لم يصلهم أي تنبيه حتى ليلة أمس، والطريق الزراعي مقطوع.",
    600,
)
COMMENTS = (
    comment(
        43,
        "Hannah Weiss",
        "I grew up near the old bridge. Is there a relief fund people abroad (e.g. in Berlin) can send money to?",
        70,
        article=DAM,
        parent=QUESTION,
        language="en",
    ),
    comment(
        41,
        "زينب الحمداني",
        "شكرًا على سؤالك. تواصلنا مع ناحية حمام العليل، وأكد مديرها أن فرق الدفاع المدني وصلت إلى القرى صباح اليوم.\n"
        "للإبلاغ عن أي حالة: +964 770 123 4567 أو الرقم ١١٥.",
        190,
        article=DAM,
        parent=QUESTION,
    ),
    comment(
        42,
        "كرار",
        "Google Maps ما زال يعرض الطريق مفتوحًا! انتبهوا رجاءً، الماء فوق الإسفلت عند المنعطف الثاني.",
        95,
        article=DAM,
    ),
)

DIGEST = LetterContent(
    letter_id=1,
    kind=LetterKind.DIGEST,
    language="ar",
    site=SITE,
    at=AT,
    items=(*STORIES, COMMENTS[2], COMMENTS[0]),
    frequency=Frequency.DAILY,
    more=14,
)
ALERT = LetterContent(letter_id=2, kind=LetterKind.ALERT, language="ar", site=SITE, at=AT, items=(DAM,))
REPLY = LetterContent(
    letter_id=3,
    kind=LetterKind.REPLY,
    language="ar",
    site=SITE,
    at=AT,
    items=COMMENTS,
    subject_id=DAM.guid,
    subject_title=DAM.title,
    next_at=AT + timedelta(minutes=30),
)
CONFIRM = LetterContent(
    letter_id=4,
    kind=LetterKind.CONFIRM,
    language="ar",
    site=SITE,
    at=AT,
    frequency=Frequency.DAILY,
    topics=("محافظات", "اقتصاد", "كل ما يكتبه «سامان عزيز»"),
    expires_at=AT + timedelta(hours=72),
)
NEWS = {content.kind: content for content in (DIGEST, ALERT, REPLY, CONFIRM)}
SAMPLES = {kind: NEWS[kind] if kind in NEWS else editorial.sample(kind, "ar") for kind in LetterKind}

_ENGLISH_SITE = replace(SITE, name="The Banks", language="en", sender_name="The Banks", postal_address="Baghdad, Iraq")
_ENGLISH = (
    ("Provinces", "Tigris rises in Mosul after three days of rain, but reservoirs stay within safe limits"),
    ("Economy", "Central bank narrows its dollar window; traders wait for food prices to move"),
    ("Economy", "Erbil start-ups move to Laravel 12 and open training to graduates (منحة «جسور»)"),
    ("Culture", "Baghdad book fair opens on Thursday with four hundred publishers"),
)
_ENGLISH_PICK = {
    "author": "Haider al-Shammari",
    "text": "I have worked in Shorja for twenty years. Haulage sets the price here long before the exchange rate does.",
    "url": "https://aldhifaf.example/news/2#comment-88",
}
_ENGLISH_BRIEFS = (
    "Scattered cloud, with light rain possible in the centre",
    "Al-Aimmah bridge closes at night for repairs until the end of the month",
    "Basra University library to open in the evenings throughout the exams",
    "Publishers’ association extends deadline for grants to 15 December",
)


def english_digest() -> LetterContent:
    """The digest as the newspaper's English edition has it."""
    stories = tuple(
        replace(
            STORIES[at],
            title=title,
            language="en",
            categories=(category,),
            summary="Local teams kept working through the night, and the first figures are due on Tuesday evening.",
            image_alt="An old bridge over the Tigris, its piers half under water",
            author_name="Zainab Al-Hamdani" if at == 0 else "",
            facts={**STORIES[at].facts, "sources": ["The Banks"], "picked_comment": _ENGLISH_PICK},
        )
        for at, (category, title) in enumerate(_ENGLISH)
    )
    arabic = replace(STORIES[4], categories=("Sport",))
    brief = tuple(
        replace(STORIES[6 + at], title=title, language="en", facts={}) for at, title in enumerate(_ENGLISH_BRIEFS)
    )
    return replace(DIGEST, language="en", site=_ENGLISH_SITE, items=(*stories, arabic, *brief, *COMMENTS[:2]))


def sample(kind: LetterKind, language: str) -> LetterContent:
    """A letter of this kind, written in this language."""
    if kind not in NEWS:
        return editorial.sample(kind, language)
    return english_digest() if (kind, language) == ("digest", "en") else replace(NEWS[kind], language=language)


def personal(number: int = 7, **more: Any) -> Personal:  # noqa: ANN401 - any field of the values
    """What one reader's copy of a letter says beside."""
    token = "kq3v9xT2mPzR7wLd" * 3
    links = Personal(
        delivery_id=number,
        address="layla@example.org",
        name="ليلى البصري",
        message_id=f"<d{number}.9f3a@aldhifaf.example>",
        mail_from=f"b+{number}.5d1c@bounce.aldhifaf.example",
        leave_address=f"unsubscribe+{number}.mzxw6ytbmzxw6ytbmzxw6ytb@in.aldhifaf.example",
        sent_at=AT + timedelta(minutes=3),
        unsubscribe_url=f"https://letters.aldhifaf.example/u/{token}",
        preferences_url=f"https://letters.aldhifaf.example/p/{token}",
        view_url=f"https://letters.aldhifaf.example/v/{token}",
        confirm_url=f"https://letters.aldhifaf.example/confirm/{token}",
        sign_in_url=f"https://letters.aldhifaf.example/sign-in/{token}",
        undo_url=f"https://letters.aldhifaf.example/undo/{token}",
    )
    return replace(links, **more)
