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

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations.models import reach
from organizations.roles import Permission as P

from .models import ITEM_TEXTS, SEALED, Answer, HintSetAside, Round, SelfCheck, TextMark, is_handed_in

Kind = HintSetAside.Kind
FEWEST_REPORTS = 3  # of a unit, from which on 否 throughout is worth a look
FEWEST_LATE, LATE_SHARE = 5, 3  # reports in the last hour; and more than one in three
LAST = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Hint:
    """One thing seen: its sentence, and the reports it is about."""

    round: Round
    kind: str
    subject: str
    sentence: str
    reports: tuple[SelfCheck, ...]
    rows: str  # a digest of which reports, and when each was handed in
    aside: HintSetAside | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}-{self.subject}"

    @property
    def label(self) -> str:
        return Kind(self.kind).label

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


def hints_for(user, rounds: Iterable[Round]) -> list[Hint]:
    """Their hints in these rounds, each with how it was set aside, in three queries."""
    rounds = list(rounds)
    return _with_aside(hints_seen(user, rounds), [opened.pk for opened in rounds])


def hints_seen(user, rounds: Iterable[Round]) -> list[Hint]:
    """The same without asking what was set aside, in two."""
    rounds = {opened.pk: opened for opened in rounds}
    timed = list(_reports(user, rounds))
    known = [report for report in timed if report.is_known]
    marks: dict[int, list[TextMark]] = defaultdict(list)
    for mark in TextMark.objects.filter(selfcheck__in=[report.pk for report in known]):
        marks[mark.selfcheck_id].append(mark)
    found = []
    for pk, opened in rounds.items():
        own = [report for report in known if report.round_id == pk]
        found += [*_all_no(opened, own), *_same_text(opened, own, marks), *_repeats(opened, own, marks), *_rush(opened, [r for r in timed if r.round_id == pk])]
    return found


def rounds_with_hints(user, rounds: Iterable[Round]) -> list[Round]:
    """Those where a hint of theirs waits that nobody set aside."""
    return list({hint.round.pk: hint.round for hint in hints_for(user, rounds) if hint.aside is None}.values())


def _reports(user, rounds: Iterable[int]) -> QuerySet[SelfCheck]:
    """What they may know of at all, in 机构序列, without the sealed texts and what was purged; `is_known`: the answers too, `found`: one of them is 是."""
    found = Exists(Answer.objects.filter(selfcheck=OuterRef("pk"), exists=True))
    known = ExpressionWrapper(known_condition(user), output_field=BooleanField())
    rows = SelfCheck.objects.filter(timed_condition(user), round__in=list(rounds), purged_at__isnull=True).select_related("cadre__unit").annotate(is_known=known, found=found)
    return rows.defer(*SEALED).order_by("cadre__unit__path", "cadre__name_pinyin", "pk")


def _with_aside(found: list[Hint], rounds: Iterable[int]) -> list[Hint]:
    """Each with how it was set aside, if it was for these very reports."""
    put = {(one.round_id, one.kind, one.subject, one.rows): one for one in HintSetAside.objects.filter(round__in=list(rounds)).select_related("set_aside_by")}
    return [replace(hint, aside=put.get((hint.round.pk, hint.kind, hint.subject, hint.rows))) for hint in found]


def digest(parts: Iterable) -> str:
    return hashlib.sha256("\n".join(sorted(map(str, parts))).encode()).hexdigest()


def _hint(opened: Round, kind: str, subject: object, sentence: str, reports: list[SelfCheck], *more: str) -> Hint:
    """`more`: what else makes it another hint when it changes."""
    rows = digest([f"{report.pk} {report.submitted_at.timestamp()}" for report in reports] + list(more))
    return Hint(opened, kind, str(subject), sentence, tuple(reports), rows)


def _by_unit(reports: list[SelfCheck]) -> dict[int, list[SelfCheck]]:
    found: dict[int, list[SelfCheck]] = defaultdict(list)
    for report in reports:
        found[report.cadre.unit_id].append(report)
    return found


def _all_no(opened: Round, reports: list[SelfCheck]) -> Iterator[Hint]:
    for unit, own in _by_unit(reports).items():
        if len(own) >= FEWEST_REPORTS and not any(report.found for report in own):
            words = _("%(unit)s的 %(n)s 份报告对各个方面都答“否”。") % {"unit": own[0].cadre.unit, "n": len(own)}
            yield _hint(opened, Kind.ALL_NO, unit, words, own)


def _same_text(opened: Round, reports: list[SelfCheck], marks: dict[int, list[TextMark]]) -> Iterator[Hint]:
    """Equal texts of two people or more; those that the same people share are one hint."""
    writers: dict[tuple[str, str], set[int]] = defaultdict(set)
    for report in reports:
        for mark in marks[report.pk]:
            if mark.mark:
                writers[mark.field, mark.mark].add(report.pk)
    shared: dict[frozenset[int], list[str]] = defaultdict(list)
    for (field, _mark), people in writers.items():
        if len(people) > 1:
            shared[frozenset(people)].append(field)
    for people, fields in shared.items():
        own = [report for report in reports if report.pk in people]
        where = _("、").join(str(label) for name, (label, _most) in ITEM_TEXTS.items() if name in fields)
        words = _("%(n)s 份报告的%(where)s有 %(m)s 处文字相同。") % {"n": len(own), "where": where, "m": len(fields)}
        yield _hint(opened, Kind.SAME_TEXT, digest(people), words, own, *fields)


def _repeats(opened: Round, reports: list[SelfCheck], marks: dict[int, list[TextMark]]) -> Iterator[Hint]:
    for report in reports:
        if count := sum(mark.repeats for mark in marks[report.pk]):
            words = _("%(who)s的报告有 %(n)s 处整改措施与具体表现写得几乎一样。") % {"who": report.cadre, "n": count}
            yield _hint(opened, Kind.REPEATS, report.pk, words, [report])


def _rush(opened: Round, reports: list[SelfCheck]) -> Iterator[Hint]:
    end = timezone.make_aware(dt.datetime.combine(opened.due_on + dt.timedelta(days=1), dt.time()))
    for unit, own in _by_unit(reports).items():
        late = [report for report in own if end - LAST <= report.submitted_at < end]
        if len(late) >= FEWEST_LATE and len(late) * LATE_SHARE > len(own):
            words = _("%(unit)s %(n)s 份报告中有 %(m)s 份在时限前最后一小时提交。") % {"unit": own[0].cadre.unit, "n": len(own), "m": len(late)}
            yield _hint(opened, Kind.RUSH, unit, words, late)
