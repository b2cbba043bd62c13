"""提示: what strikes one in the reports of a round and is worth a look. Never a score, never a number per unit.

A hint tells nobody what they could not look up themselves. A reviewer has them for the reports assigned to them. The office
has those about answers and words for accepted reports alone, whose problems stand in the ledger with their people; of the
others it knows when they were handed in, and no more. Words are compared by marks (selfcheck/marks.py); none is read here.
"""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from organizations.breadth import Breadth, Descent, breadth_of, units_named
from organizations.kept import read_under
from organizations.models import scope_paths, within
from organizations.roles import Permission as P

from . import counts
from .models import ITEM_TEXTS, SEALED, Answer, HintSetAside, Round, SelfCheck, TextMark, is_handed_in

Kind = HintSetAside.Kind
FEWEST_REPORTS = 3  # of a unit, from which on 否 throughout is worth a look
FEWEST_LATE, LATE_SHARE = 5, 3  # reports in the last hour; and more than one in three
LAST = dt.timedelta(hours=1)
MOST = 2000  # reports that are looked through at once
Mark = tuple[int, str, str, bool]  # whose, of which field, the mark, whether it repeats; in the order of the reports
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


class Look(Descent):
    """Where one looks for hints: at all one is in charge of, or at one unit of it. Where too many reports were handed in one goes further down."""

    def __init__(self, user, opened: Round, today: dt.date, *, asked: int | None = None, alone: bool = False):
        super().__init__(scope_paths(user, P.RUN_SELFCHECK, opened.campaign_id), asked=asked, alone=alone)
        self.opened, self.today = opened, today

    @cached_property
    def here(self) -> Breadth:
        if self.unit is None:
            return self.scope
        return Breadth([self.unit.path], [self.unit.pk]) if self.is_alone else breadth_of([self.unit.path], self.scope)

    @property
    def _meant(self) -> dict[str, int]:
        return {"campaign": self.opened.campaign_id, "round": self.opened.pk}

    @cached_property
    def is_too_wide(self) -> bool:
        """Whether there are too many, and one can go further down."""
        kept = [row["submitted"] for row in read_under(counts.reports, self.here.paths, self.today, below=1, **self._meant) if row["submitted"]] if self.here.paths else []
        return not self.is_alone and len(kept) > 1 and sum(kept) > MOST

    @cached_property
    def units(self) -> list[dict]:
        """Where one may go further down, each with how many reports it has handed in."""
        return [line | {"handed_in": row["submitted"]} for line, row in self.lines(counts.reports, self.today, **self._meant) if row["submitted"]]

    @cached_property
    def condition(self) -> Q:
        """Which reports lie here."""
        units = self.here.units if self.here.units is not None else units_named(self.here.paths)
        return within(self.here.paths, "cadre__unit__path") if units is None else Q(cadre__unit__in=units)


class Report(NamedTuple):
    """A report handed in. Of one that is not known only when it was."""

    pk: int
    unit: int
    at: dt.datetime
    is_known: bool


def hints_for(user, opened: Round, look: Look | None = None) -> list[Hint]:
    """Their hints in a round, each with how it was set aside. Eight queries at most."""
    reports = _reports(user, opened, look or Look(user, opened, timezone.localdate()))
    known = {report.pk: report.at for report in reports if report.is_known}
    with_something = set(Answer.objects.filter(selfcheck__in=known, exists=True).order_by().values_list("selfcheck", flat=True))
    marks = list(TextMark.objects.filter(~Q(mark="") | Q(repeats=True), selfcheck__in=known).order_by("question_key", "order", "field").values_list("selfcheck", "field", "mark", "repeats"))
    place = {pk: n for n, pk in enumerate(known)}
    marks.sort(key=lambda mark: place[mark[0]])
    found = [*_of_units(opened, reports, with_something), *_same_text(opened, known, marks), *_repeats(opened, known, marks)]
    put = {(one.kind, one.subject, one.rows): one for one in opened.hints_set_aside.select_related("set_aside_by")}
    return [replace(hint, aside=put.get((hint.kind, hint.subject, hint.rows))) for hint in sorted(found, key=lambda hint: KINDS.index(hint.kind))]


def _reports(user, opened: Round, look: Look) -> list[Report]:
    """Those of which they may know when they were handed in, in 机构序列.

    What was said in them they may know too when they review it, or when it is accepted, so that the ledger they see tells.
    """
    handed_in = SelfCheck.objects.filter(is_handed_in(), round=opened, purged_at__isnull=True).order_by()
    facts = ("cadre__unit__path", "cadre__name_pinyin", "pk", "cadre__unit", "submitted_at")
    ledger, found = tuple(scope_paths(user, P.SEE_LEDGER, opened.campaign_id)), {}
    if look.here.paths and not look.is_too_wide:
        for path, name, pk, unit, at, status in handed_in.filter(look.condition).values_list(*facts, "status"):
            found[pk] = (path, name, Report(pk, unit, at, status == SelfCheck.Status.ACCEPTED and path.startswith(ledger)))
    assigned = handed_in.filter(SelfCheck.objects.assigned_condition(user))
    for path, name, pk, unit, at in (assigned.filter(look.condition) if look.unit else assigned).values_list(*facts):
        found[pk] = (path, name, Report(pk, unit, at, True))
    return [report for _path, _name, report in sorted(found.values())]


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


def _of_units(opened: Round, reports: list[Report], with_something: set[int]) -> Iterator[Hint]:
    """否 throughout, and a rush before the deadline."""
    end = timezone.make_aware(dt.datetime.combine(opened.due_on + dt.timedelta(days=1), dt.time()))
    by_unit: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        by_unit[report.unit].append(report)
    for unit, own in by_unit.items():
        known = [(report.pk, report.at) for report in own if report.is_known]
        if len(known) >= FEWEST_REPORTS and with_something.isdisjoint(pk for pk, _at in known):
            yield _hint(opened, Kind.ALL_NO, unit, known)
        late = [(report.pk, report.at) for report in own if end - LAST <= report.at < end]
        if len(late) >= FEWEST_LATE and len(own) < len(late) * LATE_SHARE:
            yield _hint(opened, Kind.RUSH, unit, late, n=len(own), m=len(late))


def _same_text(opened: Round, known: dict[int, dt.datetime], marks: list[Mark]) -> Iterator[Hint]:
    """Equal texts of two people or more; those that the same people share are one hint."""
    writers: dict[tuple[str, str], dict[int, dt.datetime]] = defaultdict(dict)
    for pk, field, mark, _repeats in marks:
        if mark:
            writers[field, mark][pk] = known[pk]
    shared: dict[tuple, list[str]] = defaultdict(list)
    for (field, _mark), people in writers.items():
        if len(people) > 1:
            shared[tuple(people.items())].append(field)
    for people, fields in shared.items():
        where = _("、").join(str(label) for name, (label, _most) in ITEM_TEXTS.items() if name in fields)
        yield _hint(opened, Kind.SAME_TEXT, digest(pk for pk, _at in people), people, *fields, where=where, m=len(fields))


def _repeats(opened: Round, known: dict[int, dt.datetime], marks: list[Mark]) -> Iterator[Hint]:
    """Measures that only say the problem again."""
    for pk, n in Counter(pk for pk, _field, _mark, repeats in marks if repeats).items():
        yield _hint(opened, Kind.REPEATS, pk, [(pk, known[pk])], n=n)
