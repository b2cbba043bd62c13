"""撤销: a message that says what was done and offers the deed that takes it back."""

import json

from django.contrib import messages


def offer_undo(request, words: str, url: str, **fields) -> None:
    """Say that something was taken away; `url` and `fields` are the form that enters it again, which asks its own permission."""
    sent = {name: value for name, value in fields.items() if value not in (None, "", False)}
    messages.success(request, words, extra_tags=json.dumps({"url": url, "fields": sent}))


def undo_of(message) -> dict | None:
    """What `offer_undo` put into a message; none when it offers nothing."""
    return json.loads(message.extra_tags) if (message.extra_tags or "").startswith("{") else None
