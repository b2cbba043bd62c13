"""What a large roster costs beside its floor: reading the sheet and copying its rows into a staging table; an import also beside copying them to where they belong.

usage: python benchmarks/roster.py [--rows 100000] [--rival 2000] [--runs 3]     Run by hand on a quiet machine.
Without DATABASE_URL an SQLite file in a temporary folder is filled, with it an empty PostgreSQL database; never give it a database
in use. The roster is invented. Ours is what people wait for: the upload with its preview (the check), confirming it, the job that writes.
Each step runs in a process of its own, the floor and ours by turns, the median of the runs is shown. "processor" adds up this process, the one
that reads the workbook and PostgreSQL's for the connection, read from /proc, so that the server runs on this machine; "MB" is
what the first two own (RssAnon) at the most. django-import-export as it comes is measured on fewer rows and multiplied out, which
favours it: look-ups get slower as tables grow.
"""

import argparse
import multiprocessing
import os
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]
os.environ["DJANGO_SETTINGS_MODULE"] = "rectification.settings"
FOLDER = tempfile.TemporaryDirectory()
os.environ["DATA_DIR"] = FOLDER.name
os.environ.pop("REDIS_URL", None)

import django  # noqa: E402  (the folder must be known first)

django.setup()

import python_calamine  # noqa: E402
import xlsxwriter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from import_export import fields, resources, widgets  # noqa: E402
from import_export.formats.base_formats import XLSX  # noqa: E402
from results import Row, Sample, Table, publish  # noqa: E402  (beside this file)

import jobs.actions  # noqa: E402
from accounts.models import User  # noqa: E402
from jobs.runner import claim, run  # noqa: E402
from organizations.actions import check_counts, grant_role, open_unit  # noqa: E402
from organizations.actions.roster import WRITTEN  # noqa: E402
from organizations.bulk import insert_rows  # noqa: E402
from organizations.models import Cadre, HeadCount, Post, RosterImport, Unit, path_step  # noqa: E402
from organizations.pinyin import letters_of, name_pinyin  # noqa: E402
from organizations.roles import Role  # noqa: E402
from organizations.sheets import HEADERS  # noqa: E402
from rectification.serve import spare_garbage_search  # noqa: E402

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔单仇解区查盖翟"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文辉玲志春梅雪海燕云飞鹏晓东波宁浩宇轩子涵欣怡思雨嘉俊天佳雅心怀远若川知夏青禾望舒书言克勤念安静姝本中立人长乐重行朝阳乐山"
TITLES = ["科员", "一级科员", "四级主任科员", "三级主任科员", "二级主任科员", "一级主任科员", "副科长", "科长", "四级调研员", "副主任", "主任", "书记员"]
PARTIES = ["中共党员", "中共预备党员", "共青团员", "群众", "民革党员"]
DISTRICTS, OFFICES, SECTIONS = 20, 10, 15  # below each other; 3,221 units with the top
SHARE = 100  # one row of so many changes in the third import
NEW_UNITS = 30


# --- the roster ---


def enter_stage() -> User:
    """The units and who imports. The counts are kept from now on."""
    top = open_unit(code="T", name="市纪委监委", by=None, at=timezone.now())
    level = [top]
    for size in (DISTRICTS, OFFICES, SECTIONS):
        level = Unit.objects.bulk_create(
            Unit(code=f"{above.code}{n:02}", name=f"{above.name[:12]}第{n}科室", parent=above, path=above.path + path_step(n)) for above in level for n in range(1, size + 1)
        )
    who = User.objects.create(username="office", name="沈若川", opened_at=timezone.now(), password="!")
    grant_role(who, role=Role.OFFICE, unit=top, by=None, at=timezone.now())
    check_counts(by=None, at=timezone.now())
    return who


def invented(rows: int, *, changed: bool = False) -> Iterator[list[str]]:
    """People under the sheet's headers, the same each time; with another post for one of a hundred when `changed`."""
    draw = random.Random(20261126)
    sections = list(Unit.objects.filter(code__regex=r"^T\d{6}$").order_by("pk").values_list("code", "name"))
    fresh = [(f"N{n:03}", f"新设第{n}科", f"T{n % DISTRICTS + 1:02}") for n in range(NEW_UNITS)]
    for number in range(rows):
        code, unit, parent = fresh[number // 200 % NEW_UNITS] if number % 200 == 0 else (*sections[number % len(sections)], "")
        name = draw.choice(SURNAMES) + "".join(draw.choices(GIVEN, k=draw.choice((1, 2, 2, 2))))
        name = f"{name[0]}　{name[1]}" if len(name) == 2 and number % 2 else name  # as many write it, to line up
        post, extra = draw.choice(TITLES), "党支部委员、工会委员" if number % 10 == 0 else ""
        post = f"代理{post}" if changed and number % SHARE == 0 else post
        yield [f"R{number:06}", name, code, unit, parent, post, extra, draw.choice(PARTIES), "两专干部" if number % 3 else "", "是" if number % 20 else "否", "是" if number % 15 else "否"]


def sheet(rows: int, *, changed: bool = False) -> Path:
    """The roster as a workbook."""
    target = Path(FOLDER.name) / f"roster-{rows}{'-changed' if changed else ''}.xlsx"
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        for number, cells in enumerate([HEADERS, *invented(rows, changed=changed)]):
            page.write_row(number, 0, cells)
    return target


def verify(rows: int, *, changed: bool = False) -> None:
    """Every value of every thousandth row stands on the roster, and nothing is there twice or too much."""
    found = dict(zip(("people", "posts", "heads"), (Cadre.objects.count(), Post.objects.filter(until=None).count(), sum(HeadCount.objects.values_list("total", flat=True))), strict=True))
    wanted = {"people": rows, "posts": rows + len(range(0, rows, 10)) * 2, "heads": sum(bool(n % 20 and n % 15) for n in range(rows))}
    assert found == wanted, (found, wanted)
    assert Post.objects.exclude(until=None).count() == (len(range(0, rows, SHARE)) if changed else 0)
    for number, (staff_no, name, code, _unit, _parent, post, extra, party, category, established, on_duty) in enumerate(invented(rows, changed=changed)):
        if number % 1000 in (0, 7):
            cadre = Cadre.objects.with_posts().select_related("unit").get(staff_no=staff_no)
            held = (*(p.title for p in cadre.held if not p.is_concurrent), "、".join(p.title for p in cadre.held if p.is_concurrent))
            plain = name.replace("　", "")
            pinyin = (cadre.name_pinyin, cadre.name_initials) == (name_pinyin(plain), "".join(letters_of(plain, person=True)))
            seen = (cadre.name, cadre.unit.code, *held, cadre.political_status, cadre.category, cadre.on_establishment, cadre.on_duty, pinyin)
            assert seen == (plain, code, post, extra, party, category, established == "是", on_duty == "是", True), (staff_no, seen)


# --- the floor ---


def copy_rows(path: Path) -> None:
    """Read the sheet, copy its rows into a temporary table. Nothing is looked at."""
    rows = iter(python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())
    next(rows)
    columns = ", ".join(f"c{n} text" for n in range(len(HEADERS)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE staging ({columns})")
        if connection.vendor == "postgresql":
            with cursor.copy("COPY staging FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.connection.executemany(f"INSERT INTO staging VALUES ({', '.join('?' * len(HEADERS))})", rows)
        cursor.execute("SELECT count(*) FROM staging")
        print(f"  {cursor.fetchone()[0]:,} rows staged", flush=True)


def copy_home(path: Path) -> None:
    """Read the sheet, copy its people and their posts into their own tables, with the keys and indexes those have. Nothing is looked at here either."""
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]
    with transaction.atomic():
        units, top = dict(Unit.objects.values_list("code", "pk")), Unit.objects.get(code="T").pk  # new units stay out: theirs are put to the top
        insert_rows(Cadre, ["staff_no", *WRITTEN, "is_demo"], ((row[0], row[1], "", "", units.get(row[2], top), row[7], row[8], row[9] == "是", row[10] == "是", 1, False) for row in rows))
        pks = dict(Cadre.objects.order_by().values_list("staff_no", "pk"))
        posts = ((pks[row[0]], units.get(row[2], top), title, extra) for row in rows for titles, extra in ((row[5], False), (row[6], True)) for title in titles.split("、") if title)
        insert_rows(Post, ["cadre", "unit", "title", "is_concurrent"], posts)


# --- ours ---


def client() -> Client:
    found = Client()
    found.force_login(User.objects.get(username="office"))
    return found


def upload(path: Path) -> None:
    """Send the sheet and open its preview: the check as its uploader waits for it."""
    page = client()
    answer = page.post("/organizations/roster/import/", {"file": SimpleUploadedFile("名册.xlsx", path.read_bytes())})
    assert answer.status_code == 302, answer.content.decode()
    began = time.perf_counter()
    assert page.get(answer["Location"]).status_code == 200
    roster = RosterImport.objects.latest("pk")
    found = {key: roster.summary[key] for key in ("new", "changed", "unchanged", "fault_count", "unit_count")}
    print(f"  {roster.get_state_display()} {found}; the preview's page took {(time.perf_counter() - began) * 1000:.0f} ms", flush=True)


def confirm(path: Path) -> None:
    """Confirm the newest preview and have its job done."""
    roster = RosterImport.objects.latest("pk")
    client().post(f"/organizations/roster/imports/{roster.pk}/confirm/")
    roster.refresh_from_db()
    run(claim("benchmark", now=timezone.now(), pk=roster.job_id))
    roster.refresh_from_db()
    assert roster.state == roster.State.DONE, (roster.state, roster.summary)


# --- django-import-export as it comes ---


class Plain(resources.ModelResource):
    """The same columns by its own documented means; posts, new units and scope it doesn't know."""

    staff_no = fields.Field("staff_no", "工号", widgets.CharWidget())
    name = fields.Field("name", "姓名", widgets.CharWidget())
    unit = fields.Field("unit", "单位编码", widgets.ForeignKeyWidget(Unit, "code"))
    political_status = fields.Field("political_status", "政治面貌", widgets.CharWidget(coerce_to_string=True))
    category = fields.Field("category", "人员类别", widgets.CharWidget(coerce_to_string=True, allow_blank=True))
    on_establishment = fields.Field("on_establishment", "在编", widgets.BooleanWidget())
    on_duty = fields.Field("on_duty", "在岗", widgets.BooleanWidget())

    class Meta:
        model = Cadre
        import_id_fields = ["staff_no"]
        fields = ["staff_no", "name", "unit", "political_status", "category", "on_establishment", "on_duty"]

    def before_import_row(self, row, **kwargs):
        row["在编"], row["在岗"] = row["在编"] == "是", row["在岗"] == "是"


def rehearse(path: Path) -> None:
    """Its check: a rehearsal that is rolled back."""
    import_plainly(path, dry_run=True)


def import_plainly(path: Path, *, dry_run: bool = False) -> None:
    result = Plain().import_data(XLSX().create_dataset(path.read_bytes()), dry_run=dry_run, raise_errors=True)
    assert result.totals["new"] > 0, result.totals


# --- the clock ---


def memory(pid: int) -> int:
    """MB the process and those it started own now."""
    with suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended
        own = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        below = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
        return (int(own[1]) // 1024 if own else 0) + sum(memory(child) for child in below)
    return 0


def server_time() -> float:
    """Seconds of processor that PostgreSQL's process for this connection took; SQLite works in ours."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(Path(f"/proc/{cursor.fetchone()[0]}/schedstat").read_text().split()[0]) / 1e9


def own_time() -> float:
    return sum(usage.ru_utime + usage.ru_stime for usage in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def _step(work: Callable[[Path], None], path: Path, answer) -> None:
    served, worked, began = server_time(), own_time(), time.perf_counter()
    work(path)
    seconds = time.perf_counter() - began
    answer.send((seconds, own_time() - worked + server_time() - served))


def clocked(work: Callable[[Path], None], path: Path) -> tuple[float, float, int]:
    """Seconds by the clock and of the processor, MB at the most. The step runs in a process of its own."""
    connection.close()
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_step, args=(work, path, theirs))
    child.start()
    most = 0
    while child.is_alive():
        most = max(most, memory(child.pid))
        child.join(0.02)
    if child.exitcode:
        raise SystemExit(f"{work.__name__} broke off")
    return *ours.recv(), most


def settle() -> None:
    """Leave the database as autovacuum would after such an import, so that no step pays for the one before."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def clear() -> None:
    Post.objects.all().delete()
    RosterImport.objects.all().delete()
    Cadre.objects.all()._raw_delete(using="default")
    Unit.objects.filter(code__startswith="N").delete()
    check_counts(by=None, at=timezone.now())
    settle()


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--rival", type=int, default=2_000, help="rows of django-import-export; 0: leave it out")
    asked.add_argument("--runs", type=int, default=3)
    options = asked.parse_args()
    rows, taken = options.rows, {}
    settings.ALLOWED_HOSTS, jobs.actions.wake = ["testserver"], lambda job: None  # the job is run when its time is taken
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    if User.objects.exists():
        raise SystemExit("the database holds rows; give an empty one")
    enter_stage()
    client().get("/organizations/roster/import/")  # a server that runs has read its pages' code,
    spare_garbage_search()  # and looks through what it has loaded no more
    whole, changed = sheet(rows), sheet(rows, changed=True)
    print(f"{connection.vendor}, {rows:,} rows, {len(HEADERS)} columns, {whole.stat().st_size / 1048576:.1f} MB of xlsx, {Unit.objects.count():,} units", flush=True)

    def take(name: str, work: Callable[[Path], None], path: Path) -> None:
        taken.setdefault(name, []).append(clocked(work, path))
        print("{}: {:.2f} s, {:.2f} s of processor, {} MB".format(name, *taken[name][-1]), flush=True)

    for _run in range(options.runs):
        clear()
        take("floor, into their own tables", copy_home, whole)
        clear()
        take("floor", copy_rows, whole)
        take("check, all new", upload, whole)
        take("import, all new", confirm, whole)
        verify(rows)
        settle()
        take("floor", copy_rows, whole)
        take("check, all unchanged", upload, whole)
        take("check, 1 % changed", upload, changed)
        take("import, 1 % changed", confirm, changed)
        verify(rows, changed=True)
    if options.rival:
        clear()
        few = sheet(options.rival)
        Unit.objects.bulk_create(Unit(code=f"N{n:03}", name="新设", path=path_step(n + 2)) for n in range(NEW_UNITS))
        take("rival's check", rehearse, few)
        take("rival's import", import_plainly, few)
        assert Cadre.objects.count() == options.rival
    show(taken, rows, options.rival)
    publish(compared(taken, rows, options.rival))


def compared(taken: dict[str, list[tuple]], rows: int, rival: int) -> Table:
    """Each step's seconds of the clock beside the floor, and what a whole takes beside django-import-export's, multiplied out."""
    clock = {name: [seconds for seconds, _worked, _most in found] for name, found in taken.items()}
    floor, home = Sample.of(clock["floor"]), Sample.of(clock["floor, into their own tables"])
    wholes = {name: [sum(pair) for pair in zip(clock[f"check, {name}"], clock[f"import, {name}"], strict=True)] for name in ("all new", "1 % changed")}
    steps = {name: found for name, found in clock.items() if name.startswith(("check", "import"))} | {f"both, {name}": found for name, found in wholes.items()}
    lines = [Row(name, Sample.of(found), "reading and copying", floor, "s") for name, found in steps.items()]
    lines.append(Row("import, all new", Sample.of(clock["import, all new"]), "reading, copying into the same tables", home, "s"))
    if rival:
        theirs = Sample.of([(a + b) * rows / rival for a, b in zip(clock["rival's check"], clock["rival's import"], strict=True)])
        lines.append(Row("both, all new", Sample.of(wholes["all new"]), f"django-import-export, {rival:,} rows multiplied out", theirs, "s"))
    return Table(f"A large roster on {'PostgreSQL' if connection.vendor == 'postgresql' else 'SQLite'}", f"{rows:,} rows, {len(HEADERS)} columns. Floor: reading the sheet and copying its rows into a staging table.", lines)


def show(taken: dict[str, list[tuple]], rows: int, rival: int) -> None:
    """The table. A ratio is of clock and of processor to the floor's."""
    median = {name: [statistics.median(values) for values in zip(*found, strict=True)] for name, found in taken.items()}
    wholes = {"all new": ["check, all new", "import, all new"], "all unchanged": ["check, all unchanged"], "1 % changed": ["check, 1 % changed", "import, 1 % changed"]}
    for name, parts in wholes.items():
        median[f"whole, {name}"] = [sum(median[part][0] for part in parts), sum(median[part][1] for part in parts), max(median[part][2] for part in parts)]
    if rival:
        for name in ("rival's check", "rival's import"):
            seconds, worked, most = median.pop(name)
            median[f"{name} × {rows / rival:g}"] = [seconds * rows / rival, worked * rows / rival, most]
        parts = [median[f"{name} × {rows / rival:g}"] for name in ("rival's check", "rival's import")]
        median["whole, rival's"] = [sum(part[0] for part in parts), sum(part[1] for part in parts), max(part[2] for part in parts)]
        print(f"\ndjango-import-export {rival:,} rows measured, multiplied by {rows / rival:g}; its MB are those of {rival:,} rows")
    floor, theirs = median["floor"], median["whole, rival's"] if rival else None
    print(f"\n| {connection.vendor}, {rows:,} rows | s | processor s | MB | × floor, s | × floor, processor | rival's s ÷ this | its processor ÷ this |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, (seconds, worked, most) in median.items():
        times = f"{theirs[0] / seconds:.0f} | {theirs[1] / worked:.0f}" if theirs and name.startswith("whole") else " | "
        print(f"| {name} | {seconds:.2f} | {worked:.2f} | {most:.0f} | {seconds / floor[0]:.2f} | {worked / floor[1]:.2f} | {times} |")


if __name__ == "__main__":
    main()
