"""提示: what strikes one in the reports of a round and is worth a look. Never a score, never a number per unit.

A hint tells nobody what they could not look up themselves. A reviewer has them for the reports assigned to them. The office
has those about answers and words for accepted reports alone, whose problems stand in the ledger with their people; of the
others it knows when they were handed in, and no more. Words are compared by marks (selfcheck/marks.py); none is read here.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from organizations.models import reach
from organizations.roles import Permission as P

from .models import ITEM_TEXTS, SEALED, Answer, HintSetAside, Round, SelfCheck, TextMark, is_handed_in

Kind = HintSetAside.Kind
FEWEST_REPORTS = 3  # of a unit, from which on 否 throughout is worth a look
FEWEST_LATE, LATE_SHARE = 5, 3  # reports in the last hour; and more than one in three
LAST = dt.timedelta(hours=1)
ORDER = ("cadre__unit__path", "cadre__name_pinyin", "pk")  # 机构序列
SENTENCES = {
    Kind.ALL_NO: _l("%(unit)s的 %(n)s 份报告对各个方面都答“否”。"),
    Kind.SAME_TEXT: _l("%(n)s 份报告的%(where)s有 %(m)s 处文字相同。"),
    Kind.REPEATS: _l("%(who)s的报告有 %(n)s 处整改措施与具体表现写得几乎一样。"),
    Kind.RUSH: _l("%(unit)s %(n)s 份报告中有 %(m)s 份在时限前最后一小时提交。"),
}
KINDS = list(SENTENCES)  # in this order on the page


@dataclass(frozen=True)
class Hint:
    """One thing seen, and the reports it is about; their people are fetched only where it is shown (`with_reports`)."""

    round: Round
    kind: str
    subject: str
    pks: tuple[int, ...]  # of its reports, in 机构序列
    rows: str  # a digest of which reports, and when each was handed in
    facts: dict  # what else its sentence tells
    aside: HintSetAside | None = None
    reports: tuple[SelfCheck, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.subject}"

    @property
    def label(self) -> str:
        return Kind(self.kind).label

    @property
    def sentence(self) -> str:
        first = self.reports[0].cadre
        return str(SENTENCES[self.kind]) % ({"who": first, "unit": first.unit, "n": len(self.pks)} | self.facts)

    @property
    def unit_id(self) -> int | None:
        """The unit it is about; None when the reports are of several."""
        units = {report.cadre.unit_id for report in self.reports}
        return units.pop() if len(units) == 1 else None


def timed_condition(user) -> Q:
    """Reports of which they may know when they were handed in."""
    in_charge = reach(user, P.RUN_SELFCHECK, unit="cadre__unit__path", campaign="round__campaign")
    return is_handed_in() & (SelfCheck.objects.assigned_condition(user) | in_charge)


def known_condition(user) -> Q:
    """Of those, the reports whose answers they may know too: assigned to them for review, or accepted, so that the ledger they see tells."""
    of = {"unit": "cadre__unit__path", "campaign": "round__campaign"}
    by_ledger = Q(status=SelfCheck.Status.ACCEPTED) & reach(user, P.RUN_SELFCHECK, **of) & reach(user, P.SEE_LEDGER, **of)
    return is_handed_in() & (SelfCheck.objects.assigned_condition(user) | by_ledger)


def hints_for(user, opened: Round) -> list[Hint]:
    """Their hints in a round, each with how it was set aside. Six queries: the database counts, and only what strikes is read."""
    timed = SelfCheck.objects.filter(timed_condition(user), round=opened, purged_at__isnull=True).order_by(*ORDER)
    known = timed.filter(known_condition(user))
    found = [*_of_units(opened, timed, known), *_same_text(opened, known), *_repeats(opened, known)]
    put = {(one.kind, one.subject, one.rows): one for one in opened.hints_set_aside.select_related("set_aside_by")}
    return [replace(hint, aside=put.get((hint.kind, hint.subject, hint.rows))) for hint in sorted(found, key=lambda hint: KINDS.index(hint.kind))]


def with_reports(hints: list[Hint]) -> list[Hint]:
    """These hints with their reports and people, but without the sealed texts; one query."""
    rows = SelfCheck.objects.select_related("cadre__unit").defer(*SEALED).in_bulk({pk for hint in hints for pk in hint.pks})
    return [replace(hint, reports=tuple(rows[pk] for pk in hint.pks)) for hint in hints]


def digest(parts: Iterable) -> str:
    return hashlib.sha256("\n".join(sorted(map(str, parts))).encode()).hexdigest()


def _hint(opened: Round, kind: str, subject: object, reports: Iterable[tuple[int, dt.datetime]], *more: str, **facts) -> Hint:
    """`reports`: (number, when it was handed in). `more`: what else makes it another hint when it changes."""
    rows = digest([f"{pk} {at.timestamp()}" for pk, at in reports] + list(more))
    return Hint(opened, kind, str(subject), tuple(pk for pk, _at in reports), rows, facts)


def _of_units(opened: Round, timed: QuerySet[SelfCheck], known: QuerySet[SelfCheck]) -> Iterator[Hint]:
    """否 throughout, and a rush before the deadline: units are counted first, then the reports of those that strike are read."""
    end = timezone.make_aware(dt.datetime.combine(opened.due_on + dt.timedelta(days=1), dt.time()))
    in_last_hour = Q(submitted_at__gte=end - LAST, submitted_at__lt=end)
    by_unit = known.order_by().values_list("cadre__unit")
    found_something = Exists(Answer.objects.filter(selfcheck=OuterRef("pk"), exists=True))
    all_no = set(by_unit.annotate(n=Count("pk"), found=Count("pk", filter=found_something)).filter(n__gte=FEWEST_REPORTS, found=0).values_list("cadre__unit", flat=True))
    counted = timed.order_by().values("cadre__unit").annotate(n=Count("pk"), late=Count("pk", filter=in_last_hour)).filter(late__gte=FEWEST_LATE, n__lt=F("late") * LATE_SHARE)
    rushed = dict(counted.values_list("cadre__unit", "n"))
    own, late = defaultdict(list), defaultdict(list)
    is_known = ExpressionWrapper(Q(pk__in=known.order_by().values("pk")), output_field=BooleanField())
    for unit, pk, at, may_know in timed.filter(cadre__unit__in=all_no | set(rushed)).values_list("cadre__unit", "pk", "submitted_at", is_known):
        if unit in all_no and may_know:
            own[unit].append((pk, at))
        if unit in rushed and end - LAST <= at < end:
            late[unit].append((pk, at))
    yield from (_hint(opened, Kind.ALL_NO, unit, reports) for unit, reports in own.items())
    yield from (_hint(opened, Kind.RUSH, unit, reports, n=rushed[unit], m=len(reports)) for unit, reports in late.items())


def _same_text(opened: Round, known: QuerySet[SelfCheck]) -> Iterator[Hint]:
    """Equal texts of two people or more; those that the same people share are one hint."""
    marks = TextMark.objects.filter(selfcheck__in=known.order_by().values("pk")).exclude(mark="").order_by()
    twice = marks.values("mark").annotate(n=Count("selfcheck", distinct=True)).filter(n__gt=1)
    rows = marks.filter(mark__in=twice.values("mark")).order_by(*(f"selfcheck__{name}" for name in ORDER), "question_key", "order", "field")
    writers: dict[tuple[str, str], dict[int, dt.datetime]] = defaultdict(dict)
    for field, mark, pk, at in rows.values_list("field", "mark", "selfcheck", "selfcheck__submitted_at"):
        writers[field, mark][pk] = at
    shared: dict[tuple, list[str]] = defaultdict(list)
    for (field, _mark), people in writers.items():
        if len(people) > 1:
            shared[tuple(people.items())].append(field)
    for people, fields in shared.items():
        where = _("、").join(str(label) for name, (label, _most) in ITEM_TEXTS.items() if name in fields)
        yield _hint(opened, Kind.SAME_TEXT, digest(pk for pk, _at in people), people, *fields, where=where, m=len(fields))


def _repeats(opened: Round, known: QuerySet[SelfCheck]) -> Iterator[Hint]:
    rows = known.filter(marks__repeats=True).annotate(n=Count("marks"))
    for pk, at, n in rows.values_list("pk", "submitted_at", "n"):
        yield _hint(opened, Kind.REPEATS, pk, [(pk, at)], n=n)
