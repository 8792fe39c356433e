"""What the editor of the story reads and types, in Arabic and in English."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What an editor reads and types."""

    size: tuple[int, int]
    titles: tuple[str, str, str]
    sought: str
    title: str
    log_in: tuple[str, str]
    menu: str
    compose: tuple[str, str, str, str, str]
    """A new issue, search, add, move the first one down, save and preview."""
    views: tuple[str, str]
    test: tuple[str, str]
    send: tuple[str, str, str]
    states: tuple[str, str, str, str]
    pause: tuple[str, str, str]
    each: str
    counts: tuple[str, str, str, str]
    over: str
    waiting: tuple[str, str]
    failed: tuple[str, str]
    retry: tuple[str, str, str, str]


ARABIC = Words(
    size=(390, 844),
    titles=("معرض الكتاب يفتح أبوابه", "دجلة يرتفع بعد الأمطار", "منتخب الشباب يبلغ النهائي"),
    sought="دجلة",
    title="ماذا جرى هذا الأسبوع",
    log_in=("دخول", "متابعة"),
    menu="الأعداد",
    compose=("عدد جديد", "بحث", "إضافة المختار", "خفض «{}»", "حفظ ومعاينة"),
    views=("داكن", "نص"),
    test=("إرسال تجربة إليّ", "أُرسلت"),
    send=("الانتقال إلى الإرسال", "الآن", "إرسال إلى ٧ قرّاء"),
    states=("مجدول", "قيد الإرسال", "موقوف مؤقتًا", "أُرسل"),
    pause=("إيقاف مؤقت", "الإرسال موقوف مؤقتًا: لا تخرج أي رسالة", "استئناف الإرسال"),
    each="كل رسالة ومصيرها",
    counts=("٠ من ٧", "٢ من ٧", "٤ من ٧", "٦ من ٧"),
    over="انتهى الإرسال.",
    waiting=("في الانتظار", "طلب الخادم المحاولة لاحقًا"),
    failed=("تعذّر إرسالها: رفضها خادم المستلم (١)", "رفضها خادم المستلم"),
    retry=(
        "إعادة إرسال كل ما تعذّر لهذا السبب", "تُعاد رسالة واحدة إلى الانتظار", "إعادة الإرسال",
        "أُعيدت رسالة واحدة إلى الانتظار.",
    ),
)  # fmt: skip
ENGLISH = Words(
    size=(1200, 900),
    titles=("The book fair opens its doors", "The Tigris rises after rain", "The youth team is in the final"),
    sought="tigris",
    title="What happened this week",
    log_in=("Log in", "Continue"),
    menu="Issues",
    compose=("New issue", "Search", "Add the ticked ones", "Move “{}” down", "Save and preview"),
    views=("Dark", "Text"),
    test=("Send a test to me", "Sent at"),
    send=("On to sending", "Now", "Send to 7 people"),
    states=("Scheduled", "Being sent", "Paused", "Sent"),
    pause=("Pause", "Paused: no letter leaves.", "Resume"),
    each="Each letter, and what became of it",
    counts=("0 of 7", "2 of 7", "4 of 7", "6 of 7"),
    over="All done.",
    waiting=("Waiting", "The server asked to try later"),
    failed=("Failed: The recipient’s server refused (1)", "The recipient’s server refused"),
    retry=(
        "Resend all that failed for this reason", "One letter will be queued again", "Resend",
        "One letter was queued again.",
    ),
)  # fmt: skip
WORDS = {"ar": ARABIC, "en": ENGLISH}
