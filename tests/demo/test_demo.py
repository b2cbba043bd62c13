"""The demo: every numbered fact of the seed as rows, entered by actions, taken away without a trace but the log's."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from campaigns.models import Campaign, Document, GroupMember, Meeting, PlanItem, Slip, WorkGroup
from demo import content as c
from demo.actions import enter_demo
from learning.models import EducationActivity, StudyMaterial, StudySession
from ledger.models import Problem
from organizations.models import Cadre, DutyAssignment, Unit
from selfcheck.models import Aspect, SelfCheck
from supervision.models import OrganIssue, Regulation, Suggestion, SupervisionRecord

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(demo_entered, db):
    return demo_entered


def test_meeting_chain_with_blank_dates(demo):
    chain = []
    meeting = Meeting.objects.get(kind=Meeting.Kind.MOBILIZATION)
    while meeting:
        chain.append((meeting.organ, meeting.held_on))
        meeting = meeting.follows
    assert chain == [("区纪检监察工委", None), ("区党工委", None), ("区纪检监察工委", None), ("市纪委监委", None)]
    assert Meeting.objects.get(kind="party").days_after_followed() == 0  # 同日


def test_what_the_meetings_did(demo):
    told = {m.organ + m.kind: [a.kind for a in m.agenda.all()] for m in Meeting.objects.exclude(kind="superior")}
    assert told == {
        "区纪检监察工委committee": ["relay", "deliberate"],
        "区党工委party": ["relay", "approve"],
        "区纪检监察工委mobilization": ["relay", "deploy", "mobilize", "require"],
    }
    assert Meeting.objects.get(kind="party").instructions.get().speaker_post == "区党工委书记"
    assert Meeting.objects.get(kind="mobilization").whole_workforce


def test_the_plan_went_through_two_bodies_and_the_papers_are_filed(demo):
    kinds = list(Document.objects.values_list("kind", flat=True).order_by("kind"))
    assert kinds == ["mechanism", "opinion", "plan", "rules", "schedule", "spirit", "spirit"]
    assert Document.objects.get(kind="plan").agenda_items.get().kind == "deliberate"


def test_phases_as_the_plan_writes_them(demo):
    assert list(Campaign.objects.get().phases.values_list("label", flat=True)) == ["学习教育", "检视整改", "巩固提升"]


def test_plan_items_have_the_four_named_columns(demo):
    assert [i for i in PlanItem.objects.all() if not (i.when_text and i.place and i.task and i.owner_label)] == []


def test_five_distinct_work_groups_and_one_warning(demo):
    names = ["综合协调组", "线索处置组", "教育培训组", "宣传舆情组", "督导检查组"]
    assert list(WorkGroup.objects.values_list("name", flat=True)) == names
    assert demo == ["“教育培训组”重复列出，只保留一个。"]
    assert [g.members.get().role for g in WorkGroup.objects.all()] == ["head"] * 5


def test_leading_group_with_blank_names(demo):
    group = Campaign.objects.get().leading_group
    assert group.office_unit.name == "纪检监察室"
    rows = [(m.role, m.post_text, m.cadre) for m in group.members.filter(work_group=None)]
    assert rows == [
        ("head", "", None),
        ("deputy", "纪检监察工委副书记兼纪检监察室主任", None),
        ("member", "纪检监察室副主任", None),
        ("member", "街道纪工委书记", None),
    ]
    assert GroupMember.objects.filter(work_group=None, cadre__isnull=False).count() == 0


def test_five_sessions_with_topics_and_attendance_of_the_whole_roster(demo):
    assert StudySession.objects.filter(is_held=True).count() == 5
    assert all(s.topics.count() == 2 and s.attendance.count() == 24 for s in StudySession.objects.all())
    studied = set(StudyMaterial.objects.filter(sessions__isnull=False).values_list("title", flat=True))
    assert {"党的二十大报告", "《时刻保持解决大党独有难题的清醒和坚定》", "中国共产党章程", "纪律处分条例", "宪法", "监察法"} <= studied


def test_four_activities_two_of_them_visits_with_blank_dates(demo):
    rows = list(EducationActivity.objects.values_list("category", "kind", "held_on"))
    assert rows == [("warning", "base_visit", None), ("tradition", "memorial_visit", None), ("warning", "film", None), ("warning", "case_bulletin", None)]
    assert EducationActivity.objects.get(kind="base_visit").places == "市廉政教育基地、廉洁文化主题车站"


def test_one_slip_to_every_cadre(demo):
    slip = Slip.objects.get(kind="prompt")
    assert set(slip.deliveries.values_list("cadre", flat=True)) == set(Cadre.objects.values_list("pk", flat=True))


def test_six_aspects_six_questions(demo):
    assert list(Aspect.objects.values_list("label", flat=True)) == ["信仰缺失", "政治动摇", "放弃原则", "作风不正", "滥用权力", "清廉失守"]
    assert [a.questions.count() for a in Aspect.objects.all()] == [1] * 6


def test_institutions_posts_and_who_carries_the_duty(demo):
    bureau = Unit.objects.get(name="纪检监察室")
    assert [u.name for u in bureau.children.all()] == ["纪检监察科", "案件审理科"]
    duty = DutyAssignment.objects.get(duty="干部监督")
    assert (duty.unit.name, duty.unit.authorised_posts, duty.is_dedicated) == ("纪检监察科", 3, False)
    assert Unit.objects.filter(kind="street").count() == 4


def test_invented_roster_is_marked_and_has_concurrent_posts(demo):
    assert not Cadre.objects.filter(is_demo=False).exists()
    assert Cadre.objects.filter(posts__is_concurrent=True).count() == 3


def test_supervision_many_on_work_few_on_thought(demo):
    kinds = set(SupervisionRecord.objects.values_list("kind", flat=True))
    assert kinds == {"appraisal", "debriefing", "talk"}
    assert SupervisionRecord.objects.filter(level="work").count() == 30
    assert SupervisionRecord.objects.filter(level="thought").count() == 5


def test_organ_issues_regulation_suggestions_next_step(demo):
    assert [(i.title, i.causes.count()) for i in OrganIssue.objects.all()] == [
        ("内控机构不健全，监督力量薄弱", 2), ("制度机制不完善，监督不够经常", 2), ("主动监督意识不强，工作创新不够", 2),
    ]
    assert Regulation.objects.get().title == c.REGULATION
    assert Suggestion.objects.count() == 2
    assert Campaign.objects.get().next_steps.count() == 1


def test_progress_is_dated_from_today(demo):
    today = timezone.localdate()
    states = {s: SelfCheck.objects.filter(status=s).count() for s in SelfCheck.Status.values}
    assert states == {"pending": 3, "draft": 1, "submitted": 3, "returned": 1, "accepted": 16}
    assert SelfCheck.objects.overdue(today).count() == 4
    assert Problem.objects.overdue(today).count() == 3
    assert Problem.objects.closed().count() == 5
    assert Problem.objects.get(responsible_person__staff_no="YL401").due_on == today - dt.timedelta(days=1)


def test_entered_by_actions_so_every_kind_of_deed_is_in_the_log(demo):
    deeds = set(Event.objects.values_list("action", flat=True))
    assert {"organizations.open_unit", "campaigns.record_meeting", "selfcheck.submit", "ledger.move_problem", "supervision.raise_finding", "reports.issue_briefing"} <= deeds


def test_twice_is_refused(demo):
    with pytest.raises(ValidationError, match="已经在系统里"):
        enter_demo(at=timezone.now())


def test_accounts_as_json(demo, client):
    out = StringIO()
    call_command("demo", accounts=True, stdout=out)
    listed = json.loads(out.getvalue())
    assert [a["username"] for a in listed] == ["YL001", "YL002", "YL003", "YL004", "YL402", "YL303", "DD01", "YL007", "XT01", "AQ01", "SJ01"]
    assert set(listed[0]) == {"username", "password", "name", "role", "unit", "totp_secret"}
    assert all(check_password(a["password"], User.objects.get(username=a["username"]).password) for a in listed)


