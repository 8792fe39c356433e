"""The bytes that go on the wire for one delivery."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `data` has CRLF line ends, headers included, no dot-stuffing."""

    delivery_id: int
    mail_from: str
    rcpt_to: str = field(repr=False)
    data: bytes = field(repr=False)
    needs_smtputf8: bool = False
    is_dotless: bool = False
    """Whether it is known that no line begins with a dot: then none has to be looked for."""
    is_8bit: bool = False
    """Whether a body needs a server with 8BITMIME (RFC 6152)."""
