"""The gallery: every letter in every language, as files that open in a mail client and as pictures of them."""

from notifier.embedded.gallery.files import Shown, write_letters
from notifier.embedded.gallery.index import write_index
from notifier.embedded.gallery.pictures import LOOKS, Look, PicturesImpossible, take_pictures

__all__ = ["LOOKS", "Look", "PicturesImpossible", "Shown", "take_pictures", "write_index", "write_letters"]
