"""Text as one line that reads as it is. Nothing of Django is needed here: the server's log asks before Django is ready."""

import re

# What would break a line, or make it read otherwise than it is: control characters, separators, bidi marks, lone surrogates.
DISGUISE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def plain(text: str) -> str:
    """One line that reads as it is."""
    return DISGUISE.sub(" ", text).strip()
