"""What somebody writes about themself: the author, then the reviewer it is handed to, nobody else and nowhere else."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from accounts.models import Notice
from audit.models import Event
from organizations.models import RoleGrant
from selfcheck import actions
from selfcheck.actions import AnswerDraft, ItemDraft
from selfcheck.models import SelfCheck
from tests.access.test_access import TABLE, WHO, client_of
from tests.access.world import addresses

SECRET = "收受服务对象两盒茶叶"
NOBODY = "未向任何人说过的话"
DAY = dt.timedelta(days=1)


@pytest.fixture
def where(cast):
    return addresses(cast)


@pytest.fixture
def report(cast, where) -> SelfCheck:
    """The colleague's, handed in to the reviewer."""
    row = SelfCheck.objects.get(cadre__user=cast.colleague)
    return actions.submit(row, answers=said(row, SECRET), statement=SECRET, pledged=True, by=cast.colleague, at=timezone.now())


def said(report: SelfCheck, words: str) -> dict[int, AnswerDraft]:
    answers = {q.pk: AnswerDraft(False) for q in report.checklist.questions.all()}
    return answers | {min(answers): AnswerDraft(True, [ItemDraft(words, words, words, "immediate")])}


def rewrite(report: SelfCheck, cast) -> None:
    """Sent back, and the author has written something else since."""
    actions.return_report(report, comment="补时间", due_on=timezone.localdate() + DAY, by=cast.reviewer, at=timezone.now())
    actions.save_draft(report, answers=said(report, NOBODY), statement=NOBODY, by=cast.colleague, at=timezone.now() + dt.timedelta(minutes=1))


def readable(cast, who: str, report: SelfCheck) -> list[int]:
    client = client_of(cast, who)
    return [client.get(a).status_code for a in (f"/selfcheck/{report.pk}/", f"/selfcheck/reviews/{report.pk}/")]


def shows(cast, who: str, where: dict[str, str], words: str) -> list[str]:
    """The pages of the person that hold the words."""
    client, column = client_of(cast, who), WHO.index(who)
    return [name for name, address in where.items() if TABLE[name][column] == "+" and words in b"".join(client.get(address)).decode(errors="ignore")]


def test_reviewer_reads_what_was_handed_in(cast, report):
    assert readable(cast, "reviewer", report) == [200, 200]
    assert readable(cast, "colleague", report) == [200, 403]
    assert [readable(cast, who, report) for who in ("office", "liaison", "chief")] == [[404, 403]] * 3


def test_reviewer_reads_no_draft_of_a_report_sent_back(cast, report):
    actions.return_report(report, comment="补时间", due_on=timezone.localdate() + DAY, by=cast.reviewer, at=timezone.now())
    assert readable(cast, "reviewer", report) == [200, 200]  # still as it was handed in
    actions.save_draft(report, answers=said(report, NOBODY), statement=NOBODY, by=cast.colleague, at=timezone.now() + dt.timedelta(minutes=1))
    assert readable(cast, "reviewer", report) == [404, 404]
    page = client_of(cast, "reviewer").get("/selfcheck/reviews/?status=returned").content.decode()
    assert "许望舒" in page and "正在补正" in page and f"/selfcheck/reviews/{report.pk}/" not in page
    actions.submit(report, answers=said(report, SECRET), statement="", pledged=True, by=cast.colleague, at=timezone.now() + dt.timedelta(minutes=2))
    assert readable(cast, "reviewer", report) == [200, 200]


@pytest.mark.parametrize("end", [{"until": dt.date(2020, 1, 1)}, {"role": "liaison"}])
def test_who_reviews_no_more_reads_no_more(cast, report, end):
    RoleGrant.objects.filter(user=cast.reviewer).update(**end)
    assert readable(cast, "reviewer", report) == [404, 403]


def test_who_reviews_in_another_organ_now_reads_no_more(cast, report):
    RoleGrant.objects.filter(user=cast.reviewer).update(unit=cast.elsewhere)
    assert readable(cast, "reviewer", report) == [404, 404]


def test_who_reviews_for_a_unit_below_reads_what_is_assigned(cast, report):
    RoleGrant.objects.filter(user=cast.reviewer).update(unit=cast.unit_b)
    assert readable(cast, "reviewer", report) == [200, 200]


@pytest.mark.parametrize("once", [{}, {"once": "7f1f6a1e-8a57-4c5a-9f0b-0c6f8a8f6a10"}])
def test_a_refused_decision_is_no_way_to_read_without_a_trace(cast, report, once):
    client, address = client_of(cast, "reviewer"), f"/selfcheck/reviews/{report.pk}/"
    answer = client.post(address, {"do": "return", "version": report.version, "comment": ""} | once)
    assert (answer.status_code, answer["Location"], SECRET in answer.content.decode()) == (302, address, False)
    client.get(address)
    assert Event.objects.about(report).filter(action="selfcheck.read_body").count() == 1
    assert SECRET in client.post(address, {"do": "return", "version": report.version, "comment": ""}).content.decode()


@pytest.mark.parametrize("who", [w for w in WHO if w not in ("reviewer", "visitor")])
def test_before_acceptance_no_page_but_the_reviewers_shows_it(cast, where, report, who):
    assert shows(cast, who, where, SECRET) == []


def test_a_draft_is_on_nobodys_page(cast, where, report):
    rewrite(report, cast)
    assert {who: found for who in WHO[:-1] if (found := shows(cast, who, where, NOBODY))} == {}


def test_a_body_stands_in_plain_words_nowhere(cast, where, report):
    """Not in its own tables, the log, the notices, the jobs, the ledger, the stored facts of briefings — or any table made later."""
    assert tables_with(SECRET) == set()
    actions.return_report(report, comment=f"补充{SECRET}的时间", due_on=timezone.localdate() + DAY, by=cast.reviewer, at=timezone.now())
    assert tables_with(SECRET) == set()


def test_after_acceptance_it_stands_in_the_ledger_and_neither_in_log_nor_notices(cast, where, report):
    actions.accept_report(report, by=cast.reviewer, opinion=f"{SECRET}已说明", at=timezone.now())
    assert tables_with(SECRET) == {"ledger.problem", "ledger.measure"}
    assert not Notice.objects.filter(text__contains=SECRET).exists()


def tables_with(words: str) -> set[str]:
    """Labels of the models in any of whose text fields the words stand."""
    texts = (models.CharField, models.TextField, models.JSONField)
    return {
        m._meta.label_lower
        for m in apps.get_models()
        for f in m._meta.concrete_fields
        if isinstance(f, texts) and any(words in str(value) for value in m.objects.values_list(f.name, flat=True))
    }


@pytest.mark.parametrize("who", ["clues", "chief", "liaison", "administrator", "stranger", "outsider", "cadre"])
def test_after_acceptance_the_ledger_shows_it_to_its_readers_alone(cast, where, report, who):
    accepted = actions.accept_report(report, by=cast.reviewer, at=timezone.now())
    pk = accepted.answers.get(exists=True).items.get().problem_id
    expected = {"liaison": 200, "administrator": 403}.get(who, 404)
    assert client_of(cast, who).get(f"/ledger/problems/{pk}/").status_code == expected
    if who != "liaison":
        assert shows(cast, who, where, SECRET) == []
