"""A roster sheet held against the roster we have: what is wrong, what is new, what changes. Reads, never writes."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from . import bulk  # noqa: F401  (registers `one_of`)
from .models import Cadre, Post, Unit

CHUNK = 1000  # keys per query: below every database's limit of parameters


Posts = tuple[tuple[str, bool], ...]  # titles, the main ones first, with whether they are concurrent
Said = tuple[str, str, str, str, bool, bool, Posts]


@lru_cache(maxsize=4096)
def _posts(main: str, concurrent: tuple[str, ...]) -> Posts:
    return tuple(dict.fromkeys(([(main, False)] if main else []) + [(title, True) for title in concurrent]))


class Line(NamedTuple):
    """One row of the sheet, cleaned. `number` is the row as the spreadsheet shows it."""

    number: int
    staff_no: str
    name: str
    unit_code: str
    unit_name: str
    parent_code: str
    post: str
    concurrent_posts: tuple[str, ...]
    political_status: str
    category: str
    on_establishment: bool
    on_duty: bool

    @property
    def posts(self) -> Posts:
        """Titles with whether they are concurrent, each once."""
        return _posts(self.post, self.concurrent_posts)

    @property
    def says(self) -> Said:
        """What the row says of the person, as `_known` puts what the roster says."""
        return (self.name, self.unit_code, self.political_status, self.category, self.on_establishment, self.on_duty, self.posts)


@dataclass(frozen=True)
class Fault:
    """Something that must be put right in the sheet first."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return _("第 %(row)s 行 %(column)s：%(text)s") % {"row": self.row, "column": self.column, "text": self.text}


class NewUnit(NamedTuple):
    """A unit the sheet names that isn't there yet."""

    row: int
    code: str
    name: str
    parent_code: str


class Change(NamedTuple):
    """One value of one person, before and after."""

    row: int
    name: str
    column: str
    old: str
    new: str


@dataclass
class Plan:
    """What importing the sheet would do. With faults it does nothing at all."""

    new_units: list[NewUnit] = field(default_factory=list)  # parents before children
    newcomers: list[Line] = field(default_factory=list)
    changed: list[tuple[Line, Cadre]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        """The same for the same effect of the same sheet: what was confirmed is what is done. Of a plan that is made, and does not change any more.

        What a newcomer's row says stands on the sheet, which is kept as it is; here only that it is theirs.
        """
        effect = [self.new_units, [line.number for line in self.newcomers], self.changes]
        return hashlib.sha256(json.dumps(effect, ensure_ascii=False).encode()).hexdigest()

    @property
    def total(self) -> int:
        return len(self.newcomers) + len(self.changed) + self.unchanged


def check_roster(lines: list[Line], *, scope: list[str] | None, today: dt.date, faults: Iterable[Fault] = (), lock: bool = False) -> Plan:
    """Compare the sheet with the roster. `scope`: unit paths the importer may touch, None for everywhere.

    Most rows of a large sheet are new or say what the roster says; they are told apart by plain values, and only who differs is read as a
    row. With `lock`, inside a transaction, nobody else can change those until it ends.
    """
    plan, differing = Plan(faults=list(faults)), []
    _check_twins(lines, plan)
    homes = _check_units(lines, plan, scope=scope, today=today)
    known = _known({line.staff_no for line in lines}, scope)
    for line in lines:
        held = known.get(line.staff_no)
        if held is None:
            plan.newcomers.append(line)
        elif held == line.says:
            plan.unchanged += 1
        else:
            differing.append(line)
    cadres = _cadres({line.staff_no for line in differing}, lock=lock)
    for line in differing:
        cadre = cadres[line.staff_no]
        if not _within(cadre.unit.path, scope):
            plan.faults.append(Fault(line.number, "工号", _("“%(no)s”属于您管理范围以外的单位，不能由您导入") % {"no": line.staff_no}))
        elif cadre.left_on:
            plan.faults.append(Fault(line.number, "工号", _("“%(no)s”%(name)s已登记离任，重新到任请先在干部页面清除离任日期") % {"no": line.staff_no, "name": cadre.name}))
        elif changes := list(_changes(line, cadre, homes)):
            plan.changed.append((line, cadre))
            plan.changes.extend(changes)
        else:
            plan.unchanged += 1
    plan.faults.sort(key=lambda fault: fault.row)
    return plan


def _within(path: str, scope: list[str] | None) -> bool:
    return scope is None or any(path.startswith(outer) for outer in scope)


def _check_twins(lines: list[Line], plan: Plan) -> None:
    first: dict[str, int] = {}
    for line in lines:
        if line.staff_no in first:
            plan.faults.append(Fault(line.number, "工号", _("“%(no)s”与第 %(row)s 行重复") % {"no": line.staff_no, "row": first[line.staff_no]}))
        first.setdefault(line.staff_no, line.number)


def _check_units(lines: list[Line], plan: Plan, *, scope, today: dt.date) -> dict[str, str]:
    """Check every row's unit; returns the label of each unit the sheet names by code, the new ones included."""
    units = named_units({line.unit_code for line in lines} | {line.parent_code for line in lines})
    is_empty = not units and not Unit.objects.exists()
    new: dict[str, NewUnit] = {}
    fine: set[tuple[str, str, str]] = set()  # what one row may say of its unit, the others may too
    for line in lines:
        said = (line.unit_code, line.unit_name, line.parent_code)
        if said in fine:
            continue
        unit = units.get(line.unit_code)
        fault = _known_unit_fault(line, unit, scope, today) if unit else _new_unit_fault(line, new, is_empty)
        if fault:
            plan.faults.append(Fault(line.number, *fault))
        else:
            fine.add(said)
    _order_new_units(new, units, plan, is_empty=is_empty, scope=scope, today=today)
    return {code: str(u) for code, u in units.items()} | {code: u.name for code, u in new.items()}


def named_units(codes: set[str]) -> dict[str, Unit]:
    """The units with these codes, by code, with their parents."""
    return {u.code: u for u in Unit.objects.filter(code__one_of=codes).select_related("parent")}


def _known_unit_fault(line: Line, unit: Unit, scope, today: dt.date) -> tuple[str, str] | None:
    if not _within(unit.path, scope):
        return "单位编码", _("“%(code)s”不在您的管理范围内") % {"code": unit.code}
    if unit.closed_on and unit.closed_on <= today:
        return "单位编码", _("“%(code)s”%(name)s已撤销") % {"code": unit.code, "name": unit.name}
    if line.unit_name and line.unit_name not in (unit.name, unit.short_name):
        return "单位名称", _("编码“%(code)s”是“%(name)s”，与填写的“%(typed)s”不一致") % {"code": unit.code, "name": unit.name, "typed": line.unit_name}
    parent = unit.parent.code if unit.parent else ""
    if line.parent_code and line.parent_code != parent:
        return "上级单位编码", _("“%(name)s”现在的上级是“%(parent)s”；导入名册不调整隶属关系") % {"name": unit.name, "parent": parent or _("无")}
    return None


def _new_unit_fault(line: Line, new: dict[str, NewUnit], is_empty: bool) -> tuple[str, str] | None:
    """A unit not there yet: noted as new when the row says enough about it."""
    if not line.unit_code:
        return None  # said already: the cell is empty
    twin = new.get(line.unit_code)
    if twin and (line.unit_name or twin.name, line.parent_code or twin.parent_code) == (twin.name, twin.parent_code):
        return None
    if twin:
        return "单位名称", _("新单位“%(code)s”的名称或上级与第 %(row)s 行不一致") % {"code": line.unit_code, "row": twin.row}
    if line.unit_name and (line.parent_code or is_empty):
        new[line.unit_code] = NewUnit(line.number, line.unit_code, line.unit_name, line.parent_code)
        return None
    return "单位编码", _("没有编码为“%(code)s”的单位；如是新单位，请同时填写单位名称和上级单位编码") % {"code": line.unit_code}


def _order_new_units(new: dict[str, NewUnit], units: dict[str, Unit], plan: Plan, *, is_empty: bool, scope, today: dt.date) -> None:
    """Parents before children; a parent that is nowhere, out of scope or closed is a fault."""
    waiting, placed = list(new.values()), set()
    while waiting:
        ready = [u for u in waiting if u.parent_code in units or u.parent_code in placed or (not u.parent_code and is_empty)]
        if not ready:
            break
        placed.update(u.code for u in ready)
        plan.new_units.extend(ready)
        waiting = [u for u in waiting if u.code not in placed]
    for u in waiting:
        plan.faults.append(Fault(u.row, "上级单位编码", _("没有编码为“%(code)s”的单位") % {"code": u.parent_code}))
    for u in plan.new_units:
        parent = units.get(u.parent_code)
        if parent and not _within(parent.path, scope):
            plan.faults.append(Fault(u.row, "上级单位编码", _("“%(code)s”不在您的管理范围内") % {"code": parent.code}))
        elif parent and parent.closed_on and parent.closed_on <= today:
            plan.faults.append(Fault(u.row, "上级单位编码", _("“%(code)s”%(name)s已撤销") % {"code": parent.code, "name": parent.name}))


def chunks(values: Iterable, size: int = CHUNK) -> Iterator[list]:
    """Lists of at most `size`."""
    values = iter(values)
    while part := list(islice(values, size)):
        yield part


def _known(staff_nos: set[str], scope: list[str] | None) -> dict[str, Said | tuple[()]]:
    """What the roster says of those on it, by staff number; of who left or is out of scope nothing, which no row says."""
    people = Cadre.objects.filter(staff_no__one_of=staff_nos).order_by()
    facts = ("name", "unit__code", "political_status", "category", "on_establishment", "on_duty")
    found = list(people.values_list("pk", "staff_no", "left_on", "unit__path", *facts))
    if not found:  # everybody is new
        return {}
    posts: dict[int, list[tuple[str, bool]]] = {}
    held = Post.objects.filter(until__isnull=True, cadre__staff_no__one_of=staff_nos).order_by("is_concurrent", "pk")
    for pk, *post in held.values_list("cadre", "title", "is_concurrent"):
        posts.setdefault(pk, []).append(tuple(post))
    return {
        staff_no: (*said, tuple(posts.get(pk, ()))) if left_on is None and _within(path, scope) else ()
        for pk, staff_no, left_on, path, *said in found
    }


def _cadres(staff_nos: Iterable[str], *, lock: bool) -> dict[str, Cadre]:
    """Those on the roster by staff number, with unit and the posts they hold now as `held`."""
    found = {}
    for part in chunks(sorted(staff_nos)):
        people = Cadre.objects.filter(staff_no__in=part)
        if lock:  # first, alone: a joined row would be the one of before the wait
            list(people.select_for_update(no_key=True).order_by("staff_no").values_list("pk"))
        found |= {c.staff_no: c for c in people.select_related("unit").with_posts()}
    return found


def titles(posts: Iterable[tuple[str, bool]], concurrent: bool) -> str:
    return "、".join(title for title, extra in posts if extra is concurrent)


def yes_no(value: bool) -> str:
    return _("是") if value else _("否")


def _changes(line: Line, cadre: Cadre, homes: dict[str, str]) -> Iterator[Change]:
    """What the row changes about the person."""
    held = [(p.title, p.is_concurrent) for p in cadre.held]
    pairs = [
        ("姓名", cadre.name, line.name),
        ("政治面貌", cadre.political_status, line.political_status),
        ("人员类别", cadre.category, line.category),
        ("在编", yes_no(cadre.on_establishment), yes_no(line.on_establishment)),
        ("在岗", yes_no(cadre.on_duty), yes_no(line.on_duty)),
    ]
    if cadre.unit.code != line.unit_code:
        pairs.append(("单位", str(cadre.unit), homes.get(line.unit_code, line.unit_code)))
    for column, concurrent in (("职务", False), ("兼任职务", True)):
        old, new = titles(held, concurrent), titles(line.posts, concurrent)
        if set(old.split("、")) != set(new.split("、")):
            pairs.append((column, old, new))
    for column, old, new in pairs:
        if old != new:
            yield Change(line.number, line.name, column, old, new)
