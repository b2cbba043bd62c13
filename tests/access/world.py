"""One of everything, so that every address can be asked for: it belongs to 干部 cadre of unit A wherever it belongs to someone,

or, for the test of relations, to another person of another unit.
"""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import SignIn, User
from campaigns import actions as campaigns
from jobs.actions import queue_job
from learning import actions as learning
from ledger import actions as ledger
from ledger.models import BulkDeed, Problem, SavedView
from organizations import actions as organizations
from organizations.models import RoleGrant, Unit
from reports import actions as reports
from selfcheck import actions as selfcheck
from selfcheck.models import SelfCheck
from supervision import actions as supervision
from tests.cast import Cast, account
from tests.organizations.sheetmaker import csv_bytes, row, upload

DAY = dt.timedelta(days=1)


def evidence() -> SimpleUploadedFile:
    return SimpleUploadedFile("材料.pdf", b"%PDF-1.7 evidence")


def build(cast: Cast, owner: User | None = None) -> dict[str, dict]:
    """URL name → the arguments that make its address; names without arguments are left out."""
    now, today, office = timezone.now(), timezone.localdate(), cast.office
    deed, owner = {"by": office, "at": now}, owner or cast.cadre
    person = cast.person(owner)
    unit, camp = person.unit, _campaign_of(cast, person.unit, now)
    phase = campaigns.plan_phase(camp, kind="learning", label="学习教育", **deed)
    item = campaigns.plan_item(camp, task="报送情况", units=[unit], due_on=today + DAY, **deed)
    done = campaigns.plan_item(camp, task="报过的", units=[unit], **deed).unit_tasks.get()
    campaigns.finish_task(done, note="已办", uploads=[evidence()], by=cast.liaison, at=now)
    group = campaigns.form_leading_group(camp, name="领导小组", **deed)
    (team,), _w = campaigns.form_work_groups(group, names=["综合组"], **deed)
    member = campaigns.appoint_member(group, role="member", post_text="书记", **deed)
    meeting = campaigns.record_meeting(camp, kind="other", organ="工委", title="会议", **deed)
    paper = campaigns.file_document(camp, kind="notice", title="通知", upload=evidence(), **deed)
    slip = campaigns.issue_slip(camp, title="提示", content="请办", cadres=[person], **deed)
    session = learning.hold_session(camp, unit=camp.unit, title="学习", held_on=today, is_held=True, **deed)
    learning.record_attendance(session, marks={person.pk: {"status": "leave"}}, **deed)
    material = learning.distribute_material(camp, kind="document", category="theory", title="材料", upload=evidence(), **deed)
    test = learning.hold_test(camp, title="测试", scores={person: 80}, **deed)
    checklist = selfcheck.publish_checklist(camp, name="六个方面", **deed)
    opened = selfcheck.open_round(camp, title="第一轮", checklist=checklist, due_on=today + DAY, content="请自查", reviewers={camp.unit.path: cast.reviewer}, **deed)
    draft = selfcheck.start_checklist(camp, **deed)
    report = SelfCheck.objects.get(round=opened, cadre=person)
    answers = {q.pk: selfcheck.AnswerDraft(exists=False) for q in checklist.questions.all()}
    report = selfcheck.submit(report, answers=answers, statement="", pledged=True, by=owner, at=now)
    unsealing = selfcheck.ask_unsealing(report, reason="核对情况", **deed)
    problems = _problems(cast, owner, camp, today)
    rule = ledger.plan_rule(camp, title="制度", kind="new", unit=unit, **deed)
    talk = supervision.record_supervision(camp, kind="talk", level="thought", cadre=person, **deed)
    visit = supervision.record_visit(camp, unit=unit, team="督导组", by=cast.supervisor, at=now)
    suggestion = supervision.make_suggestion(camp, addressee="上级", topic="人员", text="增编", **deed)
    briefing = reports.compose_briefing(camp, kind="progress", title="汇报", as_of=today, body="文", **deed)
    sent = reports.submit_briefing(reports.compose_briefing(camp, kind="progress", title="送审的", as_of=today, body="文", **deed), **deed)
    duty = organizations.assign_duty(duty="干部监督", unit=unit, **deed)
    roster = _roster(cast, unit, now)
    job = queue_job("reports.render", label="汇报", args={}, by=owner, at=now)
    kept = SavedView.objects.create(user=cast.office, campaign=camp, name="逾期的", query="view=overdue")
    bulk = BulkDeed.objects.create(campaign=camp, act="remind", asked_by=cast.office, asked_at=now, rows=[problems["problem_"].pk], results=[""])
    grant = RoleGrant.objects.get(user=cast.liaison) if owner == cast.cadre else organizations.grant_role(account("holder", "持有人"), role="publicity", unit=unit, by=None, at=now)
    signed_in = SignIn.objects.create(user=owner, session_key="of another desk", at=now, last_seen_at=now)
    of = {
        "accounts:sign_in_": signed_in.pk, "jobs:": job.pk, "organizations:unit_": unit.pk, "organizations:duty_new": unit.pk, "organizations:duty_withdraw": duty.pk,
        "organizations:cadre_": person.pk, "organizations:roster_": roster.pk, "organizations:account_": owner.pk, "organizations:unit_move": unit.pk, "organizations:grant_new": owner.pk,
        "organizations:grant_revoke": grant.pk, "campaigns:campaign_choose": camp.pk, "campaigns:phase_": phase.pk, "campaigns:item_": item.pk,
        "campaigns:task_assign": item.pk, "campaigns:task_finish": item.unit_tasks.get().pk, "campaigns:task_file": done.pk, "campaigns:work_group_": team.pk,
        "campaigns:member_": member.pk, "campaigns:meeting_": meeting.pk, "campaigns:document_": paper.pk, "campaigns:slip_": slip.pk,
        "ledger:rule_": rule.pk, "ledger:saved_view_": kept.pk, "ledger:bulk_": bulk.pk, "learning:session_": session.pk, "learning:attendance_": session.pk, "learning:reflection_": session.pk,
        "learning:make_up": session.attendance.get(cadre=person).pk, "learning:material_": material.pk, "learning:test_": test.pk,
        "selfcheck:round_": opened.pk, "selfcheck:reviewer_": opened.pk, "selfcheck:checklist_": checklist.pk, "selfcheck:checklist_adopt": opened.pk,
        **{f"selfcheck:checklist_{name}": draft.pk for name in ("edit", "preview", "publish", "discard")}, "selfcheck:review_": report.pk,
        "selfcheck:selfcheck_": report.pk, "selfcheck:unsealing_new": report.pk, "selfcheck:unsealing_decide": unsealing.pk, "supervision:record_": talk.pk, "supervision:visit_": visit.pk, "supervision:finding_": visit.pk,
        "supervision:suggestion_": suggestion.pk, "reports:briefing_": briefing.pk, "reports:briefing_return": sent.pk, "reports:briefing_issue": sent.pk, "reports:selfcheck_form": report.pk,
        **{f"ledger:{name}": problem.pk for name, problem in problems.items()},
    }
    extra = {
        "campaigns:task_file": {"file_pk": done.evidence.get().pk}, "ledger:problem_file": {"file_pk": problems["problem_file"].evidence.get().pk},
        "ledger:milestone_tick": {"milestone_pk": problems["milestone_"].milestones.get().pk},
        "reports:figure_detail": {"key": "problems"}, "reports:help_detail": {"slug": "ledger"}, "reports:briefing_restore": {"number": 1}, "reports:briefing_file": {"fmt": "pdf"},
    }
    return {name: _arguments(name, of) | extra.get(name, {}) for name in named_urls()}


def _campaign_of(cast: Cast, unit: Unit, now):
    """The organ's, or one of the neighbouring organ."""
    if unit.path.startswith(cast.organ.path):
        return cast.campaign
    return campaigns.launch_campaign(name="邻区教育整顿", workforce="干部", unit=cast.elsewhere, by=cast.outsider, at=now)


def _arguments(name: str, of: dict[str, object]) -> dict:
    """The pk of the longest prefix that fits the name."""
    prefix = max((p for p in of if name.startswith(p)), key=len, default=None)
    return {"pk": of[prefix]} if prefix and "pk" in named_urls()[name] else {}


def _problems(cast: Cast, owner: User, camp, today) -> dict[str, Problem]:
    """A problem of the owner in the state each page needs."""
    now = timezone.now()
    deed = {"by": cast.office if camp == cast.campaign else cast.outsider, "at": now}

    def reported() -> Problem:
        return ledger.report_problem(
            camp, title="问题", source="other", manifestation="表现", responsible_unit=cast.person(owner).unit, track="immediate",
            responsible_person=cast.person(owner), due_on=today + 9 * DAY, **deed,
        )

    def opened() -> Problem:
        problem = ledger.register_problem(reported(), verifier=cast.reviewer, **deed)
        ledger.report_progress(problem, text="有进展", made_on=today, uploads=[evidence()], by=owner, at=now)
        return problem

    submitted = ledger.submit_problem(opened(), note="请验收", by=owner, at=now)
    verified = ledger.verify_problem(ledger.submit_problem(opened(), note="请验收", by=owner, at=now), opinion="通过", by=cast.reviewer, at=now)
    asked = opened()
    ledger.request_extension(asked, reason="等材料", until=today + 20 * DAY, by=owner, at=now)
    staged = opened()
    ledger.add_milestone(staged, text="第一步", due_on=today, by=owner, at=now)
    return {
        "milestone_": staged, "comment_": opened(), "problem_": opened(), "measure_": opened(), "progress_": opened(), "extension_new": opened(), "extension_decide": asked,
        "problem_register": reported(), "problem_dismiss": reported(), "problem_verify": submitted, "problem_send_back": submitted, "problem_close": verified,
        "problem_close_at_once": opened(), "problem_resume": ledger.defer_problem(opened(), until=today + DAY, reason="等", **deed),
        "problem_recur": ledger.close_at_once(opened(), opinion="已改", **deed), "problem_file": opened(),
    }


def _roster(cast: Cast, unit: Unit, now):
    """A roster sheet the office has uploaded and not confirmed."""
    import io

    from organizations.sheets import RosterResource, read_sheet

    content = csv_bytes(row(单位编码=unit.code))
    plan = RosterResource(scope=[unit.path]).check(read_sheet(io.BytesIO(content), "名册.csv"))
    return organizations.upload_roster(upload(content, "名册.csv"), plan=plan, by=cast.office, at=now)


def named_urls() -> dict[str, set[str]]:
    """Every URL name of the project with its arguments."""

    def walk(resolver: URLResolver, space: str = ""):
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                yield space + pattern.name, set(pattern.pattern.converters)
            else:
                yield from walk(pattern, f"{pattern.namespace}:" if pattern.namespace else space)

    return dict(walk(get_resolver()))


def addresses(cast: Cast, owner: User | None = None) -> dict[str, str]:
    """URL name → address of its thing in the world."""
    found = {name: reverse(name, kwargs=kwargs) for name, kwargs in build(cast, owner).items()}
    return found | {"reports:briefing_compare": f"{found['reports:briefing_compare']}?old=1&new=1"}
