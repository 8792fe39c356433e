"""The knobs of mail that comes in: at which domain, by which ways, how large and how often."""

from pydantic import BaseModel, Field, SecretStr


class MailIn(BaseModel):
    """A part of the settings."""

    inbound_domain: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9-]+\.)*[A-Za-z0-9-]*$",
        max_length=180,
        description="Domain of `reply+…@…`, the address that takes answers to letters about comments; empty for none.",
    )
    inbound_listen: str = Field(
        default="",
        description="Where `notifier inbound` takes mail by LMTP: `127.0.0.1:2424` or `unix:/run/notifier/lmtp.sock`.",
    )
    inbound_imap_url: SecretStr = Field(
        default=SecretStr(""),
        description="A mailbox that it empties instead or as well: `imaps://name:password@mail.example.org/INBOX`.",
    )
    inbound_imap_done: str = Field(
        default="Notifier", min_length=1, description="Folder of that mailbox that what was looked at is moved to."
    )
    inbound_imap_every_s: float = Field(default=30, gt=0, description="Seconds between two looks into it.")
    inbound_bytes_max: int = Field(default=1_000_000, ge=10_000, description="Most bytes of a mail that comes in.")
    reply_characters_max: int = Field(
        default=5000, ge=100, le=50_000, description="Characters of a reply by mail; the rest is cut off."
    )
    replies_per_h: int = Field(default=10, ge=1, description="Replies by mail from one person in an hour.")
