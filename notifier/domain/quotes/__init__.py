"""What somebody wrote in an answer by mail, without what their program quoted and signed."""

from notifier.domain.quotes.from_html import unquoted_html
from notifier.domain.quotes.own_words import own_words

__all__ = ["own_words", "unquoted_html"]
