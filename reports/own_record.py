"""我的信息: what the system keeps about the person who asks, for nobody else (个人信息保护法第四十四至四十六条).

Each part names its rows, where they come from and whom to ask for a correction. Rows of others in which one only acted
are told by number, never by their words. Columns that name a doer are not repeated here: the deeds are listed as such.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import tablib
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L_
from django.utils.translation import gettext_noop as N_

from accounts.models import Notice, SignIn, User
from accounts.templatetags.page import day, moment
from audit.models import Event
from campaigns.models import GroupMember, PlanItem, SlipDelivery
from files.workbook import workbook_of
from jobs.models import Job
from keys.suites import Unreadable
from learning.models import Attendance, Reflection, TestResult
from ledger.listing import own_of
from ledger.models import Measure, Problem
from organizations.models import Cadre, Post, RoleGrant
from selfcheck.models import ITEM_TEXTS, STATEMENT, SelfCheck, Unsealing
from selfcheck.views.report import with_everything
from supervision.models import SupervisionRecord

from .deeds import words

Text = str | Promise
Line = tuple[str, ...]
ITSELF = L_("系统自动记录")
OFFICE, ROSTER, ACCOUNTS, ROLES = L_("领导小组办公室"), L_("所在单位联络员或领导小组办公室"), L_("系统管理员"), L_("安全管理员")
NOT_CHANGED = L_("自动记录的不作更改；有疑问的向安全审计员提出")


def said(value) -> str:
    """A value as text for a sheet: days as 2026-09-18, times by the local clock, nothing for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def shown(value) -> str:
    """The same as every page writes it: “9 月 18 日 10:40”."""
    if isinstance(value, dt.datetime):
        return moment(value)
    return day(value) if isinstance(value, dt.date) else said(value)


def _on(value: dt.date | None) -> str:
    """A day inside a sentence, for page and sheet: “2026 年 9 月 18 日”."""
    return f"{value.year} 年 {value.month} 月 {value.day} 日" if value else ""


@dataclass(frozen=True)
class Part:
    """One kind of thing kept about somebody."""

    label: Text
    source: Text  # where it comes from
    correction: Text  # whom to ask when it is wrong
    rows: Callable[[User], QuerySet]
    columns: dict[str, Callable] = field(default_factory=dict)  # heading → what to say of a row
    several: Callable[..., Iterator[tuple]] | None = None  # where one row takes several lines

    @property
    def head(self) -> list[str]:
        return [_(heading) for heading in self.columns]

    def lines(self, rows, say: Callable[[object], str] = said) -> list[Line]:
        """What is said of these rows."""
        found = (line for row in rows for line in (self.several(row) if self.several else [[tell(row) for tell in self.columns.values()]]))
        return [tuple(say(value) for value in line) for line in found]


def _reports(user: User) -> QuerySet:
    return with_everything().filter(cadre__user=user).order_by("-round__opened_at", "-pk")


def _report_lines(report: SelfCheck) -> Iterator[tuple]:
    """Everything written in one's own report, a line for each text."""
    facts = (report.round.title, report.get_status_display(), report.submitted_at)
    if report.purged_at:
        yield *facts, _("内容"), _("已于 %(day)s 按期销毁") % {"day": _on(timezone.localdate(report.purged_at))}
        return
    try:
        yield from ((*facts, what, text) for what, text in _report_texts(report))
    except Unreadable:
        yield *facts, _("内容"), _("数据密钥已销毁，不能再读取")


def _report_texts(report: SelfCheck) -> list[tuple]:
    told = []
    for answer in report.answers.all():
        told.append((answer.question.text, answer.exists))
        for item in answer.items.all():
            told += [(_("%(aspect)s 第%(n)s项 %(what)s") % {"aspect": answer.question.aspect, "n": item.order, "what": label}, getattr(item, name)) for name, (label, _most) in ITEM_TEXTS.items()]
            told.append((_("%(aspect)s 第%(n)s项 整改时限") % {"aspect": answer.question.aspect, "n": item.order}, " ".join(filter(None, [item.get_track_display(), _on(item.due_on)]))))
    pledge = report.commitment.text if hasattr(report, "commitment") else ""
    talk = " ".join(filter(None, [_on(report.talked_on), report.talker, report.talk_opinion]))
    rest = [(STATEMENT, report.statement), (_("本人承诺"), pledge), (_("退回意见"), report.return_comment), *((_("退回时的逐项意见"), words) for words in report.remarks.values()), (_("谈话"), talk), (_("审核意见"), report.opinion)]
    return told + [(what, text) for what, text in rest if text]


def _readings(user: User) -> QuerySet:
    """Who opened one's reports."""
    own = SelfCheck.objects.filter(cadre__user=user).annotate(number=Cast("pk", CharField())).values("number")
    return Event.objects.filter(action="selfcheck.read_body", subject_type=SelfCheck._meta.label_lower, subject_id__in=own)


def _progress(problem: Problem) -> str:
    return "\n".join(f"{_on(step.made_on)} {step.text}" for step in problem.progress.all())


PARTS: dict[str, Part] = {
    "roster": Part(
        L_("名册登记"), L_("名册录入或从名册表格导入"), ROSTER, lambda user: Cadre.objects.filter(user=user).select_related("unit"),
        {
            N_("工号"): lambda c: c.staff_no, N_("姓名"): lambda c: c.name, N_("单位"): lambda c: c.unit.name, N_("政治面貌"): lambda c: c.political_status,
            N_("人员类别"): lambda c: c.category, N_("在编"): lambda c: c.on_establishment, N_("在岗"): lambda c: c.on_duty, N_("离任日期"): lambda c: c.left_on,
        },
    ),
    "posts": Part(
        L_("任职"), L_("名册录入或从名册表格导入"), ROSTER, lambda user: Post.objects.filter(cadre__user=user).select_related("unit"),
        {N_("任职单位"): lambda p: p.unit.name, N_("职务"): lambda p: p.title, N_("兼任"): lambda p: p.is_concurrent, N_("任职日期"): lambda p: p.since, N_("免职日期"): lambda p: p.until},
    ),
    "account": Part(
        L_("账号"), L_("系统管理员开通账号时录入；偏好由本人设置"), ACCOUNTS, lambda user: User.objects.filter(pk=user.pk),
        {
            N_("用户名"): lambda u: u.username, N_("姓名"): lambda u: u.name, N_("启用"): lambda u: u.is_active, N_("开通时间"): lambda u: u.opened_at, N_("密码设置时间"): lambda u: u.password_set_at,
            N_("第二因素启用时间"): lambda u: u.second_factor_at, N_("字号"): lambda u: u.get_type_size_display(), N_("加深文字和线条"): lambda u: u.high_contrast,
        },
    ),
    "grants": Part(
        L_("角色授权"), L_("安全管理员授权"), ROLES, lambda user: RoleGrant.objects.filter(user=user).select_related("unit"),
        {N_("角色"): lambda g: g.get_role_display(), N_("范围（含下级）"): lambda g: g.unit.name, N_("起"): lambda g: g.since, N_("止"): lambda g: g.until, N_("授权时间"): lambda g: g.granted_at, N_("授权人"): lambda g: g.granted_by},
    ),
    "sign_ins": Part(
        L_("登录记录"), ITSELF, L_("不是本人登录的，马上修改密码并告诉安全管理员"), lambda user: SignIn.objects.filter(user=user),
        {N_("登录时间"): lambda s: s.at, N_("最近操作"): lambda s: s.last_seen_at, N_("网络地址"): lambda s: s.address, N_("浏览器"): lambda s: s.agent, N_("结束时间"): lambda s: s.ended_at},
    ),
    "selfchecks": Part(
        L_("自查自纠报告"), L_("本人填写；退回意见、审核意见由审核人填写"), L_("审核人退回后由本人补正；已通过的在台账里补充"), _reports,
        dict.fromkeys([N_("轮次"), N_("状态"), N_("提交时间"), N_("项目"), N_("内容")]), _report_lines,
    ),
    "readings": Part(
        L_("谁看过自查报告"), ITSELF, NOT_CHANGED, _readings,
        {N_("时间"): lambda e: e.at, N_("谁"): lambda e: e.actor_label, N_("依据"): lambda e: _("经批准查阅") if e.detail.get("unsealing") else _("审核")},
    ),
    "unsealings": Part(
        L_("经批准的查阅"), L_("查阅人申请、批准人办理时填写"), OFFICE,
        lambda user: Unsealing.objects.filter(selfcheck__cadre__user=user, state=Unsealing.State.GRANTED).select_related("asked_by", "decided_by", "selfcheck__round"),
        {N_("轮次"): lambda u: u.selfcheck.round.title, N_("查阅人"): lambda u: u.asked_by, N_("原因"): lambda u: u.reason, N_("批准人"): lambda u: u.decided_by, N_("批准时间"): lambda u: u.decided_at, N_("可查阅至"): lambda u: u.until},
    ),
    "problems": Part(
        L_("由本人整改的问题"), L_("自查报告通过后自动列入，或由办公室、联络员、督导组登记"), OFFICE,
        lambda user: Problem.objects.filter(responsible_person__user=user).prefetch_related("measures", "progress"),
        {
            N_("编号"): lambda p: p.code, N_("问题"): lambda p: p.title, N_("来源"): lambda p: p.get_source_display(), N_("表现"): lambda p: p.manifestation, N_("原因"): lambda p: p.cause,
            N_("整改措施"): lambda p: "\n".join(m.text for m in p.measures.all()), N_("整改时限"): lambda p: p.due_on or p.deadline_label, N_("状态"): lambda p: p.get_status_display(),
            N_("整改结果"): lambda p: p.get_outcome_display(), N_("进展"): _progress,
        },
    ),
    "charges": Part(
        L_("本人牵头或验收的问题"), L_("办公室确认立项时指定"), OFFICE,
        lambda user: Problem.objects.filter(own_of(user, "lead_official")),
        {N_("编号"): lambda p: p.code, N_("整改时限"): lambda p: p.due_on, N_("状态"): lambda p: p.get_status_display()},
    ),
    "measures": Part(
        L_("由本人落实的整改措施"), L_("办公室、联络员填写"), OFFICE, lambda user: Measure.objects.filter(owner__user=user).select_related("problem"),
        {N_("问题编号"): lambda m: m.problem.code, N_("第几项"): lambda m: m.order, N_("时限"): lambda m: m.due_on},
    ),
    "attendance": Part(
        L_("集中学习考勤"), L_("联络员、教育培训组登记"), ROSTER, lambda user: Attendance.objects.filter(cadre__user=user).select_related("session", "entered_by").order_by("-session__held_on", "-pk"),
        {N_("集中学习"): lambda a: a.session.title, N_("时间"): lambda a: a.session.held_on, N_("到会情况"): lambda a: a.get_status_display(), N_("原因"): lambda a: a.note, N_("补学日期"): lambda a: a.made_up_on, N_("登记人"): lambda a: a.entered_by},
    ),
    "reflections": Part(
        L_("心得体会"), L_("本人填写"), L_("本人重新提交"), lambda user: Reflection.objects.filter(cadre__user=user).select_related("session"),
        {N_("集中学习"): lambda r: r.session.title, N_("提交时间"): lambda r: r.submitted_at, N_("心得"): lambda r: r.text},
    ),
    "test_results": Part(
        L_("知识测试成绩"), L_("联络员、教育培训组录入"), ROSTER, lambda user: TestResult.objects.filter(cadre__user=user).select_related("test").order_by("-test__held_on", "-pk"),
        {N_("测试"): lambda r: r.test.title, N_("时间"): lambda r: r.test.held_on, N_("成绩"): lambda r: r.score},
    ),
    "slips": Part(
        L_("收到的提示单、督办单"), L_("办公室发出；签收和反馈由本人填写"), OFFICE, lambda user: SlipDelivery.objects.filter(cadre__user=user).select_related("slip").order_by("-slip__issued_at", "-pk"),
        {
            N_("类别"): lambda d: d.slip.get_kind_display(), N_("编号"): lambda d: d.slip.reference, N_("标题"): lambda d: d.slip.title, N_("发出时间"): lambda d: d.slip.issued_at, N_("时限"): lambda d: d.slip.due_on,
            N_("阅读时间"): lambda d: d.read_at, N_("签收时间"): lambda d: d.acknowledged_at, N_("反馈"): lambda d: d.feedback,
        },
    ),
    "plan_items": Part(
        L_("由本人负责的计划安排"), L_("办公室、综合协调组填写"), OFFICE, lambda user: PlanItem.objects.filter(owner__user=user),
        {N_("序号"): lambda i: i.number, N_("任务"): lambda i: i.task, N_("完成时限"): lambda i: i.due_on, N_("完成日期"): lambda i: i.done_on},
    ),
    "memberships": Part(
        L_("领导小组和下设组任职"), L_("办公室、综合协调组填写"), OFFICE, lambda user: GroupMember.objects.filter(cadre__user=user).select_related("leading_group", "work_group"),
        {N_("领导小组"): lambda m: m.leading_group.name, N_("下设组"): lambda m: m.work_group, N_("组内职务"): lambda m: m.get_role_display(), N_("单位职务"): lambda m: m.post_text},
    ),
    "records": Part(
        L_("谈心谈话、述职述廉、绩效考核"), L_("办公室、督导检查组登记"), OFFICE, lambda user: SupervisionRecord.objects.visible_to(user).filter(cadre__user=user),
        {N_("方式"): lambda r: r.get_kind_display(), N_("层面"): lambda r: r.get_level_display(), N_("时间"): lambda r: r.held_on, N_("谈话人（考核人）"): lambda r: r.conducted_by, N_("内容"): lambda r: r.content, N_("结果"): lambda r: r.result},
    ),
    "notices": Part(
        L_("收到的消息"), ITSELF, NOT_CHANGED, lambda user: Notice.objects.filter(user=user),
        {N_("发送时间"): lambda n: n.sent_at, N_("阅读时间"): lambda n: n.read_at, N_("内容"): lambda n: n.text},
    ),
    "jobs": Part(
        L_("提交的后台任务"), ITSELF, NOT_CHANGED, lambda user: Job.objects.visible_to(user),
        {N_("时间"): lambda j: j.asked_at, N_("任务"): lambda j: j.label, N_("状态"): lambda j: j.get_status_display()},
    ),
    "deeds": Part(
        L_("本人办理的事"), ITSELF, NOT_CHANGED, lambda user: Event.objects.filter(actor_id=user.pk),
        {N_("时间"): lambda e: e.at, N_("事项"): lambda e: words(e.action), N_("网络地址"): lambda e: e.address, N_("结果"): lambda e: e.get_result_display()},
    ),
}  # fmt: skip


def record_book(user: User, at: dt.datetime) -> tuple[bytes, int]:
    """Everything as one xlsx, in memory: a first sheet that says what is where, then a sheet for each part; and how many lines."""
    told = {key: part.lines(part.rows(user)) for key, part in PARTS.items()}
    cover = tablib.Dataset(headers=[_("内容"), _("条数"), _("从哪里来"), _("有错找谁更正")], title=_("说明"))
    for key, part in PARTS.items():
        cover.append([str(part.label), len(told[key]), str(part.source), str(part.correction)])
    cover.append([_("%(who)s，%(at)s 下载") % {"who": user.name, "at": said(at)}, "", "", ""])
    sheets = [(_("说明"), cover, (30, 8, 44, 44))]
    for key, part in PARTS.items():
        head = part.head
        sheets.append((str(part.label), tablib.Dataset(*told[key], headers=head), [max(12, 120 // len(head))] * len(head)))
    return workbook_of(sheets), sum(map(len, told.values()))
