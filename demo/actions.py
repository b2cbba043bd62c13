"""Enters the demonstration through the pages' own actions, and takes all of it away again."""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass, field
from itertools import cycle

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import key_holder, open_account
from accounts.models import User
from audit.log import record
from campaigns import actions as campaigns
from campaigns.models import Campaign, Meeting, SlipDelivery
from files.models import StoredFile
from jobs.models import Job
from keys.models import DataKey
from learning import actions as learning
from learning.models import Attendance
from ledger import actions as ledger
from ledger.actions.saved import keep_view
from ledger.models import Problem
from organizations import actions as organizations
from organizations.kept import touch
from organizations.models import Cadre, RoleGrant, Unit
from reports import actions as reports
from reports.models import Briefing
from selfcheck import actions as selfcheck
from selfcheck.actions import AnswerDraft, ItemDraft
from selfcheck.models import Round, SelfCheck
from supervision import actions as supervision

from . import content as c


def password_for(username: str) -> str:
    """A demo account's password: the same each time on one installation, never stored, unknown elsewhere.

    A digit and a letter by turns, so that by no chance a year or a unit's initials stand in it, which the rule for passwords refuses.
    """
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"demo:{username}".encode(), hashlib.sha256)
    signs = "".join(signs[byte % len(signs)] for signs, byte in zip(cycle(("0123456789", "bcdfghjkmnpqrtvx")), digest[:10]))
    return f"Yl-{signs[:5]}-{signs[5:]}"


def is_entered() -> bool:
    return Campaign.objects.filter(is_demo=True).exists()


def accounts() -> list[dict]:
    """The demo accounts that can sign in: username, password, role, unit, TOTP secret (none is set yet)."""
    units = {code: name for code, name, *_rest in c.UNITS}
    return [
        {"username": username, "password": password_for(username), "name": name, "role": words, "unit": units[unit], "totp_secret": None}
        for username, name, _role, unit, words in c.ACCOUNTS
        if User.objects.filter(username=username, is_demo=True).exists()
    ]


@dataclass
class Stage:
    """What has been entered so far."""

    today: dt.date
    units: dict[str, Unit] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    cadres: dict[str, Cadre] = field(default_factory=dict)
    campaign: Campaign | None = None

    def at(self, days: int, hour: int = 10, minute: int = 0) -> dt.datetime:
        """A moment so many days from today (negative: before)."""
        return timezone.make_aware(dt.datetime.combine(self.today + dt.timedelta(days=days), dt.time(hour, minute)))

    def day(self, days: int | None) -> dt.date | None:
        return None if days is None else self.today + dt.timedelta(days=days)

    @property
    def office(self) -> User:
        return self.users["YL002"]

    @property
    def reviewer(self) -> User:
        return self.users["YL003"]


@transaction.atomic
def enter_demo(*, at: dt.datetime) -> list[str]:
    """Enter everything, all or nothing; returns warnings in Chinese. Refused when it is there already."""
    if is_entered():
        raise ValidationError(_("演示数据已经在系统里。"))
    stage = Stage(today=timezone.localdate(at))
    record("demo.enter_demo", by=None, at=at)
    _enter_people(stage)
    _enter_deployment(stage)
    warnings = _enter_group(stage)
    _enter_plan(stage)
    _enter_learning(stage)
    _enter_supervision(stage)
    _enter_selfcheck(stage)
    _enter_rectification(stage)
    _enter_reports(stage, at)
    return warnings


def _enter_people(stage: Stage) -> None:
    at = stage.at(-80)
    for code, name, short, kind, parent, posts in c.UNITS:
        stage.units[code] = organizations.open_unit(
            code=code, name=name, short_name=short, kind=kind, parent=stage.units.get(parent), authorised_posts=posts, is_demo=True, by=None, at=at
        )
    signs_in = {username for username, *_rest in c.ACCOUNTS}
    names = {no: name for no, name, *_rest in c.PEOPLE} | {username: name for username, name, *_rest in c.ACCOUNTS}
    for username, name in names.items():
        password = password_for(username) if username in signs_in else None
        stage.users[username] = open_account(username=username, name=name, password=password, is_demo=True, must_change_password=False, by=None, at=at)
    for no, name, unit, post, concurrent, category in c.PEOPLE:
        stage.cadres[no] = organizations.enter_cadre(
            staff_no=no, name=name, unit=stage.units[unit], post=post, concurrent_posts=concurrent, category=category,
            political_status="中共党员", user=stage.users[no], is_demo=True, by=None, at=at,
        )
    for username, _name, role, unit, _words in c.ACCOUNTS:
        if role:
            organizations.grant_role(stage.users[username], role=role, unit=stage.units[unit], by=None, at=at)
    organizations.grant_role(stage.users["YL001"], role="reviewer", unit=stage.units["YL01"], by=None, at=at)
    for unit, no in c.LIAISONS.items():
        organizations.grant_role(stage.users[no], role="liaison", unit=stage.units[unit], by=None, at=at)
    organizations.assign_duty(duty="干部监督", unit=stage.units["YL0101"], note="没有专门的干部监督管理机构", by=None, at=at)


def _enter_deployment(stage: Stage) -> None:
    """The meeting chain and its papers: who passed what on to whom; dates the seed blanks stay blank."""
    by, at = stage.office, stage.at(-70)
    stage.campaign = camp = campaigns.launch_campaign(
        name=c.CAMPAIGN, workforce=c.WORKFORCE, unit=stage.units["YL"], as_of_word=Campaign.AsOfWord.JIEZHI_OLD, is_demo=True, by=by, at=at
    )
    spirit = campaigns.file_document(camp, kind="spirit", level="central", title="中央、省市关于开展全国纪检监察干部队伍教育整顿有关部署精神", short_title="中央、省市关于开展全国纪检监察干部队伍教育整顿有关部署精神", by=by, at=at)
    opinion = campaigns.file_document(camp, kind="opinion", level="central", title="党中央关于开展教育整顿的意见", short_title="党中央《意见》", issuer="党中央", by=by, at=at)
    relayed = campaigns.file_document(camp, kind="spirit", level="province", title="省市教育整顿动员部署会议精神", short_title="省市教育整顿动员部署会议精神", by=by, at=at)
    plan = campaigns.file_document(camp, kind="plan", title=c.PLAN_TITLE, short_title=f"《{c.PLAN_TITLE}》", issuer=c.ORGAN, by=by, at=at)
    campaigns.file_document(camp, kind="rules", title="领导小组工作规则", short_title="《规则》", issuer=c.ORGAN, by=by, at=at)
    campaigns.file_document(camp, kind="mechanism", title="领导小组工作机制", short_title="《机制》", issuer=c.ORGAN, by=by, at=at)
    campaigns.file_document(camp, kind="schedule", title="教育整顿计划安排", issuer=c.ORGAN, by=by, at=at)
    city = campaigns.record_meeting(camp, kind=Meeting.Kind.SUPERIOR, organ="市纪委监委", title=c.SUPERIOR_MEETING, by=by, at=at)
    own = campaigns.record_meeting(
        camp, kind=Meeting.Kind.COMMITTEE, organ=c.SHORT, title="区纪检监察工委会议", follows=city, by=by, at=at,
        agenda=[{"kind": "relay", "documents": [spirit]}, {"kind": "deliberate", "documents": [plan]}],
    )
    party = campaigns.record_meeting(
        camp, kind=Meeting.Kind.PARTY, organ="区党工委", title="区党工委会议", follows=own, same_day_as_followed=True, by=by, at=at,
        agenda=[
            {"kind": "relay", "documents": [opinion, relayed], "text": ""},
            {"kind": "approve", "text": "区纪检监察工委开展教育整顿的实施方案"},
        ],
        instructions=[{"speaker_post": "区党工委书记", "text": c.INSTRUCTION}],
    )
    campaigns.record_meeting(
        camp, kind=Meeting.Kind.MOBILIZATION, organ=c.SHORT, title=c.MOBILIZATION, follows=party, whole_workforce=True, by=by, at=at,
        agenda=[
            {"kind": "relay", "text": "上级会议精神"},
            {"kind": "deploy", "text": "区教育整顿实施方案"},
            {"kind": "mobilize"},
            {"kind": "require"},
        ],
    )


def _enter_group(stage: Stage) -> list[str]:
    by, at = stage.office, stage.at(-68)
    group = campaigns.form_leading_group(stage.campaign, name=c.GROUP_NAME, mandate=c.MANDATE, office_unit=stage.units["YL01"], by=by, at=at)
    made, warnings = campaigns.form_work_groups(group, names=c.WORK_GROUPS, duties=c.DUTIES, by=by, at=at)
    campaigns.appoint_member(group, role="head", by=by, at=at)  # the seed blanks the name
    campaigns.appoint_member(group, role="deputy", post_text="纪检监察工委副书记兼纪检监察室主任", by=by, at=at)
    for post in ("纪检监察室副主任", "街道纪工委书记"):
        campaigns.appoint_member(group, role="member", post_text=post, by=by, at=at)
    for work_group in made:
        campaigns.appoint_member(group, role="head", cadre=stage.cadres[c.GROUP_HEADS[work_group.name]], work_group=work_group, by=by, at=at)
    return warnings


def _enter_plan(stage: Stage) -> None:
    by, at, camp = stage.office, stage.at(-66), stage.campaign
    phases = {
        1: campaigns.plan_phase(camp, kind="learning", label="学习教育", starts_on=stage.day(-70), ends_on=stage.day(-20), runs_throughout=True, by=by, at=at),
        2: campaigns.plan_phase(camp, kind="inspection", label="检视整改", starts_on=stage.day(-40), ends_on=stage.day(35), by=by, at=at),
        3: campaigns.plan_phase(camp, kind="consolidation", label="巩固提升", starts_on=stage.day(25), ends_on=stage.day(70), by=by, at=at),
    }
    groups = {g.name: g for g in camp.leading_group.work_groups.all()}
    asked = [stage.units["YL01"], *(stage.units[code] for code in c.LIAISONS)]
    for task, when, due, place, owner, group, phase, done, to_units in c.PLAN:
        item = campaigns.plan_item(
            camp, task=task, when_text=when, due_on=stage.day(due), place=place, owner_text=owner, work_group=groups[group], phase=phases[phase],
            units=asked if to_units else [], by=by, at=at,
        )
        if done:
            campaigns.finish_plan_item(item, done_on=stage.day(due), by=by, at=stage.at(due, 18))
        for unit_task in item.unit_tasks.filter(unit__code__in=["YL11", "YL13"]) if due < 0 else ():
            user = stage.users[c.LIAISONS[unit_task.unit.code]]
            campaigns.finish_task(unit_task, note="已按要求报送阶段情况。", by=user, at=stage.at(-3, 16))
    for text in c.NEXT_STEPS:
        campaigns.add_next_step(camp, text=text, by=by, at=at)


def _enter_learning(stage: Stage) -> None:
    by, camp = stage.reviewer, stage.campaign
    materials = [
        learning.distribute_material(camp, kind=kind, category=category, title=title, is_required=required, is_sample=sample, by=by, at=stage.at(-63))
        for kind, category, title, required, sample in c.MATERIALS
    ]
    people = list(stage.cadres)
    for n, (days, title, topics, host) in enumerate(c.SESSIONS):
        session = learning.hold_session(
            camp, unit=stage.units["YL"], title=title, topics=[materials[t] for t in topics], held_on=stage.day(-days), host=host,
            place="区机关三楼会议室", form="集体学习", is_held=True, by=by, at=stage.at(-days, 17),
        )
        late = stage.cadres[people[(n * 5 + 9) % len(people)]]
        away = stage.cadres[people[(n * 7 + 14) % len(people)]]
        marks = {late.pk: {"status": Attendance.Status.MADE_UP, "note": "出差", "made_up_on": stage.day(3 - days)}}
        if n in (2, 4):
            marks[away.pk] = {"status": Attendance.Status.LEAVE, "note": "培训"}
        learning.record_attendance(session, marks=marks, by=by, at=stage.at(4 - days, 9))
    for category, kind, title, places, participants in c.ACTIVITIES:
        learning.hold_activity(camp, category=category, kind=kind, title=title, places=places, participants=participants, by=by, at=stage.at(-30))
    learning.submit_reflection(camp.sessions.last(), cadre=stage.cadres["YL402"], text="学习后对照岗位想了想，最要紧的是把群众来信当面说清楚。", by=stage.users["YL402"], at=stage.at(-60))
    scores = {cadre: 70 + (n * 7) % 30 for n, cadre in enumerate(stage.cadres.values())} | {stage.cadres["YL304"]: None}
    learning.hold_test(camp, title="党纪党规应知应会测试", held_on=stage.day(-25), scores=scores, by=by, at=stage.at(-25, 17))


def _enter_supervision(stage: Stage) -> None:
    by, camp = stage.office, stage.campaign
    for n, cadre in enumerate(stage.cadres.values()):
        supervision.record_supervision(camp, kind="appraisal", level="work", cadre=cadre, held_on=stage.day(-50), conducted_by="考核组", result="已反馈本人", by=by, at=stage.at(-49))
        if n % 4 == 0:
            supervision.record_supervision(camp, kind="debriefing", level="work", cadre=cadre, held_on=stage.day(-45), conducted_by="赵念安", by=by, at=stage.at(-44))
        if n % 5 == 0:
            supervision.record_supervision(camp, kind="talk", level="thought", cadre=cadre, held_on=stage.day(-18), conducted_by="沈若川", content="了解思想动态，提醒按时提交自查报告。", by=by, at=stage.at(-18, 16))
    for title, description, causes in c.ORGAN_ISSUES:
        supervision.raise_organ_issue(camp, title=title, description=description, causes=causes, by=by, at=stage.at(-15))
    supervision.enter_regulation(camp, title=c.REGULATION, evaluation="比较笼统，可操作性、实用性还不够强；对执纪执法中的自由裁量权缺乏有效的监督办法。", by=by, at=stage.at(-15))
    for topic, text in c.SUGGESTIONS:
        supervision.make_suggestion(camp, addressee="上级纪委", topic=topic, text=text, by=by, at=stage.at(-14))
    supervision.count_clues(camp, period_start=stage.day(-70), period_end=stage.day(-10), received=3, handling=1, enquiry=1, concluded=1, by=stage.users["YL007"], at=stage.at(-9))


def _enter_selfcheck(stage: Stage) -> None:
    """One round under way: accepted, waiting, sent back, begun, not begun; its deadline passed three days ago."""
    camp, by = stage.campaign, stage.office
    checklist = selfcheck.publish_checklist(camp, name="六个方面对照检查", by=by, at=stage.at(-26))
    reviewers = {stage.units["YL"].path: stage.reviewer, stage.units["YL01"].path: stage.users["YL001"]}
    opened = selfcheck.open_round(camp, title="第一轮", checklist=checklist, due_on=stage.day(-3), content=c.SLIP, reviewers=reviewers, by=by, at=stage.at(-24))
    for delivery in SlipDelivery.objects.filter(slip=opened.slip).exclude(cadre__staff_no__in=["YL303", "YL204"]).select_related("cadre__user"):
        campaigns.acknowledge_slip(delivery, by=delivery.cadre.user, at=stage.at(-23, 9))
    reports_of = {s.cadre.staff_no: s for s in opened.selfchecks.select_related("cadre__user", "reviewer")}
    questions = {q.key: q.pk for q in checklist.questions.all()}

    def hand_in(no: str, found: list, days: int) -> SelfCheck:
        selfcheck.take_notice(reports_of[no], by=stage.users[no], at=stage.at(days, 14))
        return selfcheck.submit(reports_of[no], answers=_answers(stage, questions, found), statement="", pledged=True, by=stage.users[no], at=stage.at(days, 15))

    for no in [*c.ANSWERS, *c.ALL_NO]:
        report = hand_in(no, c.ANSWERS.get(no, []), -10)
        selfcheck.accept_report(report, by=report.reviewer, at=stage.at(-8, 11))
    for no in c.WAITING:
        hand_in(no, [("belief_loss", "理论学习不够系统，读原著少。", "时间安排不合理。", "每周安排半天读原著。", "immediate", None)], -4)
    no, comment = c.RETURNED
    report = hand_in(no, [("improper_conduct", "今年上半年受理信访 26 件，其中 17 件以电话代替上门走访，与群众见面少。", "手头信访、报告多，图省事。", "今后注意改进。", "long_term", None)], -4)
    selfcheck.return_report(report, comment=comment, due_on=stage.day(2), by=report.reviewer, at=stage.at(-1, 16))
    for no in c.DRAFTS:
        selfcheck.take_notice(reports_of[no], by=stage.users[no], at=stage.at(-2, 19))
        some = dict(list(_answers(stage, questions, []).items())[:3])
        selfcheck.save_draft(reports_of[no], answers=some, statement="", by=stage.users[no], at=stage.at(-2, 20))


def _answers(stage: Stage, questions: dict[str, int], found: list) -> dict[int, AnswerDraft]:
    answers = {pk: AnswerDraft(exists=False) for pk in questions.values()}
    for key, manifestation, cause, measure, track, due in found:
        answers[questions[key]] = AnswerDraft(exists=True, items=[ItemDraft(manifestation, cause, measure, track, stage.day(due))])
    return answers


def _enter_rectification(stage: Stage) -> None:
    camp, by, leader = stage.campaign, stage.office, stage.cadres["YL001"]
    of = {p.responsible_person.staff_no: p for p in camp.problems.select_related("responsible_person").filter(source=Problem.Source.SELF_CHECK)}
    for no in [*c.CLOSED, *c.SUBMITTED, *c.AT_WORK]:
        verifier = stage.users["YL002"] if no != "YL002" else stage.reviewer
        problem = ledger.register_problem(of[no], by=by, at=stage.at(-8, 15), lead_official=leader, verifier=verifier, rectified_as_found=no in c.CLOSED[:2], seriousness=c.SERIOUSNESS.get(no, "ordinary"))
        owner = stage.users[no]
        if no in c.CLOSED:
            ledger.report_progress(problem, text="已按措施整改完毕。", made_on=stage.day(-6), by=owner, at=stage.at(-6, 9))
            ledger.close_at_once(problem, opinion="已核实，整改到位。", by=verifier, at=stage.at(-5 if no != "YL403" else -1, 14))
        elif no in c.SUBMITTED:
            ledger.report_progress(problem, text="措施已经落实，材料齐备。", made_on=stage.day(-3), by=owner, at=stage.at(-3, 9))
            ledger.submit_problem(problem, note="请核对排期表和说明。", by=owner, at=stage.at(-2, 15))
        elif no in ("YL301", "YL008"):
            ledger.report_progress(problem, text="已完成第一步，继续推进。", made_on=stage.day(-2), by=owner, at=stage.at(-2, 10))
        if no in c.MILESTONES:
            _set_milestones(stage, problem, no)
    extended = camp.problems.get(responsible_person__staff_no="YL301")
    for no, text, days in c.COMMENTS:
        ledger.add_comment(extended, text=text, by=stage.users[no], at=stage.at(days, 10, 30))
    ledger.request_extension(extended, reason="台账要等统一格式下发后补齐。", until=stage.day(25), by=stage.users["YL301"], at=stage.at(-1, 9, 48))
    ledger.plan_rule(camp, title=c.REGULATION, kind="revised", unit=stage.units["YL01"], planned_on=stage.day(45), by=by, at=stage.at(-7))
    rule = ledger.plan_rule(camp, title="谈话记录和回访登记办法", kind="new", unit=stage.units["YL01"], planned_on=stage.day(-2), problems=[of["YL403"], of["YL102"]], by=by, at=stage.at(-7))
    ledger.issue_rule(rule, issued_on=stage.day(-2), document_number="", by=by, at=stage.at(-2, 17))
    keep_view(camp, name="未销号的限期整改", query="view=not_closed&track=dated", by=by, at=stage.at(-3))
    visit = supervision.record_visit(camp, unit=stage.units["YL12"], team="市委第三督导组", held_on=stage.day(-9), form="听取汇报、查阅资料、个别谈话", summary="工作总体按时间节点推进。", by=stage.users["DD01"], at=stage.at(-9, 18))
    for n, (text, due) in enumerate(c.FINDINGS):
        finding = supervision.raise_finding(visit, text=text, due_on=stage.day(due), responsible_person=stage.cadres["YL201"], by=stage.users["DD01"], at=stage.at(-9, 18))
        if n == 0:
            ledger.register_problem(finding.problem, by=by, at=stage.at(-8, 16), lead_official=leader, verifier=stage.office)


def _set_milestones(stage: Stage, problem: Problem, no: str) -> None:
    """Steps on the way, those whose day has come ticked off on it."""
    for text, days in c.MILESTONES[no]:
        milestone = ledger.add_milestone(problem, text=text, due_on=stage.day(days), by=stage.office, at=stage.at(-7, 9))
        if days < 0:
            ledger.tick_milestone(milestone, done=True, by=stage.users[no], at=stage.at(days, 11))


def _enter_reports(stage: Stage, at: dt.datetime) -> None:
    """A progress report being drafted, and an issued and numbered one as of two weeks ago."""
    title = "关于纪检监察干部队伍教育整顿\n工作进展情况的汇报"
    reports.compose_briefing(stage.campaign, kind=Briefing.Kind.PROGRESS, title=title, as_of=stage.today, body=c.REPORT, audience="市委督导组", by=stage.office, at=at)
    issued = reports.compose_briefing(
        stage.campaign, kind=Briefing.Kind.PROGRESS, title=title, as_of=stage.day(-7), audience="市纪委监委", body=c.REPORT, signer="赵念安",
        number=f"云纪工发〔{stage.today.year}〕12号", dated_on=stage.day(-6), copies_to="区党工委，市委督导组", by=stage.office, at=stage.at(-6, 9),
    )
    reports.submit_briefing(issued, by=stage.office, at=stage.at(-6, 11))
    reports.issue_briefing(issued, by=stage.users["YL001"], at=stage.at(-6, 15))


@transaction.atomic
def remove_demo(*, at: dt.datetime) -> int:
    """Take all of the demonstration away and nothing else; returns how many rows went.

    The audit log stays: it can only be added to, and gets one line more. Raises ValidationError when somebody's own
    rows have come to hang on demo units or people.
    """
    found = Campaign.objects.filter(is_demo=True)
    if not found.exists():
        raise ValidationError(_("没有演示数据。"))
    users, cadres, units = User.objects.filter(is_demo=True), Cadre.objects.filter(is_demo=True), Unit.objects.filter(is_demo=True)
    files = _files_of(list(found))
    rounds = Round.objects.filter(campaign__in=found).values_list("pk", flat=True)
    holders = [f"cadre:{no}" for no in cadres.values_list("staff_no", flat=True)] + [selfcheck.marks_holder(pk) for pk in rounds]
    keys = DataKey.objects.filter(holder__in=holders)
    locks = DataKey.objects.filter(holder__in=[key_holder(user) for user in users])
    record("demo.remove_demo", by=None, at=at)
    gone = 0
    try:
        Briefing.objects.filter(campaign__in=found).update(status="draft", issued_at=None, issued_by=None, issued_version=None)
        for rows in (Briefing.objects.filter(campaign__in=found), *_inside(list(found)), found, Job.objects.filter(asked_by__in=users), RoleGrant.objects.filter(user__in=users), keys, cadres, users, locks):
            gone += rows.delete()[0]
        for unit in units.order_by("-path"):
            touch(unit.path)
            gone += unit.delete()[0]
    except (models.ProtectedError, models.RestrictedError) as error:
        raise ValidationError(
            _("有 %(n)s 条自行录入的数据用到了演示单位或演示人员，请先改到正式单位，再删除演示数据。"), params={"n": len(set(error.args[1]))}
        ) from error
    gone += _drop_files(files)
    _drop_sessions()
    return gone


def _inside(campaign_list: list[Campaign]) -> list[models.QuerySet]:
    """Rows that protect others of the same campaign and so go first."""
    return [
        SelfCheck.objects.filter(round__campaign__in=campaign_list),
        *(model.objects.filter(campaign__in=campaign_list) for model in _campaign_models("round")),
        *(model.objects.filter(campaign__in=campaign_list) for model in _campaign_models()),
    ]


def _campaign_models(name: str = "") -> list[type[models.Model]]:
    """Models with a foreign key `campaign`; one by its name, or those of the rooms above campaigns, highest first."""
    from django.apps import apps

    found = [m for m in apps.get_models() if any(f.name == "campaign" and f.related_model is Campaign for f in m._meta.fields)]
    if name:
        return [m for m in found if m._meta.model_name == name]
    order = ["reports", "supervision", "selfcheck", "learning", "ledger", "campaigns"]
    return sorted(found, key=lambda m: order.index(m._meta.app_label))


def _files_of(campaign_list: list[Campaign]) -> list[int]:
    """Files that rows of the demonstration own."""
    found: set[int] = set()
    for relation in StoredFile._meta.related_objects:
        rows = relation.related_model.objects.all()
        path = next((p for p in ("campaign", "problem__campaign", "item__campaign") if _has_path(relation.related_model, p)), None)
        if path:
            found |= set(rows.filter(**{f"{path}__in": campaign_list}).values_list(relation.field.name, flat=True)) - {None}
    return sorted(found)


def _has_path(model: type[models.Model], path: str) -> bool:
    for name in path.split("__"):
        known = {f.name: f for f in model._meta.fields}
        if name not in known or known[name].related_model is None:
            return False
        model = known[name].related_model
    return True


def _drop_files(pks: list[int]) -> int:
    """Rows nobody else owns, and their bytes unless another row shares them."""
    gone = 0
    for stored in StoredFile.objects.filter(pk__in=pks):
        if not any(r.related_model.objects.filter(**{r.field.name: stored}).exists() for r in StoredFile._meta.related_objects):
            name, storage = stored.content.name, stored.content.storage
            gone += stored.delete()[0]
            if not StoredFile.objects.filter(content=name).exists():
                storage.delete(name)
    return gone


def _drop_sessions() -> None:
    """Sign-ins of accounts that are gone."""
    alive = {str(pk) for pk in User.objects.values_list("pk", flat=True)}
    gone = [s.pk for s in Session.objects.all() if s.get_decoded().get("_auth_user_id") not in alive]
    Session.objects.filter(pk__in=gone).delete()
