"""A running round takes up a newer checklist: reports not handed in go with it, every word and answer by its question's key."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.actions import send_notice
from accounts.models import User
from accounts.versions import lock_version
from audit.log import record
from jobs.actions import queue_job
from jobs.models import Job
from keys.suites import Unreadable

from ..checklist_diff import Difference, compare
from ..models import Answer, ChecklistVersion, Question, Round, SelfCheck
from .checklists import answered_keys, text_of

S = SelfCheck.Status
OPEN = (S.PENDING, S.DRAFT, S.RETURNED)
AT_ONCE = 200  # reports moved in the deed's own transaction, for about a second; more go as a job, so many at a time


@dataclass(frozen=True)
class Adopted:
    """How many reports went along, how many stayed where they were, and the job that moves them when they are many."""

    moved: int = 0
    left: int = 0
    job: Job | None = None


def to_move(opened: Round, checklist: ChecklistVersion) -> QuerySet[SelfCheck]:
    """Reports not handed in that stand under another version; one whose contents were destroyed stays."""
    return opened.selfchecks.filter(status__in=OPEN, purged_at__isnull=True).exclude(checklist=checklist)


def difference_for(opened: Round, checklist: ChecklistVersion) -> Difference:
    """What the round and its reports not handed in would go through; several older versions count together."""
    stands = ChecklistVersion.objects.filter(pk__in={opened.checklist_id, *to_move(opened, checklist).order_by().values_list("checklist", flat=True)}).exclude(pk=checklist.pk)
    new, answered = text_of(checklist), answered_keys(opened.campaign)
    changes = [change for old in stands for change in compare(text_of(old), new, answered).changes]
    return Difference(list(dict.fromkeys(changes)))


@transaction.atomic
def adopt_checklist(opened: Round, *, checklist: ChecklistVersion, by, at: dt.datetime, version: int | None = None) -> Adopted:
    """From now on the round stands under `checklist`. What was handed in keeps its version. Raises ValidationError when that would lose an answer."""
    opened = lock_version(opened, version)
    _refuse_unfit(opened, checklist)
    waiting, before = to_move(opened, checklist), opened.checklist
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    if before == checklist and not pks:
        raise ValidationError(_("这一轮已经在用%(v)s。") % {"v": checklist.edition})
    opened.checklist = checklist
    opened.save(update_fields=["checklist", "version"])
    record("selfcheck.adopt_checklist", by=by, at=at, subject=opened, before=before.edition, after=checklist.edition, reports=len(pks))
    if len(pks) > AT_ONCE:
        return Adopted(job=_as_job(opened, checklist, by=by, at=at))
    return _move(pks, checklist, at=at)


def _refuse_unfit(opened: Round, checklist: ChecklistVersion) -> None:
    if checklist.is_draft or checklist.campaign_id != opened.campaign_id:
        raise ValidationError(_("只能换用本次教育整顿已经发布的检查清单。"))
    if checklist.number < opened.checklist.number:
        raise ValidationError(_("不能换回旧版。要恢复旧的说法，请起草新的一版。"))
    obstacles = difference_for(opened, checklist).obstacles
    if obstacles:
        raise ValidationError(_("不能换用%(v)s：%(why)s这一版请从下一轮开始用。") % {"v": checklist.edition, "why": "".join(f"{one.sentence}，{one.reason}" for one in obstacles)})


def _as_job(opened: Round, checklist: ChecklistVersion, *, by, at: dt.datetime) -> Job:
    label = _("%(round)s换用%(v)s") % {"round": opened, "v": checklist.edition}
    return queue_job("selfcheck.move_reports", label=label, args={"round": opened.pk, "checklist": checklist.pk}, by=by, at=at, back_url=f"/selfcheck/rounds/{opened.pk}/")


def move_reports(opened: Round, checklist: ChecklistVersion, tell: Callable[[int], None], *, now: Callable[[], dt.datetime]) -> Adopted:
    """The same in batches, each its own transaction: one that breaks off leaves every report whole, and run again it goes on."""
    pks = list(to_move(opened, checklist).order_by("pk").values_list("pk", flat=True))
    done = Adopted()
    for start in range(0, len(pks), AT_ONCE):
        some = _move(pks[start : start + AT_ONCE], checklist, at=now())
        done = Adopted(done.moved + some.moved, done.left + some.left)
        tell(100 * (start + AT_ONCE) // len(pks))
    return done


@transaction.atomic
def _move(pks: list[int], checklist: ChecklistVersion, *, at: dt.datetime) -> Adopted:
    """Move those still open; one whose words can't be read (its key is destroyed) or would be lost stays as it is."""
    rows = list(SelfCheck.objects.select_for_update(of=("self",)).select_related("key", "checklist").filter(pk__in=pks, status__in=OPEN, purged_at__isnull=True).prefetch_related("answers__items", "answers__question"))
    key_of = dict(Question.objects.filter(version__in={row.checklist_id for row in rows}).values_list("pk", "key"))
    pk_of = dict(checklist.questions.values_list("key", "pk"))
    moved = [row for row in rows if _rekey(row, key_of, pk_of)]
    _point_answers(moved, pk_of)
    for row in moved:
        row.noticed_at = row.noticed_at if row.checklist.notice == checklist.notice else None
        row.checklist, row.moved_at, row.version, row.page = checklist, at, row.version + 1, ""  # a page open now has its conflict
    SelfCheck.objects.bulk_update(moved, ["sealed_body", "noticed_at", "checklist", "moved_at", "version", "page"], batch_size=AT_ONCE)
    _tell([row for row in moved if row.saved_at], checklist, at=at)
    return Adopted(len(moved), len(rows) - len(moved))


def _rekey(report: SelfCheck, key_of: dict[int, str], pk_of: dict[str, int]) -> bool:
    """Put the sealed words under the new questions' numbers; False, and nothing done, when one would be lost or can't be read."""
    if report.key and report.key.destroyed_at:
        return False
    if any(_says(answer) and answer.question.key not in pk_of for answer in report.answers.all()):
        return False
    if not report.sealed_body:
        return True
    try:
        body = report.body
    except Unreadable:
        return False
    if any(key_of.get(int(pk)) not in pk_of for pk in body.items):
        return False
    report.body = replace(body, items={str(pk_of[key_of[int(pk)]]): texts for pk, texts in body.items.items()})
    return True


def _says(answer: Answer) -> bool:
    return answer.exists is not None or bool(answer.items.all())


def _point_answers(reports: list[SelfCheck], pk_of: dict[str, int]) -> None:
    """Each answer to the question of the same key; a blank one to a removed question goes, a new question stands unanswered."""
    answers = [answer for report in reports for answer in report.answers.all()]
    Answer.objects.filter(pk__in=[one.pk for one in answers if one.question.key not in pk_of]).delete()
    kept = [one for one in answers if one.question.key in pk_of]
    had = {(one.selfcheck_id, one.question.key) for one in kept}
    for one in kept:
        one.question_id = pk_of[one.question.key]
    Answer.objects.bulk_update(kept, ["question"], batch_size=AT_ONCE)
    begun = {one.selfcheck_id for one in answers}
    Answer.objects.bulk_create((Answer(selfcheck_id=pk, question_id=pk_of[key]) for pk in begun for key in pk_of if (pk, key) not in had), batch_size=AT_ONCE)


def _tell(reports: list[SelfCheck], checklist: ChecklistVersion, *, at: dt.datetime) -> None:
    """Everybody who has begun: what they wrote is there, and what they are asked anew."""
    people = User.objects.filter(is_active=True, cadre__selfchecks__in=reports).distinct()
    send_notice(people, text=_("自查的检查清单换成了%(v)s，您写的都保留着，请接着填写") % {"v": checklist.edition}, url="/selfcheck/", at=at)
