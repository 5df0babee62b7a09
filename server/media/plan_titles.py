"""Titles as strangers write them, made fit to be kept."""

import unicodedata

_MAX_CHARACTERS = 300


def clean_title(text: str) -> str | None:
    """On one line, of bounded length, without what does not print; None if nothing is left."""
    shown = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text[:_MAX_CHARACTERS])
    return " ".join(shown.split()) or None
