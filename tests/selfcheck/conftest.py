"""A round in the campaign of the cast, and the people's reports in it; dated around today, as the pages are."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from selfcheck.actions import AnswerDraft, ItemDraft, start_round, submit
from selfcheck.models import SelfCheck


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def stage(cast, today):
    """`stage.round`, `stage.report(user)`, `stage.answers(*keys)` with 是 for the named aspects, `stage.hand_in(user, *keys)`."""
    due = today + dt.timedelta(days=5)
    opened = start_round(
        cast.campaign, title="第一轮", due_on=due, content="对照检查。", reviewer=cast.reviewer, by=cast.office, at=timezone.now() - dt.timedelta(days=1)
    )
    opened.selfchecks.update(noticed_at=opened.opened_at)  # everybody has read the notice; test_notice.py begins before that
    questions = {q.key: q.pk for q in opened.checklist.questions.all()}

    def report(user) -> SelfCheck:
        return SelfCheck.objects.get(round=opened, cadre__user=user)

    def answers(*keys: str) -> dict[int, AnswerDraft]:
        said = {pk: AnswerDraft(False) for pk in questions.values()}
        for key in keys:
            said[questions[key]] = AnswerDraft(True, [ItemDraft("以电话代替上门走访。", "图省事", "每月上门 4 户", "dated", due)])
        return said

    def hand_in(user, *keys: str) -> SelfCheck:
        return submit(report(user), answers=answers(*keys), statement="", pledged=True, by=user, at=timezone.now())

    return SimpleNamespace(round=opened, due=due, q=questions, report=report, answers=answers, hand_in=hand_in)
