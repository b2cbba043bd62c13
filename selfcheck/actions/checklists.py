"""The checklist: start a draft, edit it, publish it; from then on it never changes."""

import datetime as dt
import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from accounts.versions import lock_version
from audit.log import record
from campaigns.models import Campaign

from ..checklist_diff import AspectText, ChecklistText, Difference, QuestionText, compare
from ..models import Answer, Aspect, ChecklistVersion, Question

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
NOTICE = (
    "填写目的：按照教育整顿实施方案，每名干部对照六个方面检视自己，以便及时整改。\n"
    "填写依据：本单位教育整顿实施方案和发给您的工作提示单；单位依法履行职责处理这些信息，不需要另行取得同意。\n"
    "对您的影响：如实填写、主动整改的，按规定把握；审核通过的问题列入整改台账，由责任人限期整改。\n"
    "谁能看到：本人和指定的审核人；确需他人查阅的，须两人办理并通知您。每次查看都留痕，您随时可以看到谁看过。领导小组办公室只看交没交；时限过后按单位汇总各方面答“是”“否”的份数，看不出是谁的。几份报告文字相同等情况，会提醒审核人核对。\n"
    "怎样保存：内容加密保存，教育整顿结束后按档案规定的期限保存，到期销毁。\n"
    "您可以：提交前随时修改，提交后请审核人退回补正；对内容和查看记录有疑问的，向领导小组办公室提出。"
)
PLEDGE = "本人承诺：以上自查内容属实，没有隐瞒。对查出的问题认真整改，按时完成，自觉接受组织监督。"
NAME = "六个方面检查清单"
NOT_A_DRAFT = "这一版已经发布，不能再改。要改的请另起草新的一版。"


def first_text(name: str = NAME, aspects: Iterable[tuple[str, str]] = tuple(SIX_ASPECTS), pledge: str = PLEDGE, notice: str = NOTICE) -> ChecklistText:
    """What a first version says: `aspects` are (stable key, label), each with one 是否 question."""
    asked = tuple(AspectText(key, label, (QuestionText(key, f"是否存在{label}方面的问题？"),)) for key, label in aspects)
    return ChecklistText(name, pledge, notice, asked)


def text_of(version: ChecklistVersion) -> ChecklistText:
    """All a version says, as plain data; in two queries."""
    aspects = version.aspects.prefetch_related("questions")
    return ChecklistText(version.name, version.pledge, version.notice, tuple(AspectText(one.key, one.label, tuple(_plain(q) for q in one.questions.all())) for one in aspects))


def _plain(question: Question) -> QuestionText:
    return QuestionText(question.key, question.text, question.help, question.evidence, question.sensitivity)


def is_as_published(version: ChecklistVersion) -> bool:
    """Whether a published version still says what it said then."""
    return text_of(version).digest == version.content_hash


def latest(campaign: Campaign) -> ChecklistVersion | None:
    """The version published last."""
    return campaign.checklists.published().first()


def new_key(campaign: Campaign, kind: str, text: ChecklistText) -> str:
    """A key no question or aspect of the campaign's versions, nor of `text`, has ever had: “question_7”, “aspect_7”."""
    model = {"question": Question, "aspect": Aspect}[kind]
    used = {*model.objects.filter(version__campaign=campaign, key__startswith=f"{kind}_").values_list("key", flat=True), *text.questions, *(one.key for one in text.aspects)}
    numbers = [int(found[1]) for key in used if (found := re.fullmatch(rf"{kind}_(\d{{1,9}})", key))]
    return f"{kind}_{max(numbers, default=0) + 1}"


def answered_keys(campaign: Campaign) -> set[str]:
    """Keys of the questions somebody in the campaign has answered, under any version."""
    said = Answer.objects.filter(Q(exists__isnull=False) | Q(items__isnull=False), selfcheck__round__campaign=campaign)
    return set(said.order_by().values_list("question__key", flat=True).distinct())


def difference_to_last(draft: ChecklistVersion) -> Difference:
    """What publishing the draft would change; nothing to compare with for the first one."""
    before = latest(draft.campaign)
    return compare(text_of(before), text_of(draft), answered_keys(draft.campaign)) if before else Difference()


@transaction.atomic
def start_checklist(campaign: Campaign, *, by, at: dt.datetime) -> ChecklistVersion:
    """A draft that says what the last version says, or the six aspects. Raises ValidationError when there is one already."""
    before = latest(campaign)
    draft = _begin(campaign, text_of(before) if before else first_text())
    record("selfcheck.start_checklist", by=by, at=at, subject=draft)
    return draft


def _begin(campaign: Campaign, text: ChecklistText) -> ChecklistVersion:
    Campaign.objects.select_for_update().get(pk=campaign.pk)  # two who start at once: the second is told
    if campaign.checklists.drafts().exists():
        raise ValidationError(_("已经有一份检查清单草稿，请接着修改，或者先发布、放弃那一份。"))
    draft = ChecklistVersion(campaign=campaign)
    _write(draft, text)
    return draft


def _write(draft: ChecklistVersion, text: ChecklistText) -> None:
    """Make the rows say what the text says. Raises ValidationError for a text too long or empty."""
    draft.name, draft.pledge, draft.notice = text.name, text.pledge, text.notice
    draft.full_clean(validate_constraints=False)
    draft.save()
    draft.questions.all().delete()
    draft.aspects.all().delete()
    aspects = Aspect.objects.bulk_create([Aspect(version=draft, key=one.key, label=one.label, order=n) for n, one in enumerate(text.aspects, 1)])
    asked = [(aspect, question) for aspect, one in zip(aspects, text.aspects, strict=True) for question in one.questions]
    Question.objects.bulk_create(
        Question(version=draft, aspect=aspect, key=q.key, text=q.text, help=q.help, evidence=q.evidence, sensitivity=q.sensitivity, order=n)
        for n, (aspect, q) in enumerate(asked, 1)
    )


def _own_draft(draft: ChecklistVersion, version: int | None) -> ChecklistVersion:
    """The draft locked for its editor. Raises ValidationError when it was published or given up meanwhile, Conflict when edited."""
    if not ChecklistVersion.objects.drafts().filter(pk=draft.pk).exists():
        raise ValidationError(_(NOT_A_DRAFT) if ChecklistVersion.objects.filter(pk=draft.pk).exists() else _("这份草稿刚才已经放弃。"))
    return lock_version(draft, version)


@transaction.atomic
def save_checklist(draft: ChecklistVersion, *, text: ChecklistText, by, at: dt.datetime, version: int | None = None) -> ChecklistVersion:
    """Keep what an editor made of the draft, finished or not. Raises ValidationError for a published version, Conflict for a second editor."""
    current = _own_draft(draft, version)
    _write(current, text)
    record("selfcheck.save_checklist", by=by, at=at, subject=current)
    return current


@transaction.atomic
def discard_checklist(draft: ChecklistVersion, *, by, at: dt.datetime, version: int | None = None) -> None:
    """Give a draft up; what was published stays."""
    current = _own_draft(draft, version)
    record("selfcheck.discard_checklist", by=by, at=at, subject=current)
    current.delete()


@transaction.atomic
def publish_draft(draft: ChecklistVersion, *, by, at: dt.datetime, version: int | None = None) -> ChecklistVersion:
    """Publish the draft as the next version. Raises ValidationError when it says nothing new or has gaps."""
    current = _own_draft(draft, version)
    text, before = text_of(current), latest(current.campaign)
    _refuse_gaps(text)
    if before and text == text_of(before):
        raise ValidationError(_("草稿与%(last)s一样，不用发布。") % {"last": before.edition})
    return _publish(current, by=by, at=at)


def _refuse_gaps(text: ChecklistText) -> None:
    empty = [one.label for one in text.aspects if not one.questions]
    if empty:
        raise ValidationError(_("“%(a)s”还没有问题，请新增一问，或者删去这个方面。") % {"a": "”“".join(empty)})
    if not text.aspects:
        raise ValidationError(_("检查清单还没有一个方面，请先新增。"))
    if not all(one.label for one in text.aspects) or not all(question.text for question in text.questions.values()):
        raise ValidationError(_("有方面或问题还没有写文字，请写好或者删去。"))


def _publish(draft: ChecklistVersion, *, by, at: dt.datetime) -> ChecklistVersion:
    draft.number = (draft.campaign.checklists.aggregate(last=Max("number"))["last"] or 0) + 1
    draft.published_at, draft.published_by, draft.content_hash = at, by, text_of(draft).digest
    draft.save()
    record("selfcheck.publish_checklist", by=by, at=at, subject=draft, digest=draft.content_hash)
    return draft


@transaction.atomic
def publish_checklist(campaign: Campaign, *, name: str, by, at: dt.datetime, aspects: Iterable[tuple[str, str]] = tuple(SIX_ASPECTS), pledge: str = PLEDGE, notice: str = NOTICE) -> ChecklistVersion:
    """Publish the next version in one go: `aspects` are (stable key, label), each with one 是否 question. Raises ValidationError while a draft is under way."""
    return _publish(_begin(campaign, first_text(name, aspects, pledge, notice)), by=by, at=at)
