"""各方面情况: the answers of a round are counted once, after its deadline."""

import datetime as dt
from collections import Counter

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.templatetags.page import day
from audit.log import record
from organizations.models import STEP, Unit, lineage, within

from ..models import Answer, AnswerSnapshot, Question, Round, SelfCheck
from ..suppression import Group, release


def snapshot_refusal(opened: Round, today: dt.date) -> str:
    """Why the answers can't be counted now; "" if they can."""
    if today <= opened.due_on:
        return _("时限 %(day)s 过后才能汇总。") % {"day": day(opened.due_on)}
    if AnswerSnapshot.objects.filter(round=opened).exists():
        return _("这一轮已经汇总过。每轮只汇总一次：两次汇总之间的差额会暴露个人的回答。")
    return ""


def countable(opened: Round) -> QuerySet[SelfCheck]:
    """Reports whose authors are in a unit of the campaign now, and whose answers are still kept."""
    return opened.selfchecks.filter(within([opened.campaign.unit.path], "cadre__unit__path"), purged_at__isnull=True)


@transaction.atomic
def take_snapshot(opened: Round, *, by, at: dt.datetime) -> AnswerSnapshot:
    """Count the reports handed in by now and keep what may be published. Raises ValidationError before the deadline is over, and a second time."""
    opened = Round.objects.select_for_update(of=("self",)).select_related("campaign__unit").get(pk=opened.pk)
    today = timezone.localdate(at)
    if why := snapshot_refusal(opened, today):
        raise ValidationError(why)
    reports = countable(opened).handed_in()
    if not reports.exists():
        raise ValidationError(_("还没有人提交，没有可以汇总的报告。"))
    counted, questions = _counted(reports), _questions(reports)
    taken = AnswerSnapshot.objects.create(
        round=opened, taken_at=at, taken_by=by, as_of=today, smallest_group=settings.SMALLEST_GROUP,
        versions=_versions(reports), questions=questions, units=_cells(opened, reports, counted, {q["key"]: q["smallest"] for q in questions}),
    )
    record("selfcheck.take_snapshot", by=by, at=at, subject=taken, reports=reports.count(), smallest_group=taken.smallest_group)
    return taken


def _answers(reports: QuerySet[SelfCheck]) -> QuerySet[Answer]:
    return Answer.objects.filter(selfcheck__in=reports.order_by(), exists__isnull=False).order_by()


def _counted(reports: QuerySet[SelfCheck]) -> dict[str, dict[str, tuple[int, int]]]:
    """Question key → unit path → (answers, 是) among the unit's own people; versions of the checklist are joined by the key."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    rows = _answers(reports).values_list("question__key", "selfcheck__cadre__unit__path").annotate(n=Count("pk"), yes=Count("pk", filter=Q(exists=True)))
    for key, path, n, yes in rows:
        found.setdefault(key, {})[path] = (n, yes)
    return found


def _questions(reports: QuerySet[SelfCheck]) -> list[dict]:
    """The questions answered, in the words and order of the newest version that has them; sensitive if any version that was answered says so."""
    asked = Question.objects.filter(pk__in=_answers(reports).values("question")).select_related("aspect").order_by("version__number")
    latest, sensitive = {question.key: question for question in asked}, {question.key for question in asked if question.sensitivity == Question.Sensitivity.SENSITIVE}
    smallest = {key: settings.SENSITIVE_GROUP if key in sensitive else settings.SMALLEST_GROUP for key in latest}
    return [{"key": q.key, "aspect": q.aspect.label, "text": q.text, "smallest": smallest[q.key]} for q in sorted(latest.values(), key=lambda q: (q.order, q.key))]


def _versions(reports: QuerySet[SelfCheck]) -> list[dict]:
    rows = _answers(reports).values("question__version__number").annotate(reports=Count("selfcheck", distinct=True)).order_by("question__version__number")
    return [{"number": row["question__version__number"], "reports": row["reports"]} for row in rows]


def _cells(opened: Round, reports: QuerySet[SelfCheck], counted: dict, smallest: dict[str, int]) -> list[dict]:
    """For every unit with reports, its own or below it: how many, and for each question the number of answers and of 是, None where kept back.
    `smallest`: question key → the fewest reports of a group; known beforehand and the same for every unit, as the proof asks."""
    root = opened.campaign.unit.path
    own = Counter(reports.order_by().values_list("cadre__unit__path", flat=True))
    paths = sorted(path for path in lineage(*own) if path.startswith(root))
    trees = {key: grown(root, paths, {path: n for path, (n, _yes) in counted[key].items()}) for key in smallest}
    shown = {key: release(tree, {path: yes for path, (_n, yes) in counted[key].items()}, smallest[key]) for key, tree in trees.items()}
    sizes = {key: {unit.key: unit.size for unit in tree} for key, tree in trees.items()}
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=paths)}
    return [
        {
            "unit": units[path].pk, "path": path, "name": str(units[path]), "reports": sum(n for home, n in own.items() if home.startswith(path)),
            "counts": {key: [sizes[key][path], shown[key].get(path)] for key in smallest},
        }
        for path in paths
    ]


def grown(root: str, paths: list[str], own: dict[str, int]) -> Group:
    """The tree of these units; `paths` hold with each unit those above it."""
    below: dict[str, list[str]] = {}
    for path in paths:
        below.setdefault(path[:-STEP], []).append(path)

    def grow(path: str) -> Group:
        return Group(path, own.get(path, 0), tuple(grow(child) for child in below.get(path, [])))

    return grow(root)
