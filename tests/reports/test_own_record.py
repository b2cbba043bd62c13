"""我的信息: all that is kept about oneself, nothing of anybody else, for no role."""

import json
from io import BytesIO

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from accounts.actions import send_notice
from accounts.models import User
from audit.models import Event
from campaigns import actions as campaigns
from campaigns.models import GroupMember, PlanItem
from jobs.models import Job
from learning.actions import submit_reflection
from learning.models import StudySession
from ledger.models import Measure, Problem
from organizations.actions import enter_cadre
from organizations.models import Cadre
from reports.own_record import PARTS
from selfcheck import actions as selfcheck
from selfcheck.models import SelfCheck, Unsealing
from tests.access.world import build
from tests.cast import NOW, account

ADDRESS, FILE = "/me/", "/me/record.xlsx"
SECRET, OTHERS = "收受服务对象两盒茶叶的金丝雀", "别人写下的金丝雀"

# Every column that points to a person: the part that tells of it, or why there is none.
TOLD = {
    "accounts.SignIn.user": "sign_ins", "accounts.Notice.user": "notices", "jobs.Job.asked_by": "jobs", "organizations.Cadre.user": "roster", "organizations.Post.cadre": "posts",
    "organizations.RoleGrant.user": "grants", "campaigns.PlanItem.owner": "plan_items", "campaigns.GroupMember.cadre": "memberships", "campaigns.SlipDelivery.cadre": "slips",
    "ledger.Problem.responsible_person": "problems", "ledger.Problem.lead_official": "charges", "ledger.Problem.verifier": "charges", "ledger.Measure.owner": "measures",
    "learning.Attendance.cadre": "attendance", "learning.Reflection.cadre": "reflections", "learning.TestResult.cadre": "test_results", "selfcheck.SelfCheck.cadre": "selfchecks",
    "selfcheck.Commitment.made_by": "selfchecks", "supervision.SupervisionRecord.cadre": "records",
}  # fmt: skip
SECRETS = {
    "otp_totp.TOTPDevice.user": "the library's own table, which stays empty",
    "accounts.Authenticator.user": "the sealed secret of the second factor; 账号 says since when there is one",
    "accounts.RecoveryCode.user": "digests of the recovery codes",
    "accounts.SpentToken.user": "tokens of forms already sent, kept for a week",
}
OTHERS_PAPERS = {
    "selfcheck.SelfCheck.reviewer": "the report is another's; what one did with it is among one's deeds",
    "ledger.BulkDeed.responsible_person": "what somebody asked for many problems; what came of it stands with each problem",
    "ledger.BulkDeed.verifier": "the same",
    "ledger.SavedView.user": "filters of a list, not facts; one sees, renames and deletes them above the ledger",
}
# A doer's signature under a row that is about something else: 本人办理的事 lists the deed, with day and place.
DOERS = {
    "opened_by", "done_by", "edited_by", "entered_by", "issued_by", "acknowledged_by", "reported_by", "registered_by", "submitted_by", "closed_by", "verified_by", "by", "requested_by", "decided_by",
    "distributed_by", "published_by", "returned_by", "accepted_by", "asked_by", "raised_by", "composed_by", "saved_by", "uploaded_by", "confirmed_by", "taken_by",
    "set_aside_by",
}  # fmt: skip


def columns_of_people() -> set[str]:
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if field.is_relation and field.concrete and field.related_model in (User, Cadre):
                found.add(f"{model._meta.label}.{field.name}")
    return found


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def book(user) -> dict[str, list[tuple]]:
    """The downloaded workbook: sheet → its lines below the head, without what is empty."""
    sheets = load_workbook(BytesIO(client_of(user).get(FILE).content))
    return {sheet.title: [row for row in sheet.iter_rows(min_row=2, values_only=True) if any(row)] for sheet in sheets}


@pytest.fixture
def lived(cast):
    """A world with one of everything that belongs to 干部 cadre, and more that points to them."""
    now, deed = timezone.now(), {"by": cast.office, "at": timezone.now()}
    me = cast.person(cast.cadre)
    me.posts.create(unit=me.unit, title="科员")
    where = build(cast)
    campaigns.appoint_member(GroupMember.objects.first().leading_group, role="member", cadre=me, **deed)
    PlanItem.objects.filter(pk=PlanItem.objects.first().pk).update(owner=me)
    submit_reflection(StudySession.objects.get(), cadre=me, text="学有所得", by=cast.cadre, at=now)
    send_notice([cast.cadre], text="请办", url="", at=now)
    theirs = Problem.objects.first()
    Measure.objects.create(problem=theirs, order=9, text=OTHERS, owner=me)
    Problem.objects.filter(pk=theirs.pk).update(responsible_person=cast.person(cast.colleague), title=OTHERS, manifestation=OTHERS, lead_official=me)
    report = SelfCheck.objects.get(cadre=me)
    selfcheck.decide_unsealing(Unsealing.objects.get(), granted=True, opinion="", by=cast.director, at=now)
    selfcheck.read_body(report, by=cast.reviewer, at=now)
    return where


def test_every_column_about_a_person_is_told_or_excused():
    excused = {name for name in columns_of_people() if name.rpartition(".")[2] in DOERS} - TOLD.keys()
    known = TOLD.keys() | SECRETS.keys() | OTHERS_PAPERS.keys()
    assert columns_of_people() - excused == known  # nothing new is forgotten, nothing old is still named
    assert {name.rpartition(".")[2] for name in excused} == DOERS
    assert set(TOLD.values()) <= PARTS.keys()


def test_every_part_has_its_rows(cast, lived):
    sheets = book(cast.cadre)
    assert list(sheets) == ["说明", *(str(part.label) for part in PARTS.values())]
    empty = {key for key, part in PARTS.items() if not sheets[str(part.label)]}
    assert empty == {"grants"}  # a cadre holds no role
    assert [row[0] for row in sheets["说明"]][:-1] == [str(part.label) for part in PARTS.values()]
    assert [row[1] for row in sheets["说明"]][:-1] == [len(sheets[str(part.label)]) for part in PARTS.values()]
    assert all(row[2] and row[3] for row in sheets["说明"][:-1])


def test_the_page_counts_what_the_file_holds(cast, lived):
    answer = client_of(cast.cadre).get(ADDRESS)
    counts = {key: count for key, _part, count in answer.context["parts"]}
    for key, part in PARTS.items():
        assert counts[key] == part.rows(cast.cadre).count(), key
    assert counts["roster"] == counts["account"] == counts["selfchecks"] == counts["readings"] == 1


def test_ones_own_words_are_there_and_who_read_them(cast, lived):
    report = SelfCheck.objects.get(cadre__user=cast.cadre)
    selfcheck.return_report(report, comment="补时间", due_on=report.due_on, by=cast.reviewer, at=timezone.now())
    said = {q.pk: selfcheck.AnswerDraft(False) for q in report.round.checklist.questions.all()}
    said[min(said)] = selfcheck.AnswerDraft(True, [selfcheck.ItemDraft(SECRET, "图省事", "退还", "immediate")])
    selfcheck.save_draft(report, answers=said, statement="无他", by=cast.cadre, at=timezone.now())
    lines = [row[3:] for row in book(cast.cadre)["自查自纠报告"]]
    assert lines[:5] == [
        ("是否存在信仰缺失方面的问题？", "是"), ("信仰缺失 第1项 具体表现", SECRET), ("信仰缺失 第1项 原因分析", "图省事"), ("信仰缺失 第1项 整改措施", "退还"), ("信仰缺失 第1项 整改时限", "立行立改"),
    ]  # fmt: skip
    assert lines[-3:] == [("其他需要向组织说明的事项", "无他"), ("本人承诺", report.round.checklist.pledge), ("退回意见", "补时间")]
    assert [row[1:] for row in book(cast.cadre)["谁看过自查报告"]] == [("何书言", "审核")]
    page = client_of(cast.cadre).get(f"{ADDRESS}?part=selfchecks").content.decode()
    assert SECRET in page


def test_others_words_are_in_no_part(cast, lived):
    for user in (cast.cadre, cast.reviewer, cast.office, cast.director):
        sheets = json.dumps(book(user), ensure_ascii=False)
        assert OTHERS not in sheets
    charges = book(cast.cadre)["本人牵头或验收的问题"]
    assert [row[0] for row in charges] == [Problem.objects.get(title=OTHERS).code]


def test_nobody_elses_for_no_role(cast, lived):
    """Whoever asks, and whatever they add to the address, gets their own."""
    me = cast.person(cast.cadre)
    for who in ("office", "director", "administrator", "security", "auditor", "colleague"):
        user = getattr(cast, who)
        answer = client_of(user).get(f"{ADDRESS}?part=account&user={cast.cadre.pk}&pk={me.pk}")
        assert [cell for heading, cell in answer.context["rows"][0]][:2] == [user.username, user.name]
        assert client_of(user).get(f"{ADDRESS}{cast.cadre.pk}/").status_code == 404


def test_a_namesake_and_an_account_outside_the_roster(cast, lived):
    namesake = account("namesake", "林知夏")
    enter_cadre(staff_no="N1", name="林知夏", unit=cast.unit_b, by=None, at=NOW)  # in the roster, without an account
    sheets = book(namesake)
    assert {title for title, rows in sheets.items() if rows} - {"本人办理的事"} == {"说明", "账号"}
    page = client_of(namesake).get(ADDRESS).content.decode()
    assert "没有关联名册里的人" in page
    assert [row[0] for row in book(cast.cadre)["名册登记"]] == [cast.person(cast.cadre).staff_no]
    assert "没有关联名册里的人" not in client_of(cast.cadre).get(ADDRESS).content.decode()


def test_the_download_is_on_record_and_kept_nowhere(cast, lived):
    jobs = Job.objects.count()
    answer = client_of(cast.cadre).get(FILE)
    assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(" ", "").split(","))
    assert "attachment" in answer["Content-Disposition"] and answer["X-Content-Type-Options"] == "nosniff"
    event = Event.objects.get(action="reports.take_own_record")
    assert (event.actor_id, event.subject_type) == (cast.cadre.pk, "")
    assert event.detail == {"rows": sum(row[1] for row in load_workbook(BytesIO(answer.content))["说明"].iter_rows(min_row=2, max_row=len(PARTS) + 1, values_only=True))}
    assert Job.objects.count() == jobs
    assert client_of(cast.cadre).post(FILE).status_code == 405


def test_the_file_says_a_destroyed_key_instead_of_words(cast, lived):
    from keys.actions import destroy_key

    destroy_key(SelfCheck.objects.get(cadre__user=cast.cadre).key.holder, reason="离任", by=None, at=timezone.now())
    assert [row[3:] for row in book(cast.cadre)["自查自纠报告"]] == [("内容", "数据密钥已销毁，不能再读取")]


def test_one_row_and_thirty_cost_the_same(cast, lived):
    client = client_of(cast.cadre)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        return len(asked)

    addresses = [ADDRESS, *(f"{ADDRESS}?part={key}" for key in PARTS)]
    before = [queries(address) for address in addresses]
    assert max(before) < 15
    for n in range(30):
        campaigns.issue_slip(cast.campaign, title=f"提示{n}", content="请办", cadres=[cast.person(cast.cadre)], by=cast.office, at=timezone.now())
        send_notice([cast.cadre], text="请办", url="", at=timezone.now())
    assert [queries(address) for address in addresses] == before


def test_an_unknown_part_is_not_found(cast):
    assert client_of(cast.cadre).get(f"{ADDRESS}?part=everything").status_code == 404


def test_the_account_page_leads_to_it(cast):
    assert client_of(cast.cadre).get("/accounts/preferences/").content.decode().count(f'href="{ADDRESS}"') == 1


def test_the_page_writes_days_as_every_page_does_and_the_sheet_as_sheets_do(cast, signed_in):
    now = timezone.localtime()
    send_notice([cast.cadre], text="请查收", url="/", at=now)
    html = signed_in(cast.cadre).get(ADDRESS, {"part": "notices"}).content.decode()
    assert f"{now.month} 月 {now.day} 日 {now:%H:%M}" in html
    assert f"{now:%Y-%m-%d}" not in html.split('<table class="table stack">')[1]
    assert [line[0] for line in PARTS["notices"].lines(PARTS["notices"].rows(cast.cadre))] == [f"{now:%Y-%m-%d %H:%M}"]
