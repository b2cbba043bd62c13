"""What a report said when it was sent back, and what has become of it since: the reviewer reads only what changed."""

import json
from dataclasses import dataclass, field

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from ledger.models import Problem

from .models import ITEM_TEXTS, Answer, SelfCheck

MARK = {True: _("是"), False: _("否"), None: _("未答")}


def told(answer: Answer) -> dict:
    """One answer in plain values, ready for JSON."""
    items = [
        {name: getattr(item, name) for name in ITEM_TEXTS} | {"track": item.track, "due_on": item.due_on.isoformat() if item.due_on else ""}
        for item in answer.items.all()
    ]
    return {"exists": answer.exists, "items": items if answer.exists else []}


def picture(report: SelfCheck) -> str:
    """Everything a report says now, by question key. Ask for a report fetched `with_body()`."""
    return json.dumps({"statement": report.statement, "answers": {answer.question.key: told(answer) for answer in report.answers.all()}}, ensure_ascii=False)


@dataclass(frozen=True)
class Before:
    """One part as it stood when the report was sent back."""

    mark: str = ""
    items: list[dict] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True)
class Changes:
    """What differs from what was sent back: question key → as it was; the statement likewise."""

    answers: dict[str, Before] = field(default_factory=dict)
    statement: Before | None = None

    def __bool__(self) -> bool:
        return bool(self.answers) or self.statement is not None


def changes(report: SelfCheck) -> Changes | None:
    """None for a report that was never sent back. A question that is new since then counts as changed."""
    if not report.before_text:
        return None
    before = json.loads(report.before_text)
    now = {answer.question.key: told(answer) for answer in report.answers.all()}
    differing = {key: _shown(before["answers"].get(key, {"exists": None, "items": []})) for key, said in now.items() if before["answers"].get(key) != said}
    return Changes(differing, Before(text=before["statement"]) if before["statement"] != report.statement else None)


def _shown(said: dict) -> Before:
    """As people read it: ways by their labels, days as days."""
    ways = dict(Problem.Track.choices)
    items = [item | {"track": ways.get(item["track"], ""), "due_on": parse_date(item["due_on"]) if item["due_on"] else None} for item in said["items"]]
    return Before(MARK[said["exists"]], items)
