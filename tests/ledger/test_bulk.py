"""One act on many rows: what the page foretells, and what becomes of each row."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notice
from audit.models import Event
from jobs.models import Job
from jobs.runner import run_pending
from ledger.actions import bulk
from ledger.models import BulkDeed, Problem
from ledger.views.desk import forecast
from organizations.models import RoleGrant, access_of
from tests.cast import NOW
from tests.ledger.plays import S, in_state, opened, reported, submit

URL = "/ledger/problems/bulk/"


def ask(cast, act, rows, by, at=NOW, **facts) -> list[str]:
    deed, job = bulk.ask_bulk(cast.campaign, act=act, rows=[row.pk for row in rows], by=by, at=at, **facts)
    assert job is None
    return deed.results


def test_verify_does_each_row_alone_and_says_what_was_refused(cast):
    own = submit(cast, opened(cast, person=cast.person(cast.reviewer), unit=cast.bureau))
    fine, early, foreign = in_state(cast, S.SUBMITTED), opened(cast), in_state(cast, S.SUBMITTED, unit=cast.elsewhere)
    results = ask(cast, "verify", [own, fine, early, foreign], cast.reviewer, opinion="材料齐全")
    assert results == ["您是这件问题的责任人，须由别人验收。可以由察其微、沈若川验收。", "", "现在是“整改中”，只有待验收的可以验收。", "已不在您能看到的范围内。"]
    assert {row.pk: Problem.objects.get(pk=row.pk).status for row in (own, fine, early, foreign)} == {own.pk: "submitted", fine.pk: "verified", early.pk: "open", foreign.pk: "submitted"}
    assert fine.verifications.get().opinion == "材料齐全"
    assert Event.objects.get(action="ledger.ask_bulk").detail == {"act": "verify", "rows": 4}


def test_a_row_one_may_see_but_not_verify_says_so(cast):
    assert ask(cast, "verify", [in_state(cast, S.SUBMITTED)], cast.liaison, opinion="好") == ["您没有办理这一件的权限。"]


@pytest.mark.parametrize("facts, words", [({"opinion": " "}, "请写明验收意见。"), ({"opinion": "好", "rows": []}, "没有选中任何问题。")])
def test_what_can_be_said_of_all_rows_is_said_at_once(cast, facts, words):
    with pytest.raises(ValidationError, match=words):
        bulk.ask_bulk(cast.campaign, **{"act": "verify", "rows": [in_state(cast, S.SUBMITTED).pk], "by": cast.reviewer, "at": NOW} | facts)
    assert not BulkDeed.objects.exists()


def test_assign_names_owner_and_verifier_and_tells_the_new_one(cast):
    problem, over, other = opened(cast, title="缺记录"), in_state(cast, S.CLOSED), opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger))
    Notice.objects.all().delete()
    results = ask(cast, "assign", [problem, over, other], cast.office, responsible_person=cast.person(cast.colleague), verifier=cast.reviewer)
    assert results == ["", "已经办结，不能再指定。", "许望舒不在责任单位，请换一人。"]
    problem.refresh_from_db()
    assert (problem.responsible_person, problem.verifier, problem.version) == (cast.person(cast.colleague), cast.reviewer, 3)
    assert list(Notice.objects.values_list("user__name", "text")) == [("许望舒", "有一件问题请您整改：缺记录")]
    assert ask(cast, "assign", [problem], cast.office, verifier=cast.reviewer) == ["已经是这样指定的，没有改动。"]


def test_assign_keeps_owner_and_verifier_apart(cast):
    own = opened(cast, person=cast.person(cast.reviewer), unit=cast.bureau)
    assert ask(cast, "assign", [own], cast.office, verifier=cast.reviewer) == ["验收人不能是责任人本人，也不能是提请验收或最近填报、更正的人。"]
    assert ask(cast, "assign", [own], cast.office, verifier=cast.cadre) == ["林知夏在这个单位没有验收权限，请换一人。"]
    assert ask(cast, "assign", [opened(cast)], cast.liaison, verifier=cast.reviewer) == ["您没有办理这一件的权限。"]
    with pytest.raises(ValidationError, match="至少指定一项"):
        bulk.ask_bulk(cast.campaign, act="assign", rows=[own.pk], by=cast.office, at=NOW)


def test_remind_reaches_each_owner_once_a_day(cast):
    problem, nobody = opened(cast, title="缺记录"), opened(cast)
    Problem.objects.filter(pk=nobody.pk).update(responsible_person=None)
    Notice.objects.all().delete()
    assert ask(cast, "remind", [problem, nobody, reported(cast)], cast.liaison) == ["", "还没有责任人，请先指定。", "现在是“待确认”，只有整改中的可以提醒。"]
    assert ask(cast, "remind", [problem], cast.office) == ["今天已经提醒过，明天再提醒。"]
    assert ask(cast, "remind", [problem], cast.office, at=NOW + bulk.dt.timedelta(days=1)) == [""]
    sent = Notice.objects.values_list("user__name", "text", "url")
    assert set(sent) == {("林知夏", f"请抓紧整改（{problem.due_on} 到期）：缺记录", f"/ledger/problems/{problem.pk}/")} and len(sent) == 2


def test_many_rows_are_done_by_a_job_that_goes_on_where_it_stood(cast, monkeypatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    rows = [in_state(cast, S.SUBMITTED, at=timezone.now()) for _n in range(3)]
    deed, job = bulk.ask_bulk(cast.campaign, act="verify", rows=[row.pk for row in rows], opinion="齐全", by=cast.reviewer, at=timezone.now())
    assert (job.kind, job.args, job.label, deed.results) == ("ledger.bulk", {"deed": deed.pk}, "验收通过（3 件）", [])
    BulkDeed.objects.filter(pk=deed.pk).update(results=["早先已办"])  # a runner that broke off after the first
    run_pending()
    deed.refresh_from_db()
    assert deed.results == ["早先已办", "", ""]
    assert list(Problem.objects.order_by("pk").values_list("status", flat=True)) == ["submitted", "verified", "verified"]
    assert Job.objects.get().message == "办成 2 件，1 件没有办成，原因逐件列在结果页。"


# --- the pages ---


def test_problem_bulk_foretells_each_row_and_then_does_it(cast, signed_in):
    fine, early = in_state(cast, S.SUBMITTED, at=timezone.now()), opened(cast, at=timezone.now())
    client, chosen = signed_in(cast.reviewer), {"act": "verify", "pk": [fine.pk, early.pk], "query": "view=awaiting&page=2"}
    html = client.get(URL, chosen).content.decode()
    assert "验收通过：2 件" in html and html.count("不办：") == 1 and "只有待验收的可以验收" in html
    assert Problem.objects.filter(status="verified").count() == 0
    once = {"once": str(uuid.uuid4()), "expected": 2, "opinion": "齐全"}
    first, again = client.post(URL, chosen | once), client.post(URL, chosen | once)
    deed = BulkDeed.objects.get()
    assert first.url == again.url == f"{URL}{deed.pk}/" and deed.back == "view=awaiting"
    html = client.get(first.url).content.decode()
    assert "办成 1 件，1 件没有办成" in html and html.index("没有办成：") < html.index("已办") and 'href="/ledger/problems/?view=awaiting"' in html


def test_problem_bulk_foretells_who_cannot_be_reminded_today(cast, signed_in):
    now = timezone.now()
    fine, told, early = opened(cast, at=now), opened(cast, at=now), reported(cast, at=now)
    ask(cast, "remind", [told], cast.office, at=now)
    html = signed_in(cast.office).get(URL, {"act": "remind", "pk": [fine.pk, told.pk, early.pk]}).content.decode()
    assert html.count("不办：") == 2 and "今天已经提醒过，明天再提醒。" in html and "现在是“待确认”，只有整改中的可以提醒。" in html


def test_problem_bulk_takes_all_that_match_and_tells_when_their_number_changed(cast, signed_in):
    now = timezone.now()
    rows, other = [opened(cast, at=now, level="team") for _n in range(3)], opened(cast, at=now)
    client, asked = signed_in(cast.office), {"act": "remind", "all": "1", "query": "level=team&page=9"}
    assert "提醒责任人：3 件" in client.get(URL, asked).content.decode()
    html = client.post(URL, asked | {"expected": 2}).content.decode()
    assert "现在是 3 件" in html and 'name="expected" value="3"' in html and not BulkDeed.objects.exists()
    client.post(URL, asked | {"expected": 3})
    assert BulkDeed.objects.get().rows == sorted(row.pk for row in rows) and other.pk not in BulkDeed.objects.get().rows


def test_problem_bulk_is_for_those_who_hold_the_permission(cast, signed_in):
    problem = in_state(cast, S.SUBMITTED)
    for who, act, status in [("liaison", "verify", 403), ("liaison", "assign", 403), ("liaison", "remind", 200), ("reviewer", "assign", 403), ("cadre", "remind", 403), ("office", "nonsense", 404)]:
        assert signed_in(getattr(cast, who)).get(URL, {"act": act, "pk": problem.pk}).status_code == status, (who, act)
    assert "没有选中任何问题" in signed_in(cast.stranger).get(URL, {"act": "remind", "pk": problem.pk}).content.decode()
    assert "没有选中任何问题" in signed_in(cast.office).get(URL, {"act": "remind", "pk": ["x", "9" * 30]}).content.decode()


def test_problem_list_shows_the_acts_one_may_do(cast, signed_in):
    opened(cast)
    for who, acts in [("office", ["assign", "remind", "verify"]), ("liaison", ["remind"]), ("reviewer", ["verify"]), ("director", []), ("cadre", [])]:
        html = signed_in(getattr(cast, who)).get("/ledger/problems/").content.decode()
        assert [act for act in ("assign", "remind", "verify") if f'name="act" value="{act}"' in html] == acts, who
        assert ('name="pk"' in html) == bool(acts)


def test_bulk_detail_is_ones_own(cast, signed_in):
    ask(cast, "remind", [opened(cast)], cast.office)
    address = f"{URL}{BulkDeed.objects.get().pk}/"
    assert [signed_in(who).get(address).status_code for who in (cast.office, cast.liaison, cast.cadre)] == [200, 404, 403]


def test_bulk_detail_shows_no_more_of_what_is_out_of_sight_since(cast, signed_in):
    ask(cast, "remind", [opened(cast, title="还看得到的"), opened(cast, title="看不到了的", unit=cast.unit_b, person=cast.person(cast.stranger))], cast.office)
    RoleGrant.objects.filter(user=cast.office).update(unit=cast.unit_a)
    html = signed_in(cast.office).get(f"{URL}{BulkDeed.objects.get().pk}/").content.decode()
    assert "还看得到的" in html and "看不到了的" not in html and "您已看不到的一件" in html


def test_foretelling_refusals_looks_up_nobody_row_by_row(cast):
    """Who else may verify is told when it was tried, not for each row of the page that asks."""
    rows = [submit(cast, opened(cast, person=cast.person(cast.reviewer), unit=cast.bureau)) for _n in range(4)]
    costs = []
    for some in (rows[:1], rows):
        access_of(cast.reviewer)  # once a request
        with CaptureQueriesContext(connection) as queries:
            told = forecast("verify", [row.pk for row in some], cast.reviewer)
        costs.append(len(queries))
        assert [why for _row, why in told] == ["您是这件问题的责任人，须由别人验收。"] * len(some)
    assert costs == [1, 1]
