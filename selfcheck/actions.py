"""Deeds of the self-check: publish, open, assign, urge, save, submit, return, accept; and the note of who read."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from audit.log import record
from campaigns.actions import issue_slip
from campaigns.models import Campaign, Slip, SlipDelivery
from ledger.actions import report_problem
from ledger.models import Problem
from organizations.models import Cadre, Unit, within

from .models import Answer, AnswerItem, Aspect, ChecklistVersion, Commitment, Question, Round, SelfCheck

S = SelfCheck.Status

MOVES: dict[str, set[str]] = {
    S.PENDING: {S.DRAFT, S.SUBMITTED},
    S.DRAFT: {S.DRAFT, S.SUBMITTED},
    S.SUBMITTED: {S.RETURNED, S.ACCEPTED},
    S.RETURNED: {S.RETURNED, S.SUBMITTED},
    S.ACCEPTED: set(),
}

# The six aspects of the campaign with a question worded from each aspect's own name; the official wording of
# the six 是否 is not public, so these are the office's to change.
SIX_ASPECTS = [
    ("belief_loss", "信仰缺失"),
    ("political_wavering", "政治动摇"),
    ("principle_abandonment", "放弃原则"),
    ("improper_conduct", "作风不正"),
    ("abuse_of_power", "滥用权力"),
    ("integrity_lapse", "清廉失守"),
]
PLEDGE = "本人承诺：以上自查内容属实，没有隐瞒。对查出的问题认真整改，按时完成，自觉接受组织监督。"


@transaction.atomic
def publish_checklist(campaign: Campaign, *, name: str, by, at: dt.datetime, aspects: Iterable[tuple[str, str]] = tuple(SIX_ASPECTS), pledge: str = PLEDGE) -> ChecklistVersion:
    """Publish the next version: `aspects` are (stable key, label), each with one 是否 question."""
    number = (campaign.checklists.aggregate(last=Max("number"))["last"] or 0) + 1
    version = ChecklistVersion(campaign=campaign, name=name, number=number, pledge=pledge, published_at=at, published_by=by)
    version.full_clean()
    version.save()
    for order, (key, label) in enumerate(aspects, 1):
        aspect = Aspect.objects.create(version=version, key=key, label=label, order=order)
        Question.objects.create(version=version, aspect=aspect, key=key, order=order, text=f"是否存在{label}方面的问题？")
    record("selfcheck.publish_checklist", by=by, at=at, subject=version)
    return version


@transaction.atomic
def open_round(campaign: Campaign, *, title: str, checklist: ChecklistVersion, due_on: dt.date, content: str, by, at: dt.datetime, reviewers: dict[str, object], cadres: Iterable[Cadre] | None = None) -> Round:
    """Open a round: a prompt slip to every serving cadre of the campaign, and a report form for each.

    `reviewers`: unit path → user; the nearest unit above a cadre decides, and nobody reviews themselves.
    Raises ValidationError when the title is taken or nobody would receive it.
    """
    if campaign.rounds_of_selfcheck.filter(title=title).exists():
        raise ValidationError({"title": _("“%(t)s”已经发起过，请换一个名称。") % {"t": title}})
    people = list(cadres) if cadres is not None else list(Cadre.objects.serving().under(campaign.unit).select_related("unit", "user"))
    slip = issue_slip(campaign, title=_("开展自查自纠（%(t)s）") % {"t": title}, content=content, cadres=people, due_on=due_on, by=by, at=at)
    opened = Round(campaign=campaign, checklist=checklist, slip=slip, title=title, due_on=due_on, opened_at=at, opened_by=by)
    opened.full_clean()
    opened.save()
    SelfCheck.objects.bulk_create(
        [SelfCheck(round=opened, cadre=cadre, due_on=due_on, reviewer=_reviewer_of(cadre, reviewers)) for cadre in people],
        batch_size=500,
    )
    record("selfcheck.open_round", by=by, at=at, subject=opened, cadres=len(people))
    return opened


def _reviewer_of(cadre: Cadre, reviewers: dict[str, object]):
    """The reviewer of the nearest unit above who isn't the cadre."""
    paths = sorted((p for p in reviewers if cadre.unit.path.startswith(p)), key=len, reverse=True)
    return next((reviewers[p] for p in paths if reviewers[p].pk != cadre.user_id), None)


@transaction.atomic
def start_round(campaign: Campaign, *, title: str, due_on: dt.date, content: str, reviewer, by, at: dt.datetime, checklist: ChecklistVersion | None = None) -> Round:
    """Open a round with one reviewer for everybody. Without a checklist the latest serves; the first is published on the way."""
    checklist = checklist or campaign.checklists.first() or publish_checklist(campaign, name=_("六个方面检查清单"), by=by, at=at)
    return open_round(campaign, title=title, checklist=checklist, due_on=due_on, content=content, reviewers={campaign.unit.path: reviewer}, by=by, at=at)


@transaction.atomic
def assign_reviewer(selfcheck: SelfCheck, *, reviewer, by, at: dt.datetime) -> SelfCheck:
    """Say who reviews a report; not its author, and not after it was accepted."""
    if selfcheck.cadre.user_id == reviewer.pk:
        raise ValidationError({"reviewer": _("审核人不能是本人。")})
    if selfcheck.status == S.ACCEPTED:
        raise ValidationError(_("这份报告已通过审核，不需要再指定审核人。"))
    selfcheck.reviewer = reviewer
    selfcheck.save(update_fields=["reviewer"])
    record("selfcheck.assign_reviewer", by=by, at=at, subject=selfcheck, reviewer=str(reviewer))
    if selfcheck.status == S.SUBMITTED:
        _tell_reviewer(selfcheck, at=at)
    return selfcheck


@transaction.atomic
def assign_reviewers(opened: Round, *, rows: QuerySet[SelfCheck], reviewer, by, at: dt.datetime) -> int:
    """The same for all of `rows` that have no reviewer yet; the reviewer's own report is left out. Says how many."""
    free = rows.filter(round=opened, reviewer__isnull=True).exclude(status=S.ACCEPTED).exclude(cadre__user=reviewer)
    waiting = free.filter(status=S.SUBMITTED).count()
    count = free.order_by().update(reviewer=reviewer)
    if not count:
        raise ValidationError(_("没有可以指定的报告：都已有审核人，或者只剩审核人本人的。"))
    record("selfcheck.assign_reviewers", by=by, at=at, subject=opened, reviewer=str(reviewer), reports=count)
    if waiting:
        send_notice([reviewer], text=_("有 %(n)s 份自查报告请您审核") % {"n": waiting}, url="/selfcheck/reviews/", at=at)
    return count


def _tell_reviewer(selfcheck: SelfCheck, *, at: dt.datetime) -> None:
    send_notice([selfcheck.reviewer], text=_("%(who)s提交了自查报告，请审核") % {"who": selfcheck.cadre}, url=f"/selfcheck/reviews/{selfcheck.pk}/", at=at)


@dataclass(frozen=True)
class Urged:
    """How many an urging reached, and how many were left in peace because they were urged earlier that day."""

    sent: int
    skipped: int


def urge_title(opened: Round) -> str:
    """The title of a round's urging slips; by it they are found again."""
    return _("催交自查自纠报告（%(t)s）") % {"t": opened.title}


def urged_on(opened: Round, day: dt.date) -> QuerySet[SlipDelivery]:
    """The urging slips of a round sent on a day, one row a person."""
    return SlipDelivery.objects.filter(
        slip__campaign=opened.campaign_id, slip__kind=Slip.Kind.URGE, slip__title=urge_title(opened), slip__issued_at__date=day
    )


@transaction.atomic
def urge_missing(opened: Round, *, by, at: dt.datetime, units: Iterable[Unit] | None = None) -> Urged:
    """催办: an urging slip to everybody whose report is missing, nobody twice on one day.

    `units`: only these with what lies below them. Raises ValidationError when there is nobody (left) to urge.
    """
    Round.objects.select_for_update().get(pk=opened.pk)
    rows = opened.selfchecks.missing().filter(cadre__left_on__isnull=True).select_related("cadre__unit")
    if units is not None:
        rows = rows.filter(within([unit.path for unit in units], "cadre__unit__path"))
    people = [row.cadre for row in rows]
    if not people:
        raise ValidationError(_("应交的都已交齐，不用催办。"))
    today = timezone.localdate(at)
    urged = set(urged_on(opened, today).values_list("cadre_id", flat=True))
    waiting = [cadre for cadre in people if cadre.pk not in urged]
    if not waiting:
        raise ValidationError(_("未交的 %(n)s 人今天都已催过，明天再催。") % {"n": len(people)})
    slip = issue_slip(
        opened.campaign, kind=Slip.Kind.URGE, title=urge_title(opened), content=_urge_text(opened), cadres=waiting,
        due_on=max(opened.due_on, today), by=by, at=at,
    )
    record("selfcheck.urge_missing", by=by, at=at, subject=opened, slip=slip.reference, cadres=len(waiting))
    return Urged(sent=len(waiting), skipped=len(people) - len(waiting))


def _urge_text(opened: Round) -> str:
    return _("%(round)s应于 %(m)s 月 %(d)s 日前提交，您的报告还没有交来（退回补正的还没有重新提交）。请抓紧填写，写好后提交。") % {
        "round": opened, "m": opened.due_on.month, "d": opened.due_on.day,
    }


@transaction.atomic
def read_body(selfcheck: SelfCheck, *, by, at: dt.datetime) -> None:
    """Log that somebody opened another's report; reading one's own leaves no trace."""
    if selfcheck.cadre.user_id != by.pk:
        record("selfcheck.read_body", by=by, at=at, subject=selfcheck)


@dataclass
class ItemDraft:
    """What was typed for one problem."""

    manifestation: str = ""
    cause: str = ""
    measure: str = ""
    track: str = ""
    due_on: dt.date | None = None

    def is_blank(self) -> bool:
        return not (self.manifestation or self.cause or self.measure or self.track or self.due_on)


@dataclass
class AnswerDraft:
    """What was chosen and typed for one question."""

    exists: bool | None = None
    items: list[ItemDraft] = field(default_factory=list)


def with_body() -> Prefetch:
    """Answers with their items and questions, in three queries."""
    return Prefetch("answers", Answer.objects.select_related("question__aspect").prefetch_related("items").order_by("question__order"))


def _lock(selfcheck: SelfCheck, version: int | None) -> SelfCheck:
    current = SelfCheck.objects.select_for_update().select_related("cadre", "round__campaign", "round__checklist").get(pk=selfcheck.pk)
    if version is not None and current.version != version:
        raise ValidationError(
            _("这份报告刚才在别处保存过（另一台设备或另一个窗口），这里的内容还没有保存。请核对后再保存。"), code="conflict"
        )
    return current


def _move(selfcheck: SelfCheck, after: str) -> None:
    if after not in MOVES[selfcheck.status]:
        raise ValidationError(
            _("这份报告现在是“%(now)s”，不能再办理这一步。"), params={"now": selfcheck.get_status_display()}, code="illegal_move"
        )
    selfcheck.status = after
    selfcheck.version += 1


def _write_body(selfcheck: SelfCheck, answers: dict[int, AnswerDraft], statement: str) -> None:
    """Replace the body with what was typed; items keep their order."""
    questions = set(selfcheck.round.checklist.questions.values_list("pk", flat=True))
    if set(answers) - questions:
        raise ValidationError(_("检查清单已更换，请刷新页面后重填。"))
    selfcheck.statement = statement
    Answer.objects.filter(selfcheck=selfcheck).delete()
    rows = [Answer(selfcheck=selfcheck, question_id=pk, exists=draft.exists) for pk, draft in answers.items()]
    Answer.objects.bulk_create(rows)
    written = dict(Answer.objects.filter(selfcheck=selfcheck).values_list("question_id", "pk"))
    AnswerItem.objects.bulk_create(
        AnswerItem(answer_id=written[pk], order=n, **vars(item))
        for pk, draft in answers.items()
        for n, item in enumerate((i for i in draft.items if not i.is_blank()), 1)
    )


def _refuse_stranger(selfcheck: SelfCheck, by) -> None:
    if selfcheck.cadre.user_id != by.pk:
        raise ValidationError(_("自查报告须由本人填写。"))


@transaction.atomic
def save_draft(selfcheck: SelfCheck, *, answers: dict[int, AnswerDraft], statement: str, by, at: dt.datetime, version: int | None = None) -> SelfCheck:
    """Keep what was typed, finished or not. `version` is the one the form was opened with (conflict is told)."""
    current = _lock(selfcheck, version)
    _refuse_stranger(current, by)
    _move(current, S.RETURNED if current.status == S.RETURNED else S.DRAFT)
    _write_body(current, answers, statement)
    current.saved_at = at
    current.save()
    record("selfcheck.save_draft", by=by, at=at, subject=current)
    return current


def gaps(checklist: ChecklistVersion, answers: dict[int, AnswerDraft]) -> dict[str, str]:
    """What still keeps a report from being submitted: field id → sentence. Field ids are those of the form."""
    found: dict[str, str] = {}
    for question in checklist.questions.select_related("aspect"):
        draft = answers.get(question.pk, AnswerDraft())
        label = question.aspect.label
        if draft.exists is None:
            found[f"q{question.pk}"] = _("%(label)s：请选择“是”或“否”") % {"label": label}
        elif draft.exists and not draft.items:
            found[f"q{question.pk}-1-manifestation"] = _("%(label)s：选“是”的，请写明具体表现") % {"label": label}
        elif draft.exists:
            for n, item in enumerate(draft.items, 1):
                found |= _item_gaps(f"q{question.pk}-{n}", f"{label} 第 {n} 项", item)
    return found


def _item_gaps(prefix: str, label: str, item: ItemDraft) -> dict[str, str]:
    found = {}
    for key, words in (("manifestation", _("请写明具体表现")), ("cause", _("请分析原因")), ("measure", _("请写明整改措施")), ("track", _("请选择整改方式"))):
        if not getattr(item, key).strip():
            found[f"{prefix}-{key}"] = f"{label}：{words}"
    if item.track == Problem.Track.DATED and item.due_on is None:
        found[f"{prefix}-due_on"] = _("%(label)s：选“限期整改”的，须填写整改时限") % {"label": label}
    return found


def _said(answers: dict[int, AnswerDraft]) -> dict[int, AnswerDraft]:
    """What is handed in: items typed under a 否 stay behind."""
    return {pk: AnswerDraft(draft.exists, draft.items if draft.exists else []) for pk, draft in answers.items()}


@transaction.atomic
def submit(selfcheck: SelfCheck, *, answers: dict[int, AnswerDraft], statement: str, pledged: bool, by, at: dt.datetime, version: int | None = None) -> SelfCheck:
    """Hand in the report with the commitment. Raises ValidationError whose dict names every gap."""
    current = _lock(selfcheck, version)
    _refuse_stranger(current, by)
    missing = gaps(current.round.checklist, answers)
    if not pledged:
        missing["pledge"] = _("本人承诺：请通读后勾选承诺")
    if missing:
        raise ValidationError(missing)
    _move(current, S.SUBMITTED)
    _write_body(current, _said(answers), statement)
    current.saved_at = current.submitted_at = at
    current.submitted_by = by
    current.save()
    Commitment.objects.update_or_create(selfcheck=current, defaults={"text": current.round.checklist.pledge, "made_at": at, "made_by": by})
    record("selfcheck.submit", by=by, at=at, subject=current)
    if current.reviewer:
        _tell_reviewer(current, at=at)
    return current


def _refuse_other_reviewer(selfcheck: SelfCheck, by) -> None:
    if selfcheck.reviewer_id != by.pk or selfcheck.cadre.user_id == by.pk:
        raise ValidationError(_("这份报告指定由别人审核。"))


@transaction.atomic
def return_report(selfcheck: SelfCheck, *, comment: str, due_on: dt.date, by, at: dt.datetime, version: int | None = None) -> SelfCheck:
    """退回补正 with what is missing and until when."""
    current = _lock(selfcheck, version)
    _refuse_other_reviewer(current, by)
    if not comment.strip():
        raise ValidationError({"comment": _("请写明哪一方面要怎样补正。")})
    _move(current, S.RETURNED)
    current.returned_at, current.returned_by, current.return_comment, current.due_on = at, by, comment, due_on
    current.save()
    record("selfcheck.return_report", by=by, at=at, subject=current)
    if current.cadre.user:
        send_notice([current.cadre.user], text=_("您的自查报告退回补正"), url=f"/selfcheck/{current.pk}/edit/", at=at)
    return current


@transaction.atomic
def accept_report(selfcheck: SelfCheck, *, by, at: dt.datetime, opinion: str = "", version: int | None = None) -> SelfCheck:
    """审核通过: every item under a 是 becomes a problem of the ledger, linked both ways."""
    current = _lock(selfcheck, version)
    _refuse_other_reviewer(current, by)
    _move(current, S.ACCEPTED)
    current.accepted_at, current.accepted_by, current.opinion = at, by, opinion
    current.save()
    record("selfcheck.accept_report", by=by, at=at, subject=current)
    _raise_problems(current, by=by, at=at)
    if current.cadre.user:
        send_notice([current.cadre.user], text=_("您的自查报告已通过审核"), url=f"/selfcheck/{current.pk}/", at=at)
    return current


def _raise_problems(selfcheck: SelfCheck, *, by, at: dt.datetime) -> None:
    items = AnswerItem.objects.filter(answer__selfcheck=selfcheck, answer__exists=True, problem__isnull=True)
    for item in items.select_related("answer__question__aspect").order_by("answer__question__order", "order"):
        aspect = item.answer.question.aspect
        item.problem = report_problem(
            selfcheck.round.campaign, title=headline(item.manifestation), source=Problem.Source.SELF_CHECK,
            manifestation=item.manifestation, cause=item.cause, measures=[item.measure], track=item.track, due_on=item.due_on,
            aspect_key=aspect.key, aspect_label=aspect.label, responsible_unit=selfcheck.cadre.unit,
            responsible_person=selfcheck.cadre, by=by, at=at,
        )
        item.save(update_fields=["problem"])


def headline(text: str, limit: int = 40) -> str:
    """The first sentence of a manifestation as the problem's one-line title."""
    first = text.strip().split("。")[0].split("\n")[0]
    return first if len(first) <= limit else first[: limit - 1] + "…"
