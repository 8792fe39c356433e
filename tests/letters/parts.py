"""The two bodies of a message, decoded."""

import email
from email.message import Message


def sections(data: bytes) -> tuple[Message, Message]:
    """The text and the HTML section, in the order in which they stand."""
    payload = email.message_from_bytes(data).get_payload()
    assert isinstance(payload, list)
    text, html = payload
    assert isinstance(text, Message)
    assert isinstance(html, Message)
    return text, html


def decoded(section: Message) -> bytes:
    """What a section holds."""
    body = section.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body


def parts(data: bytes) -> tuple[str, str]:
    """The text and the HTML part."""
    text, html = sections(data)
    return decoded(text).decode(), decoded(html).decode()
