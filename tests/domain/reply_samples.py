"""Answers as mail programs write them, each after the known form of its program, and what the reader wrote."""

from typing import Final, NamedTuple

AR: Final = "شكراً على التوضيح، لكن الرقم خطأ."
FA: Final = "ممنون از توضیح شما، اما این عدد درست نیست."
HE: Final = "תודה על ההסבר, אבל המספר שגוי."
UR: Final = "وضاحت کا شکریہ، لیکن یہ عدد غلط ہے۔"
CKB: Final = "سوپاس بۆ ڕوونکردنەوەکە، بەڵام ژمارەکە هەڵەیە."
TR: Final = "Açıklama için teşekkürler, ama rakam yanlış."
EN: Final = "Thanks for explaining, but the figure is wrong."

_QUOTED: Final = "> ── اكتب ردك فوق هذا السطر ──\n>\n> صحيفة الرافدين\n> تعليق جديد\n>\n> سالم\n> أظن أن المنسوب أعلى."
_BARE: Final = "── اكتب ردك فوق هذا السطر ──\n\nصحيفة الرافدين\nتعليق جديد\n\nسالم\nأظن أن المنسوب أعلى."
_FOREIGN: Final = "صحيفة الرافدين\nتعليق جديد\n\nسالم\nأظن أن المنسوب أعلى."
"""A letter whose first line somebody's program has eaten."""


class Sample(NamedTuple):
    """One answer, in plain text or HTML."""

    name: str
    body: str
    said: str
    is_html: bool = False


def _over(said: str, announcement: str, quoted: str = _QUOTED) -> str:
    return f"{said}\n\n{announcement}\n{quoted}\n"


TEXTS: Final = [
    # Gmail
    Sample("gmail-en", _over(EN, "On Mon, Nov 23, 2026 at 12:00 PM الرافدين <news@rafidain.example> wrote:"), EN),
    Sample("gmail-en-folded", _over(EN, "On Mon, Nov 23, 2026 at 12:00 PM صحيفة الرافدين\n<news@rafidain.example> wrote:"), EN),
    Sample("gmail-ar", _over(AR, "في الاثنين، 23 نوفمبر 2026 في 12:00 م تمت كتابة ما يلي بواسطة ‪الرافدين‬‏\n<‪news@rafidain.example‬‏>:"), AR),
    Sample("gmail-ar-marks", _over(AR, "‫في الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ١٢:٠٠ م تمت كتابة ما يلي بواسطة ‪الرافدين‬‏ <‪news@rafidain.example‬‏>:‬‎"), AR),
    Sample("gmail-ar-old", _over(AR, 'في ٢٣ نوفمبر ٢٠٢٦ ١٢:٠٠ م، كتب "صحيفة الرافدين" <news@rafidain.example>:'), AR),
    Sample("gmail-fa", _over(FA, "در تاریخ دوشنبه ۲۳ نوامبر ۲۰۲۶ ساعت ۱۲:۰۰ الرافدين <news@rafidain.example>\nنوشت:"), FA),
    Sample("gmail-he", _over(HE, "‫בתאריך יום ב׳, 23 בנוב׳ 2026 ב-12:00 מאת ‪הרפידין‬‏ <‪news@rafidain.example‬‏>:‬"), HE),
    Sample("gmail-ur", _over(UR, "پیر، 23 نومبر، 2026 کو 12:00 PM پر الرافدين <news@rafidain.example> نے لکھا:"), UR),
    Sample("gmail-tr", _over(TR, "الرافدين <news@rafidain.example>, 23 Kas 2026 Pzt, 12:00 tarihinde şunu yazdı:"), TR),
    Sample("gmail-tr-folded", _over(TR, "صحيفة الرافدين <news@rafidain.example>, 23 Kas 2026 Pzt,\n12:00 tarihinde şunu yazdı:"), TR),
    Sample("gmail-en-no-blank", f"{EN}\nOn Mon, Nov 23, 2026, 12:00 الرافدين <news@rafidain.example> wrote:\n\n{_QUOTED}", EN),
    Sample("gmail-android-signature", f"{AR}\n\nأرسلت من هاتفي الجوال\n\nفي الاثنين، 23 نوفمبر 2026، 12:00 م كتب الرافدين <news@rafidain.example>:\n\n{_QUOTED}", AR),
    # Apple Mail
    Sample("apple-en", _over(f"{EN}\n\nSent from my iPhone", "> On 23 Nov 2026, at 12:00, الرافدين <news@rafidain.example> wrote:\n>"), EN),
    Sample("apple-ar", _over(f"{AR}\n\nأُرسلت من الـ iPhone", "> في 23 نوفمبر 2026، الساعة 12:00 م، كتب/كتبت الرافدين <news@rafidain.example>:\n> "), AR),
    Sample("apple-ar-mac", _over(AR, "‏بتاريخ ٢٣‏/١١‏/٢٠٢٦، الساعة ١٢:٠٠ م، كتب/كتبت الرافدين ‏<news@rafidain.example>:"), AR),
    Sample("apple-fa", _over(f"{FA}\n\nاز آیفون من ارسال شده", "در ۲۳ نوامبر ۲۰۲۶، ساعت ۱۲:۰۰، الرافدين <news@rafidain.example> نوشت:"), FA),
    Sample("apple-he", _over(f"{HE}\n\nנשלח מה-iPhone שלי", "‫ב-23 בנוב׳ 2026, בשעה 12:00, ‏הרפידין ‏<news@rafidain.example> כתב/ה:‬"), HE),
    Sample("apple-tr", _over(f"{TR}\n\niPhone’umdan gönderildi", "الرافدين <news@rafidain.example> şunları yazdı (23 Kas 2026 12:00):"), TR),
    Sample("apple-ur", _over(f"{UR}\n\nمیرے iPhone سے بھیجا گیا", "On 23 Nov 2026, at 12:00 PM, الرافدين <news@rafidain.example> wrote:"), UR),
    # Outlook: on a desktop, in a browser, on phones
    Sample("outlook-en", f"{EN}\n\nFrom: الرافدين <news@rafidain.example>\nSent: Monday, November 23, 2026 12:00 PM\nTo: layla@example.org\nSubject: نقاش\n\n{_FOREIGN}", EN),
    Sample("outlook-en-rule", f"{EN}\n________________________________\nFrom: الرافدين <news@rafidain.example>\nSent: Monday, November 23, 2026\nTo: Layla\nSubject: نقاش\n\n{_FOREIGN}", EN),
    Sample("outlook-en-original", f"{EN}\n\n-----Original Message-----\nFrom: x\n\n{_FOREIGN}", EN),
    Sample("outlook-ar", f"{AR}\n\nمن: الرافدين <news@rafidain.example>\nتم الإرسال: الاثنين، 23 نوفمبر 2026 12:00 م\nإلى: layla@example.org\nالموضوع: نقاش\n\n{_FOREIGN}", AR),
    Sample("outlook-ar-bold", f"{AR}\n\n*من:* الرافدين <news@rafidain.example>\n*تاريخ الإرسال:* 23/11/2026\n*إلى:* ليلى\n*الموضوع:* نقاش\n\n{_FOREIGN}", AR),
    Sample("outlook-mobile-ar", f"{AR}\n\nالحصول على Outlook لـ iOS<https://aka.ms/o0ukef>\n________________________________\nمن: الرافدين <news@rafidain.example>\n‏‏تم الإرسال: الاثنين, نوفمبر 23, 2026 12:00:00 م\nإلى: ليلى\nالموضوع: نقاش\n\n{_FOREIGN}", AR),
    Sample("outlook-mobile-en", f"{EN}\n\nGet Outlook for Android<https://aka.ms/AAb9ysg>\n________________________________\nFrom: x <news@rafidain.example>\nSent: Monday\nTo: y\nSubject: z\n\n{_FOREIGN}", EN),
    Sample("outlook-fa", f"{FA}\n\nاز: الرافدين <news@rafidain.example>\nارسال شده: دوشنبه ۲ آذر ۱۴۰۵\nبه: لیلا\nموضوع: گفتگو\n\n{_FOREIGN}", FA),
    Sample("outlook-he", f"{HE}\n\n‏מאת: הרפידין <news@rafidain.example>\n‏נשלח: יום שני 23 נובמבר 2026\n‏אל: לילה\n‏נושא: דיון\n\n{_FOREIGN}", HE),
    Sample("outlook-he-mobile", f"{HE}\n\nהורד את Outlook עבור iOS\n\n-----הודעה מקורית-----\n{_FOREIGN}", HE),
    Sample("outlook-tr", f"{TR}\n\nKimden: الرافدين <news@rafidain.example>\nGönderildi: 23 Kasım 2026 Pazartesi 12:00\nKime: Layla\nKonu: نقاش\n\n{_FOREIGN}", TR),
    Sample("outlook-ur", f"{UR}\n\nمنجانب: الرافدين <news@rafidain.example>\nبھیجا گیا: پیر 23 نومبر\nبنام: لیلیٰ\nموضوع: گفتگو\n\n{_FOREIGN}", UR),
    # Thunderbird
    Sample("thunderbird-en", _over(EN, "On 11/23/26 12:00, الرافدين wrote:"), EN),
    Sample("thunderbird-ar", _over(AR, "في 23/11/26 12:00 م، كتب الرافدين:"), AR),
    Sample("thunderbird-he", _over(HE, "בתאריך 23/11/2026 בשעה 12:00, הרפידין כתב:"), HE),
    Sample("thunderbird-below", f"On 11/23/26 12:00, الرافدين wrote:\n{_QUOTED}\n\n{AR}\n\n-- \nليلى البصري\nبغداد", AR),
    Sample("thunderbird-between", f"On 11/23/26 12:00, الرافدين wrote:\n> سالم\n\nأولاً: {AR}\n\n> أظن أن المنسوب أعلى.\n\nثانياً: أين المصدر؟", f"أولاً: {AR}\n\nثانياً: أين المصدر؟"),
    # Yahoo
    Sample("yahoo-en", f"{EN}\n\n    On Monday, November 23, 2026 at 12:00:00 PM GMT+3, الرافدين <news@rafidain.example> wrote:  \n \n {_FOREIGN}", EN),
    Sample("yahoo-ar", f"{AR}\n\nتم الإرسال من بريد Yahoo على Android\n\n  في الاثنين، 23 نوفمبر 2026 في 12:00:00 م غرينتش+3، كتب الرافدين<news@rafidain.example>:   {_FOREIGN}".replace(":   صحيفة", ":\n   صحيفة"), AR),
    Sample("yahoo-mobile", f"{EN}\n\nSent from Yahoo Mail on Android \n \n  On Mon, 23 Nov 2026 at 12:00, الرافدين<news@rafidain.example> wrote:\n   {_FOREIGN}", EN),
    # Samsung
    Sample("samsung-en", f"{EN}\n\n\nSent from my Galaxy\n\n-------- Original message --------\nFrom: الرافدين <news@rafidain.example>\nDate: 23/11/2026 12:00 (GMT+03:00)\nTo: layla@example.org\nSubject: نقاش\n\n{_FOREIGN}", EN),
    Sample("samsung-ar", f"{AR}\n\nتم الإرسال من هاتف Galaxy الخاص بي\n\n-------- الرسالة الأصلية --------\nمن: الرافدين\nالتاريخ: 23/11/2026\nإلى: ليلى\nالموضوع: نقاش\n\n{_FOREIGN}", AR),
    Sample("samsung-tr", f"{TR}\n\nSamsung cihazımdan gönderildi\n\n-------- Orijinal mesaj --------\nKimden: الرافدين\n\n{_FOREIGN}", TR),
    # Kurdish: programs speak it seldom; people and Zimbra do
    Sample("ckb", _over(CKB, "لە ٢٣ی تشرینی دووەمی ٢٠٢٦، ١٢:٠٠، الرافدين <news@rafidain.example> نووسیویەتی:"), CKB),
    Sample("ckb-iphone", _over(f"{CKB}\n\nلە iPhone ـەکەمەوە نێردراوە", "On 23 Nov 2026, at 12:00, الرافدين <news@rafidain.example> wrote:"), CKB),
    # Whatever the program: our own line, and nothing at all
    Sample("our-line-only", f"{AR}\n\n{_BARE}", AR),
    Sample("our-line-in-english", f"{EN}\n\n── Write your reply above this line ──\n\nx", EN),
    Sample("nothing-quoted", AR, AR),
    Sample("several-paragraphs", f"{AR}\n\nوهذا سطر ثان.\nوثالث.\n\n{_QUOTED}", f"{AR}\n\nوهذا سطر ثان.\nوثالث."),
    Sample("begins-like-an-announcement", f"في رأيي كتب سالم في 2020 كلاماً مهماً: اقرأوه.\n{AR}", f"في رأيي كتب سالم في 2020 كلاماً مهماً: اقرأوه.\n{AR}"),
    Sample("says-wrote", f"كتب سالم:\n{AR}", f"كتب سالم:\n{AR}"),
    Sample("says-from", f"من: بغداد\n{AR}", f"من: بغداد\n{AR}"),
    Sample("has-a-dash", f"{AR}\n- أولاً\n- ثانياً", f"{AR}\n- أولاً\n- ثانياً"),
    Sample("only-a-quote", f"On 11/23/26 12:00, الرافدين wrote:\n{_QUOTED}", ""),
    Sample("only-a-signature", "\n\nSent from my iPhone\n", ""),
]  # fmt: skip

PAGES: Final = [
    Sample("gmail-html", f'<div dir="rtl">{AR}</div><br><div class="gmail_quote"><div dir="rtl" class="gmail_attr">‫في الاثنين تمت كتابة ما يلي بواسطة <span dir="ltr">&lt;<a href="mailto:n@r.example">n@r.example</a>&gt;</span>:<br></div><blockquote class="gmail_quote"><p>سالم</p></blockquote></div>', AR, is_html=True),
    Sample("apple-html", f'<body dir="auto">{AR}<br><br><div dir="rtl">أُرسلت من الـ iPhone</div><div dir="rtl"><br><blockquote type="cite">في 23 نوفمبر 2026، كتب/كتبت الرافدين:<br><br></blockquote></div><blockquote type="cite"><div>سالم</div></blockquote></body>', AR, is_html=True),
    Sample("outlook-web-html", f'<div dir="rtl" class="elementToProof">{AR}</div><div id="appendonsend"></div><hr tabindex="-1" style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="rtl"><b>من:</b> الرافدين<br><b>تم الإرسال:</b> 23</div><div>سالم: أظن</div>', AR, is_html=True),
    Sample("outlook-desktop-html", f'<div class="WordSection1"><p class="MsoNormal" dir="RTL">{AR}</p><p>&nbsp;</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> x<br><b>Sent:</b> y<br><b>To:</b> z</p></div></div><p>سالم</p></div>', AR, is_html=True),
    Sample("outlook-phone-html", f'<div dir="rtl">{HE}</div><div id="ms-outlook-mobile-signature">הורד את Outlook</div><div id="mail-editor-reference-message-container"><div>x</div></div>', HE, is_html=True),
    Sample("thunderbird-html", f'<p>{FA}<br></p><div class="moz-cite-prefix">On 23.11.26 12:00, x wrote:<br></div><blockquote type="cite" cite="mid:x"><p>سالم</p></blockquote><div class="moz-signature">-- <br>لیلا</div>', FA, is_html=True),
    Sample("yahoo-html", f'<div class="yahoo-style-wrap"><div dir="rtl">{AR}</div></div><div id="yahoo_quoted_123" class="yahoo_quoted"><div>في الاثنين كتب x:</div><div>سالم</div></div>', AR, is_html=True),
    Sample("samsung-html", f'<div dir="rtl">{AR}</div><div id="composer_signature">تم الإرسال من هاتف Galaxy</div><div>-------- الرسالة الأصلية --------</div><div>من: x</div><div>سالم</div>', AR, is_html=True),
    Sample("paragraphs-html", f"<p>{EN}</p><p>And a second one.</p><blockquote>x</blockquote>", f"{EN}\n\nAnd a second one.", is_html=True),
]  # fmt: skip

SAMPLES: Final = TEXTS + PAGES
