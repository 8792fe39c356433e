"""What became of a mail that came in."""

from dataclasses import dataclass

from notifier.domain.words import ReplyRefusal


@dataclass(frozen=True, slots=True)
class Verdict:
    """Taken, refused for a reason, or none of ours."""

    is_ours: bool = True
    is_readable: bool = True
    refusal: ReplyRefusal | None = None


UNKNOWN = Verdict(is_ours=False)
