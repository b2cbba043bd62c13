"""What is written about oneself is sealed at rest, opens for the right row only, and changes suite as a whole."""

import pytest
from django.db import connection
from django.utils import timezone

from keys.actions import destroy_key, reseal_texts
from keys.suites import Unreadable
from selfcheck.actions import return_report, save_draft
from selfcheck.models import SelfCheck

WORDS = "以电话代替上门走访。"


def sealed(report: SelfCheck) -> str:
    return SelfCheck.objects.values_list("sealed_body", flat=True).get(pk=report.pk)


def body_of(report: SelfCheck) -> list[str]:
    fresh = SelfCheck.objects.get(pk=report.pk)
    return [item.manifestation for answer in fresh.answers.filter(exists=True) for item in answer.items.all()]


@pytest.mark.parametrize("suite", ["gm", "intl"])
def test_words_are_sealed_in_the_suite_of_the_settings(cast, stage, settings, suite):
    settings.CRYPTO_SUITE = suite
    report = stage.hand_in(cast.cadre, "improper_conduct")
    assert sealed(report).startswith(f"v1:{suite}:")
    assert body_of(report) == [WORDS]


def test_every_suite_reads_the_other_and_reseal_changes_all(cast, stage, settings):
    settings.CRYPTO_SUITE = "gm"
    first, second = stage.hand_in(cast.cadre, "improper_conduct"), stage.hand_in(cast.colleague, "improper_conduct")
    return_report(first, comment="补时间", due_on=stage.due, by=cast.reviewer, at=timezone.now())
    settings.CRYPTO_SUITE = "intl"
    assert body_of(first) == [WORDS]
    assert {str(label): count for label, count in reseal_texts(by=None, at=timezone.now()).items()} == {"验证器": 0, "自查自纠报告": 2}
    now = SelfCheck.objects.get(pk=first.pk)
    assert [text[:8] for text in (now.sealed_body, now.sealed_return_comment, sealed(second))] == ["v1:intl:"] * 3
    assert (body_of(first), now.return_comment, body_of(second)) == ([WORDS], "补时间", [WORDS])


def test_a_body_moved_to_another_report_opens_nothing(cast, stage):
    """Also one's own: an earlier report can't be passed off as a later one."""
    mine, other = stage.hand_in(cast.cadre, "improper_conduct"), stage.hand_in(cast.colleague)
    for key in (other.key, mine.key):
        SelfCheck.objects.filter(pk=other.pk).update(sealed_body=sealed(mine), key=key)
        with pytest.raises(Unreadable):
            SelfCheck.objects.get(pk=other.pk).body  # noqa: B018


def test_a_body_is_not_readable_once_the_key_is_destroyed(cast, stage):
    report = stage.hand_in(cast.cadre, "improper_conduct")
    destroy_key(f"cadre:{report.cadre.staff_no}", reason="保存期满", by=None, at=timezone.now())
    with pytest.raises(Unreadable):
        body_of(report)


def test_one_key_a_person(cast, stage):
    reports = [stage.hand_in(user, "improper_conduct") for user in (cast.cadre, cast.colleague)]
    again = save_draft(return_report(reports[0], comment="补", due_on=stage.due, by=cast.reviewer, at=timezone.now()), answers=stage.answers(), statement="无", by=cast.cadre, at=timezone.now())
    assert again.key == reports[0].key != reports[1].key
    assert [r.key.holder for r in reports] == ["cadre:cadre", "cadre:colleague"]


def test_reading_takes_one_query_more_at_most(cast, stage, django_assert_num_queries):
    report = stage.hand_in(cast.cadre, "improper_conduct", "belief_loss")
    fresh = SelfCheck.objects.select_related("key").prefetch_related("answers__items").get(pk=report.pk)
    with django_assert_num_queries(0):
        assert [item.cause for answer in fresh.answers.all() for item in answer.items.all()] == ["图省事", "图省事"]


def test_constraints_hold(cast, stage):
    from django.db import IntegrityError, transaction

    report = stage.report(cast.cadre)
    for change in ({"sealed_body": "明文"}, {"review_until": None}, {"reviewer": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SelfCheck.objects.filter(pk=report.pk).update(**change)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="looks into SQLite's own pages")
def test_no_column_of_the_database_holds_the_words(cast, stage):
    stage.hand_in(cast.cadre, "improper_conduct")
    with connection.cursor() as cursor:
        dump = "\n".join(connection.connection.iterdump())
        cursor.execute("SELECT 1")
    assert WORDS not in dump and "第一轮" in dump
