"""What becomes of a row of a list."""

from enum import StrEnum


class Became(StrEnum):
    """One word a row; the counts of an import are by these."""

    NEW = "new"
    OPEN = "open"
    """Their sign-up waited for a confirmation that the list brings."""
    MORE = "more"
    """A reader already, with topics that are new."""
    ALREADY = "already"
    SUPPRESSED = "suppressed"
    """Must not be written to; a list never changes that."""
    LEFT = "left"
    """Unsubscribed here, or is noted from an earlier list as having left."""
    GONE = "gone"
    """The list says that they left; only the hash of the address is kept, so that no later list brings them back."""
    BARRED = "barred"
    """The list says that they bounced, complained or were blocked: suppressed here too."""
    ASKED = "asked"
    """Will be asked by letter whether they want to."""
    PENDING = "pending"
    """Never confirmed there: left out."""
    DUPLICATE = "duplicate"
    """An earlier row has the same address."""
    BAD = "bad"
