"""A roster sheet held against the roster we have: what is wrong, what is new, what changes. Reads, never writes."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from .models import Cadre, Unit

CHUNK = 1000  # keys per query: below every database's limit of parameters


@dataclass(frozen=True)
class Line:
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
    def posts(self) -> list[tuple[str, bool]]:
        """Titles with whether they are concurrent, each once."""
        return list(dict.fromkeys(([(self.post, False)] if self.post else []) + [(t, True) for t in self.concurrent_posts]))


@dataclass(frozen=True)
class Fault:
    """Something that must be put right in the sheet first."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return _("第 %(row)s 行 %(column)s：%(text)s") % {"row": self.row, "column": self.column, "text": self.text}


@dataclass(frozen=True)
class NewUnit:
    """A unit the sheet names that isn't there yet."""

    row: int
    code: str
    name: str
    parent_code: str


@dataclass(frozen=True)
class Change:
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

    @property
    def digest(self) -> str:
        """The same for the same effect: what was confirmed is what is done."""
        effect = [[vars(u) for u in self.new_units], [vars(n) for n in self.newcomers], [vars(c) for c in self.changes]]
        return hashlib.sha256(json.dumps(effect, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def total(self) -> int:
        return len(self.newcomers) + len(self.changed) + self.unchanged


def check_roster(lines: list[Line], *, scope: list[str] | None, today: dt.date, faults: Iterable[Fault] = ()) -> Plan:
    """Compare the sheet with the roster. `scope`: unit paths the importer may touch, None for everywhere."""
    plan = Plan(faults=list(faults))
    units = {u.code: u for u in Unit.objects.select_related("parent")}
    _check_twins(lines, plan)
    homes = _check_units(lines, units, plan, scope=scope, today=today)
    known = _cadres(line.staff_no for line in lines)
    for line in lines:
        cadre = known.get(line.staff_no)
        if cadre is None:
            plan.newcomers.append(line)
        elif not _within(cadre.unit.path, scope):
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


def _check_units(lines: list[Line], units: dict[str, Unit], plan: Plan, *, scope, today: dt.date) -> dict[str, str]:
    """Check every row's unit; returns the label of each unit by code, the new ones included."""
    new: dict[str, NewUnit] = {}
    for line in lines:
        unit = units.get(line.unit_code)
        fault = _known_unit_fault(line, unit, scope, today) if unit else _new_unit_fault(line, new, units)
        if fault:
            plan.faults.append(Fault(line.number, *fault))
    _order_new_units(new, units, plan, scope=scope, today=today)
    return {code: str(u) for code, u in units.items()} | {code: u.name for code, u in new.items()}


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


def _new_unit_fault(line: Line, new: dict[str, NewUnit], units: dict[str, Unit]) -> tuple[str, str] | None:
    """A unit not there yet: noted as new when the row says enough about it."""
    if not line.unit_code:
        return None  # said already: the cell is empty
    twin = new.get(line.unit_code)
    if twin and (line.unit_name or twin.name, line.parent_code or twin.parent_code) == (twin.name, twin.parent_code):
        return None
    if twin:
        return "单位名称", _("新单位“%(code)s”的名称或上级与第 %(row)s 行不一致") % {"code": line.unit_code, "row": twin.row}
    if line.unit_name and (line.parent_code or not units):
        new[line.unit_code] = NewUnit(line.number, line.unit_code, line.unit_name, line.parent_code)
        return None
    return "单位编码", _("没有编码为“%(code)s”的单位；如是新单位，请同时填写单位名称和上级单位编码") % {"code": line.unit_code}


def _order_new_units(new: dict[str, NewUnit], units: dict[str, Unit], plan: Plan, *, scope, today: dt.date) -> None:
    """Parents before children; a parent that is nowhere, out of scope or closed is a fault."""
    waiting, placed = list(new.values()), set()
    while waiting:
        ready = [u for u in waiting if u.parent_code in units or u.parent_code in placed or (not u.parent_code and not units)]
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


def _cadres(staff_nos: Iterable[str]) -> dict[str, Cadre]:
    """Those on the roster by staff number, with unit and the posts they hold now as `held`."""
    found = {}
    for part in chunks(staff_nos):
        found |= {c.staff_no: c for c in Cadre.objects.filter(staff_no__in=part).select_related("unit").with_posts()}
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
