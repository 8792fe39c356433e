"""HTML of an answer without the elements that mail programs quote and sign in."""

from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from notifier.domain.html import bounded

_QUOTES: Final = (
    "blockquote,"  # Apple Mail, Thunderbird, and nearly all others
    ".gmail_quote, .gmail_quote_container, .gmail_attr, .gmail_extra,"  # Gmail
    ".yahoo_quoted, [id^=yahoo_quoted], .yahoo-quoted-begin,"  # Yahoo
    ".moz-cite-prefix, .moz-forward-container, .moz-email-headers-table,"  # Thunderbird
    ".protonmail_quote, .tutanota_quote, .zmail_extra,"
    ".gmail_signature, .gmail_signature_prefix, .moz-signature, .yahoo-signature, #Signature, #signature,"
    "#ms-outlook-mobile-signature, #composer_signature, #AppleMailSignature, .ms-outlook-mobile-signature"
)
_CUTS: Final = (
    "#divRplyFwdMsg, #appendonsend, #x_divRplyFwdMsg, #mail-editor-reference-message-container,"  # Outlook
    "#ms-outlook-mobile-body-separator-line, hr[tabindex='-1'],"  # Outlook, on phones and in a browser
    "div[style*='border-top:solid #E1E1E1'], div[style*='border-top: solid #E1E1E1'],"  # Outlook on a desktop
    "div[style*='border-top:solid #B5C4DF'],"
    "#originalMessage, .OriginalMessage, #quoted-message, .quoted-text-header"  # Samsung and others
)


def unquoted_html(html: str) -> str:
    """The same without quotes in their elements, and without whatever follows an Outlook's line."""
    tree = LexborHTMLParser(bounded(html))
    for node in tree.css(_CUTS)[:1]:
        _cut_from(node)
    for node in tree.css(_QUOTES):
        node.decompose()
    return tree.html or ""


def _cut_from(node: LexborNode) -> None:
    """Take away this element, and all that follows it in the page."""
    place: LexborNode | None = node
    while place is not None and place.tag != "body":
        following, parent = place.next, place.parent
        while following is not None:
            after = following.next
            following.decompose()
            following = after
        if place is node:
            place.decompose()
        place = parent
