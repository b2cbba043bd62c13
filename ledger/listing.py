"""Which problems a list, its counts, the board and the Excel sheet are about: one place, so that they never differ.

Everything here is meant for ledgers of half a million rows (benchmarks/ledger_scale.py): scope is said in numbers of units and not
by a join, rows are counted up to `DEEP` and no further, and a text is looked for in the newest `DEEP` of what the other filters leave.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import ceil

from django.core.paginator import Page, Paginator
from django.db.models import IntegerField, Q, QuerySet, Subquery, prefetch_related_objects
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from organizations.breadth import units_named
from organizations.kept import WIDTH, is_built, read_under, sums
from organizations.lookups import Keys
from organizations.models import Unit, access_of, scope_paths, within
from organizations.roles import Permission as P

from .counts import COUNTED, problems
from .forms import ProblemFilterForm
from .models import Problem, ProblemCount, ProblemQuerySet, awaits_another, is_late

# The quick views, in the order of the page; counts stand under the same keys.
VIEWS = {
    "all": _("全部"),
    "mine": _("我负责的"),
    "not_closed": _("未销号"),
    "awaiting": _("等我验收"),
    "overdue": _("已逾期"),
    "soon": _("7 天内到期"),
    "reported": _("待确认"),
    "closed": _("已销号"),
}
# Reached through the figures of the lead sentence and through the board.
MORE_VIEWS = {"counted": _("应整改"), "open": _("整改中"), "submitted": _("待验收"), "verified": _("已验收"), "deferred": _("暂缓"), "dismissed": _("不成立"), "merged": _("已并入")}
COLUMNS = ("reported", "open", "submitted", "verified", "closed")  # of the board
SHOWS_LATE = ("all", "mine", "not_closed", "counted", "open", "overdue")  # the views that may hold overdue ones

DEEP = 10_000  # rows: as far as one turns pages, counts, and looks for a text
MANY = _("10,000 以上")
EVERYWHERE = Q(responsible_unit__isnull=False)
FEW = 50  # units that are not meant, named one by one


def rate(part: int, whole: int, decimals: int = 1) -> str:
    """“67.7%”, or “98.71%” with two decimals, half up; blank when there is nothing to divide by."""
    if not whole:
        return ""
    return f"{(Decimal(part * 100) / whole).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)}%"


# --- whose ---


def in_units(paths: list[str], named: list[int] | None) -> Q:
    """Problems of the units in these subtrees, by the units' numbers: those that are meant, or of too many the few that aren't.

    Of a scope with many on both sides its outside is said, which no database takes for a range to read: it goes by the filters' own indexes.
    """
    if named is not None:
        return Q(responsible_unit__among=Keys(named))
    outside = Unit.objects.order_by().exclude(within(paths, "path"))
    few = list(outside.values_list("pk", flat=True)[: FEW + 1])
    if not few:
        return EVERYWHERE
    return ~Q(responsible_unit__in=few if len(few) <= FEW else outside.values("pk"))


def own_of(user, role: str = "responsible_person") -> Q:
    """One's own, or those where one stands in another role of a cadre, and those one verifies.

    Said by the number of one's row on the roster: across a join no database finds either of the two by its index.
    """
    access_of(user)  # knows the cadre
    cadre = getattr(user, "cadre", None)
    return Q(verifier=user) | Q(**{role: cadre}) if cadre else Q(verifier=user)


class Ledger:
    """A campaign's ledger as one visitor sees it under the filters of an address: the rows of Problem.objects.visible_to(user)."""

    def __init__(self, campaign: Campaign, user, params: Mapping, today: dt.date):
        self.campaign, self.user, self.today = campaign, user, today
        self.form = ProblemFilterForm(params, campaign=campaign, user=user)
        self.form.is_valid()  # what can't be read filters nothing and is told on the form
        self.view = params.get("view", "all")
        if self.view not in VIEWS and self.view not in MORE_VIEWS:
            self.view = "all"

    @cached_property
    def unsearched(self) -> ProblemQuerySet:
        """What the visitor may see and every filter but the text leaves. A unit can only be chosen from one's scope."""
        rows = Problem.objects.filter(campaign=self.campaign)
        if self._scope != EVERYWHERE:  # nothing is said of units where nothing need be
            rows = rows.filter(self._scope if self._unit else self._scope | own_of(self.user))
        return self.form.narrow(rows)

    @property
    def _unit(self) -> Unit | None:
        return self.form.cleaned_data.get("unit")

    @cached_property
    def _paths(self) -> list[str]:
        return [self._unit.path] if self._unit else scope_paths(self.user, P.SEE_LEDGER, self.campaign.pk)

    @cached_property
    def _named(self) -> list[int] | None:
        return units_named(self._paths)

    @cached_property
    def _scope(self) -> Q:
        return in_units(self._paths, self._named)

    @cached_property
    def is_deep(self) -> bool:
        """Whether these are more than are counted."""
        if self.form.text:
            return len(self._edge) > 1
        if (self._named is None or len(self._named) > FEW) and self.kept is not None:  # of few units rows are counted as quickly
            return sum(self.kept[state] for state in Problem.Status.values) > DEEP
        return counted(self.unsearched) > DEEP

    @cached_property
    def _edge(self) -> list[tuple[int, int]]:
        """Year and number of the last row that is looked into for a text, and of the one behind it."""
        return list(self.unsearched.newest_first().values_list("year", "number")[DEEP - 1 : DEEP + 1])

    @cached_property
    def rows(self) -> ProblemQuerySet:
        """What the filters leave of all that the visitor may see; of a deep ledger a text finds the newest only."""
        return self.form.search(self.unsearched, self._newest() if self.is_deep else self.unsearched) if self.form.text else self.unsearched

    def _newest(self) -> ProblemQuerySet:
        """The newest DEEP of them, said by the number they begin with."""
        year, number = self._edge[0]
        return self.unsearched.filter(Q(year__gt=year) | Q(year=year, number__gte=number))

    def in_view(self, view: str = "") -> ProblemQuerySet:
        """The rows of one quick view; of the one in the address when none is named."""
        view = view or self.view
        return self.rows.awaiting(self.user, self._verified) if view == "awaiting" else in_view(self.rows, view, self.user, self.today)

    @cached_property
    def _verified(self) -> Q | None:
        """Where the visitor verifies, said by numbers of units as the ledger's scope is; None where the two are not the same."""
        paths = scope_paths(self.user, P.VERIFY_PROBLEMS, self.campaign.pk)
        if self._unit:  # these rows are all of the unit
            return EVERYWHERE if self._unit.path.startswith(tuple(paths)) else None
        return self._scope if sorted(paths) == sorted(self._paths) else None

    @property
    def is_read(self) -> bool:
        """Whether these are so few that all may be read: what a text finds always is."""
        return bool(self.form.text) or not self.is_deep

    @property
    def is_exact(self) -> bool:
        """Whether it is known how many there are."""
        return self.is_read or self.kept is not None

    @cached_property
    def kept(self) -> dict[str, int] | None:
        """Of a ledger narrowed by nothing but a unit: how many stand where, from what is kept. None when that doesn't answer,
        as when some of the visitor's own lie outside their scope."""
        chosen = {name for name, value in self.form.cleaned_data.items() if value}
        if chosen - {"unit"} or not is_built(ProblemCount) or any(len(path) > WIDTH for path in self._paths):
            return None
        if not self._unit and Problem.objects.filter(own_of(self.user), campaign=self.campaign).exclude(self._scope).exists():
            return None
        return sums(read_under(problems, self._paths, self.today, campaign=self.campaign.pk), problems.names)

    @property
    def is_searched_in_part(self) -> bool:
        return bool(self.form.text) and self.is_deep

    @cached_property
    def tally(self) -> dict[str, int]:
        """How many problems stand where, under the keys of the views; where not all are counted, only that they are more than DEEP."""
        if self.is_read:
            return self.rows.tally(self.user, self.today)
        if self.kept is None:
            return {"all": DEEP + 1}
        states = {state: self.kept[state] for state in Problem.Status.values}
        whole = sum(self.kept[state] for state in COUNTED)
        return states | {
            "all": sum(states.values()), "counted": whole, "not_closed": whole - self.kept["closed"], "overdue": self.kept["overdue"], "soon": self.rows.due_soon(self.today).count(),
            "mine": counted(self.in_view("mine")) if access_of(self.user).is_cadre else 0, "awaiting": self._awaiting(self.kept["submitted"]),
        }

    def _awaiting(self, submitted: int) -> int:
        """等我验收, where so many are submitted: of one's own scope that is these less the few for others; else they are counted."""
        if submitted and self._verified is not None:
            others = counted(self.rows.filter(awaits_another(self.user)))
            if others <= DEEP:
                return submitted - others
        return counted(self.in_view("awaiting")) if submitted else 0

    def count(self, view: str = "") -> int:
        """Of a view: exact, or as many as are counted."""
        view = view or self.view
        return self.tally[view] if view in self.tally else counted(self.in_view(view))

    def columns(self, cards: int) -> list[dict]:
        """The board: for each state on the way to 销号 how many there are, and the first of them; the overdue on top. Two statements."""
        counts, top = self._piles(cards) if self.is_read else self._tops(cards)
        found = self._fetched(top, urgent_first=True)
        return [self._column(state, counts[state], [row for row in found if row.status == state][:cards]) for state in COLUMNS]

    def _piles(self, cards: int) -> tuple[Mapping[str, int], list[int]]:
        """How many in each state, and which may stand on top: of DEEP rows at most all are read, in few columns."""
        lines = self.rows.newest_first().values_list("status", "pk")
        piles = {state: [pk for status, pk in lines if status == state] for state in COLUMNS}
        late = list(self._late[:cards]) if piles["open"] else []
        return {state: len(pile) for state, pile in piles.items()}, late + [pk for pile in piles.values() for pk in pile[:cards]]

    def _tops(self, cards: int):
        """The same of a deep ledger, along its indexes."""
        counts = self.kept or Campaign.objects.values(**{state: CountOf(first(self.rows.filter(status=state))) for state in COLUMNS}).get(pk=self.campaign.pk)
        parts = [self.rows.exclude(is_late(self.today)).filter(status=state).newest_first().values("pk") for state in COLUMNS] + [self._late]
        return counts, joined([part[:cards] for part in parts])

    @property
    def _late(self) -> QuerySet:
        return self.rows.overdue(self.today).order_by("due_on", "-year", "-number").values_list("pk", flat=True)

    @staticmethod
    def _column(state: str, count: int, top: list[Problem]) -> dict:
        rest = MANY if count == DEEP + 1 else str(count - len(top))
        return {"state": state, "label": Problem.Status(state).label, "count": count, "cards": top, "more": count - len(top), "words": shown(count), "rest": rest}

    def page(self, number, per_page: int) -> Page:
        """A page of the view: overdue first, the longest overdue on top; the others by number, newest first."""
        count = self.count()
        late = 0 if self.view not in SHOWS_LATE or self.view == "mine" else count if self.view == "overdue" else self.count("overdue")
        pages = Pages(UrgentFirst(self.in_view(), self.today, late), per_page)
        pages.count, pages.is_exact = count, self.is_exact
        page = pages.get_page(number)
        page.object_list = self._fetched(page.object_list, urgent_first=bool(late))
        return page

    def _fetched(self, keys: Iterable[int] | QuerySet, *, urgent_first: bool) -> list[Problem]:
        """These rows, the newest on top, or above them the longest overdue. Units are named from the filter's choices: joined, they
        would have SQLite read the problems unit by unit."""
        found = list(Problem.objects.filter(pk__in=keys).defer(*LONG).select_related("responsible_person").newest_first())
        for row in found:
            if row.responsible_unit_id in self.form.units:
                row.responsible_unit = self.form.units[row.responsible_unit_id]
        prefetch_related_objects(found, "responsible_unit")  # one's own ones elsewhere
        late = sorted((row for row in found if row.is_overdue(self.today)), key=lambda row: row.due_on) if urgent_first else []
        return late + [row for row in found if row not in late]


# --- counts ---


def first(rows: ProblemQuerySet) -> QuerySet:
    """As many rows as are counted, in whatever order they are quickest found."""
    return rows.order_by().values("pk")[: DEEP + 1]


def counted(rows: ProblemQuerySet) -> int:
    """How many; DEEP + 1 when there are more."""
    return first(rows).count()


def shown(count: int) -> str:
    """A count as it is written; one that ended at DEEP says so."""
    return str(MANY if count == DEEP + 1 else count)


class CountOf(Subquery):
    """How many rows a query has, as a column of another."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


def in_view(rows: ProblemQuerySet, view: str, user, today: dt.date) -> ProblemQuerySet:
    """The rows of one quick view."""
    if view in Problem.Status.values:
        return rows.filter(status=view)
    return {
        "all": rows.all,
        "mine": lambda: rows.mine(user),
        "counted": rows.counted,
        "not_closed": rows.not_closed,
        "awaiting": lambda: rows.awaiting(user),
        "overdue": lambda: rows.overdue(today),
        "soon": lambda: rows.due_soon(today),
    }[view]()


# --- pages ---

LONG = ("manifestation", "cause", "acceptance_standard")  # texts that no list shows


def joined(parts: Sequence[QuerySet]) -> QuerySet:
    """The keys of several parts, each with its own order and end, by one statement."""
    below = [Problem.objects.order_by().filter(pk__in=part).values("pk") for part in parts]  # SQLite joins no parts that end by themselves
    return below[0].union(*below[1:]) if len(below) > 1 else below[0]


class UrgentFirst:
    """Keys of rows in two stretches, each along an index: the overdue by their day, then the others by number. `late`: how many overdue.

    Only keys are sorted and passed over; the rows are fetched by them, in the same order (Ledger._fetched).
    """

    def __init__(self, rows: ProblemQuerySet, today: dt.date, late: int):
        self.late = late
        self.first = rows.overdue(today).order_by("due_on", "-year", "-number").values("pk")
        self.then = (rows.exclude(is_late(today)) if late else rows).newest_first().values("pk")

    def __getitem__(self, part: slice) -> QuerySet:
        split = min(max(self.late, part.start), part.stop)
        parts = [self.first[part.start : split]] if part.start < split else []
        parts += [self.then[split - self.late : part.stop - self.late]] if split < part.stop else []
        return joined(parts) if parts else Problem.objects.none()


class Pages(Paginator):
    """Pages of a list that says how many it holds and is turned over DEEP rows at most."""

    is_exact = True

    @cached_property
    def num_pages(self) -> int:
        return max(1, ceil(min(self.count, DEEP) / self.per_page))

    @property
    def words(self) -> str:
        """How many rows, in words when they weren't all counted."""
        return str(self.count) if self.is_exact or self.count <= DEEP else str(MANY)

    @property
    def is_cut(self) -> bool:
        """More rows than pages."""
        return self.count > DEEP

    def _get_page(self, *args, **kwargs) -> Page:
        return _Page(*args, **kwargs)


class _Page(Page):
    def end_index(self) -> int:
        return min(self.number * self.paginator.per_page, self.paginator.count)
