"""Anchors: written when the chain has grown, believed only when they are ours."""

import datetime as dt

import pytest
from django.db import connection

from audit.actions import anchor, last_verification, verify_log
from audit.anchors import read_anchors, write_anchor
from audit.chain import seal
from audit.models import Event
from audit.tasks import anchor_log
from audit.triggers import remove
from audit.verify import verify
from tests.audit.conftest import note, sql
from tests.cast import NOW, account

pytestmark = pytest.mark.django_db


def grow() -> Event:
    event = note()
    seal(connection)
    return Event.objects.get(pk=event.pk)


def test_an_anchor_says_where_the_chain_ended(anchors):
    assert (write_anchor(now=NOW), anchors.exists()) == (False, False)
    grow()
    last = grow()
    assert write_anchor(now=NOW)
    (line,) = anchors.read_text().splitlines()
    assert line.split(" ")[:5] == ["1", "2", last.mac, "2", "2026-09-18T02:40:00Z"]
    assert [(a.seq, a.mac, a.at, a.is_sound) for a in read_anchors()] == [(2, last.mac, "2026-09-18T02:40:00Z", True)]
    assert oct(anchors.stat().st_mode & 0o777) == "0o600"


def test_an_anchor_is_written_once_for_each_end(anchors):
    grow()
    assert [write_anchor(now=NOW), write_anchor(now=NOW), anchor_log()] == [True, False, False]
    grow()
    assert (anchor_log(), len(anchors.read_text().splitlines()), verify().anchors) == (True, 2, 2)


@pytest.mark.parametrize("edit", [
    lambda text: text.replace(" 1 ", " 2 ", 1), lambda text: text.replace("2026", "2025"), lambda text: "杂\n" + text, lambda text: "\n" + text,
    lambda text: text[:-5], lambda text: "1 ² x 1 2026 y\n" + text,
])  # fmt: skip
def test_a_line_that_is_not_ours_is_named(anchors, edit):
    grow()
    write_anchor(now=NOW)
    anchors.write_text(edit(anchors.read_text()))
    assert str(verify()) == "锚点文件第 1 行不是本系统写下的，锚点文件被改动。"


def test_an_anchor_of_the_other_digest_still_counts(anchors, settings):
    grow()
    write_anchor(now=NOW)
    settings.CRYPTO_SUITE = "intl"
    grow()
    write_anchor(now=NOW)
    assert ([line[0] for line in anchors.read_text().splitlines()], verify().is_intact) == (["1", "2"], True)


def test_an_anchor_that_cant_be_written_stops_no_work(anchors, settings, caplog):
    grow()
    settings.AUDIT_ANCHORS = anchors.parent.parent / "file" / "anchors.txt"
    (anchors.parent.parent / "file").write_text("in the way")
    assert (anchor(now=NOW), [r.message for r in caplog.records]) == (False, ["the log's anchor was not written"])


def test_verify_log_is_on_record_and_leaves_an_anchor(anchors):
    grow()
    man = account("admin", "管知远")
    verdict = verify_log(by=man, at=NOW)
    seal(connection)
    event = Event.objects.get(action="audit.verify_log")
    assert (event.actor_label, event.result, event.detail) == ("管知远", "done", {"count": 1, "said": "日志完好：1 条首尾相接，与 0 个库外锚点相符。"})
    assert (verdict.is_intact, len(anchors.read_text().splitlines()), last_verification()) == (True, 1, event)


def test_a_log_that_is_not_whole_gets_no_anchor(anchors):
    grow()
    remove(connection)
    sql("UPDATE audit_event SET action = 'x'")
    verify_log(by=None, at=NOW)
    seal(connection)
    event = Event.objects.get(action="audit.verify_log")
    assert (event.result, event.detail["said"][:6], anchors.exists()) == ("refused", "第 1 条（", False)


def test_only_a_sealed_verification_counts():
    Event.objects.create(at=NOW + dt.timedelta(days=1), actor_label="系统", action="audit.verify_log")
    assert last_verification() is None
