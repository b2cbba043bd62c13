"""A plausible nation of any size, written set by set: for measuring, for trying out, for demonstrations.

Everybody and everything is invented by arithmetic: the same size and seed give the same rows. Reports have answers and no words, since
words are sealed with their author's key. Nobody can sign in until a password is given (`manage.py open_account` opens the first).
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from audit.log import record
from campaigns.actions import launch_campaign
from campaigns.models import Campaign, Slip, SlipDelivery
from learning.models import Attendance, StudySession
from ledger.models import Measure, Numbering, Problem, StatusChange, Verification
from organizations.actions import check_counts
from organizations.models import Cadre, RoleGrant, Unit, path_step
from organizations.pinyin import reading_of
from organizations.roles import Role
from selfcheck.actions import publish_checklist
from selfcheck.models import Answer, AnswerItem, Round, SelfCheck
from supervision.models import SupervisionRecord

NATION = (31, 333, 2844)  # provinces, cities, counties of a nation of 45,000 units
FULL = 45_000
SESSIONS = 4  # of each unit in the year
QUESTIONS = 6
NAMES = 3000
PLACES = ["云澜", "青禾", "松岭", "石桥", "柳溪", "白渡", "秋水", "长亭", "望川", "南屏", "东篱", "北固", "西泠", "晴川", "丹霞", "碧梧", "沧浪", "鹿鸣", "采薇", "蒹葭"]
SECTIONS = ["办公室", "组织室", "宣传室", "党风室", "信访室", "案管室", "审查一室", "审查二室", "监督一室", "监督二室", "审理室", "干部监督室", "法规室", "巡察办", "信息室"]
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜", "知若青望书念克静清安禾言宁远舒砚夏勤修明惟思立川澜行之然初景"
ROLES = (Role.LEADER, Role.OFFICE, Role.SUPERVISOR)  # of every organ


@dataclass(frozen=True)
class Size:
    """How many units of each level, how many cadres."""

    units: int
    cadres: int

    @cached_property
    def levels(self) -> list[int]:
        """Units by level, the organ on top first; they come to `units` exactly."""
        found = [1]
        for full in NATION:
            found.append(min(max(1, round(full * self.units / FULL)), self.units - sum(found) - 1))
        return [*found, self.units - sum(found)]


def enter_nation(*, units: int, cadres: int, seed: int, by, at: dt.datetime, told: Callable[[str], None] = lambda words: None) -> Campaign:
    """Write the nation into a database without units; `told` is given a line as each part is done. Raises ValidationError."""
    if Unit.objects.exists():
        raise ValidationError(_("这个数据库里已经有单位。模拟数据只能写入新建的空数据库，请另建一个，用 DATABASE_URL 或 DATA_DIR 指向它。"))
    if units < 6 or cadres < 1:
        raise ValidationError(_("单位不少于 6 个，干部不少于 1 人。"))
    with transaction.atomic():
        campaign = Nation(Size(units, cadres), seed, by, at, told).enter()
        analyze()  # nothing is known of rows just written, and what counts them would look through 700,000 cadres for each unit
        check_counts(by=by, at=at)
        told(_("计数"))
    analyze()
    return campaign


def analyze() -> None:
    """Have the database look at what its tables hold, so that it plans by it."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class Nation:
    """The writing of one nation."""

    def __init__(self, size: Size, seed: int, by, at: dt.datetime, told: Callable[[str], None]):
        self.size, self.seed, self.by, self.at, self.told = size, seed, by, at, told
        self.random = random.Random(seed)
        self.today = timezone.localdate(at)

    @transaction.atomic
    def enter(self) -> Campaign:
        self._count_to(max(self.size.cadres, self.size.units * SESSIONS))
        organs, leaves = self._units()
        self._people(leaves)
        self._grants(organs)
        self.office = RoleGrant.objects.select_related("user").get(unit=organs[0], role=Role.OFFICE).user
        self.campaign = launch_campaign(name=_("模拟教育整顿"), workforce=_("干部"), unit=organs[0], is_demo=True, by=self.office, at=self.at - dt.timedelta(days=360))
        self.told(_("单位 %(u)s 个、干部 %(c)s 人") % {"u": self.size.units, "c": self.size.cadres})
        self._learning(leaves)
        self._selfchecks()
        self._problems()
        self._supervision()
        self._reset_sequences()
        record("demo.simulate", by=self.by, at=self.at, subject=self.campaign, units=self.size.units, cadres=self.size.cadres, seed=self.seed)
        return self.campaign

    # --- how rows are written ---

    def _run(self, sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, None)  # no parameters: a per cent sign is one

    def _count_to(self, most: int) -> None:
        """A table of the numbers from 1, which everything else is drawn from."""
        self._run("CREATE TEMPORARY TABLE numbers (i bigint PRIMARY KEY)")
        if connection.vendor == "postgresql":
            self._run(f"INSERT INTO numbers SELECT generate_series(1, {most})")
        else:
            self._run(f"INSERT INTO numbers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n")

    def drawn(self, of: str, among: int, salt: int) -> str:
        """A number below `among`, spread over the numbers `of`; another salt draws anew."""
        return f"(({of} * {7919 + 2 * salt} + {of} / {31 + salt} * {104729 + salt} + {self.seed * 131 + salt * 17}) % {among})"

    def ago(self, days: str) -> str:
        """A moment so many days before now."""
        now = self.at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"(TIMESTAMPTZ '{now}+00' - ({days}) * INTERVAL '1 day')" if connection.vendor == "postgresql" else f"datetime('{now}', '-' || ({days}) || ' days')"

    def day(self, days: str) -> str:
        """A day so many days from today."""
        return f"(DATE '{self.today}' + ({days})::int)" if connection.vendor == "postgresql" else f"date('{self.today}', ({days}) || ' days')"

    def insert(self, model: type[models.Model], source: str, /, **values: str | int) -> None:
        """INSERT … SELECT: the columns named are SQL over `source`, the others their default."""
        for field in model._meta.concrete_fields:
            if field.column not in values and not field.primary_key and not field.null:
                values[field.column] = self._default(field)
        table = connection.ops.quote_name(model._meta.db_table)
        columns = ", ".join(connection.ops.quote_name(name) for name in values)
        self._run(f"INSERT INTO {table} ({columns}) SELECT {', '.join(map(str, values.values()))} FROM {source}")

    @staticmethod
    def _default(field: models.Field) -> str:
        value = field.get_default()
        if isinstance(value, bool):
            return yes(value)
        return str(value) if isinstance(value, int) else f"'{value or ''}'"

    def _reset_sequences(self) -> None:
        """Numbers were given by hand; the database goes on after them."""
        from django.core.management.color import no_style

        written = [User, Cadre, StudySession, SelfCheck, Answer, Problem]
        for sql in connection.ops.sequence_reset_sql(no_style(), written):
            self._run(sql)

    # --- what is written ---

    def _units(self) -> tuple[list[Unit], range]:
        """Organs from the top to the counties, and the numbers of the units below them."""
        above: list[Unit] = []
        organs: list[Unit] = []
        kinds = [Unit.Kind.ORGAN, Unit.Kind.ORGAN, Unit.Kind.ORGAN, Unit.Kind.ORGAN, Unit.Kind.SECTION]
        for level, number in enumerate(self.size.levels):
            made, places = [], dict.fromkeys((unit.pk for unit in above), 0)
            for n in range(number):
                parent = above[n * len(above) // number] if above else None
                if parent:
                    places[parent.pk] += 1
                position = places[parent.pk] if parent else 1
                made.append(Unit(
                    code=f"{level}-{n + 1:05}", name=self._unit_name(level, n, position), parent=parent, path=(parent.path if parent else "") + path_step(position),
                    kind=kinds[level] if level != 4 or position % 5 else Unit.Kind.STREET, is_demo=True,
                ))
            Unit.objects.bulk_create(made, batch_size=2000)
            organs += made if level < 4 else []
            above = made
        return organs, range(above[0].pk, above[-1].pk + 1)

    @staticmethod
    def _unit_name(level: int, n: int, position: int) -> str:
        place = PLACES[n % len(PLACES)] + (PLACES[n // len(PLACES) % len(PLACES)][0] if n >= len(PLACES) else "")
        if level == 4:
            return SECTIONS[(position - 1) % len(SECTIONS)] if position % 5 else f"{place}街道纪工委"
        return _("全国模拟机关") if level == 0 else place + ("省", "市", "县")[level - 1]

    def _people(self, leaves: range) -> None:
        """Accounts and roster; each person's account has their number."""
        self._run("CREATE TEMPORARY TABLE names (i bigint PRIMARY KEY, name varchar(40), pinyin varchar(120), initials varchar(40))")
        drawn = [self.random.choice(SURNAMES) + "".join(self.random.sample(GIVEN, self.random.choice((1, 2, 2)))) for _n in range(NAMES)]
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO names VALUES (%s, %s, %s, %s)", [(n, name, *reading_of(name)) for n, name in enumerate(drawn)])
        self.first = (User.objects.aggregate(last=models.Max("pk"))["last"] or 0) + 1
        source = f"numbers JOIN names ON names.i = {self.drawn('numbers.i', NAMES, 1)} WHERE numbers.i <= {self.size.cadres}"
        staff = "'M' || substr('0000000' || numbers.i, -7)" if connection.vendor == "sqlite" else "'M' || lpad(numbers.i::text, 7, '0')"
        self.insert(User, source, id=f"{self.first} - 1 + numbers.i", password="'!'", username=staff, name="names.name", is_demo=yes(True), is_active=yes(True), opened_at=self.ago("360"))
        self.insert(
            Cadre, source, id="numbers.i", staff_no=staff, name="names.name", name_pinyin="names.pinyin", name_initials="names.initials",
            unit_id=f"{leaves[0]} + {self.drawn('numbers.i', len(leaves), 2)}", user_id=f"{self.first} - 1 + numbers.i", is_demo=yes(True),
            political_status=f"CASE WHEN {self.drawn('numbers.i', 10, 3)} < 9 THEN '中共党员' ELSE '群众' END", on_duty=f"CASE WHEN {self.drawn('numbers.i', 50, 4)} = 0 THEN {yes(False)} ELSE {yes(True)} END",
        )

    def _grants(self, organs: list[Unit]) -> None:
        """A leader, an office and a supervisor for every organ."""
        people = [
            User(username=f"{role}-{unit.code}", name=f"{unit.name}{role.label}"[:40], password="!", is_demo=True, opened_at=self.at) for unit in organs for role in ROLES
        ]
        self._reset_sequences()
        User.objects.bulk_create(people, batch_size=2000)
        pairs = [(unit, role) for unit in organs for role in ROLES]
        RoleGrant.objects.bulk_create(
            [RoleGrant(user=user, role=role, unit=unit, granted_at=self.at, granted_by=_("模拟")) for user, (unit, role) in zip(people, pairs, strict=True)], batch_size=2000,
        )

    def _learning(self, leaves: range) -> None:
        """Sessions of every unit over the year, and who came."""
        last = len(leaves) * SESSIONS
        n = f"((numbers.i - 1) / {len(leaves)})"
        self.insert(
            StudySession, f"numbers WHERE numbers.i <= {last}", id="numbers.i", campaign_id=self.campaign.pk, unit_id=f"{leaves[0]} + (numbers.i - 1) % {len(leaves)}", title="'集中学习'",
            title_initials="'jzxx'", held_on=self.day(f"{n} * 80 - 330"), is_held=yes(True), entered_at=self.ago(f"330 - {n} * 80"), form="'meeting'",
        )
        came = self.drawn("(cadre.id * 7 + session.id)", 100, 5)
        status = f"CASE WHEN {came} < 92 THEN 'present' WHEN {came} < 97 THEN 'made_up' WHEN {came} < 99 THEN 'leave' ELSE 'absent' END"
        self.insert(
            Attendance, "organizations_cadre cadre JOIN learning_studysession session ON session.unit_id = cadre.unit_id",
            session_id="session.id", cadre_id="cadre.id", status=status, made_up_on=f"CASE WHEN {came} BETWEEN 92 AND 96 THEN {self.day('-5')} END", entered_at="session.entered_at",
        )
        self.told(_("集中学习 %(n)s 次") % {"n": last})

    def _selfchecks(self) -> None:
        """One round: a slip, a report for everybody, six answers in each that was begun."""
        due, opened = self.today - dt.timedelta(days=60), self.at - dt.timedelta(days=120)
        checklist = publish_checklist(self.campaign, name=_("六个方面检查清单"), by=self.office, at=opened)
        questions = list(checklist.questions.order_by("order").values_list("pk", flat=True))[:QUESTIONS]
        slip = Slip.objects.create(campaign=self.campaign, kind=Slip.Kind.PROMPT, year=opened.year, number=1, title=_("开展自查自纠"), content=_("对照六个方面逐项检查。"), due_on=due, issued_at=opened, issued_by=self.office)
        self.round = Round.objects.create(campaign=self.campaign, checklist=checklist, slip=slip, title=_("第一轮自查自纠"), due_on=due, opened_at=opened, opened_by=self.office)
        user = f"{self.first} - 1 + cadre.id"
        self.insert(
            SlipDelivery, "organizations_cadre cadre", slip_id=slip.pk, cadre_id="cadre.id", acknowledged_at=f"CASE WHEN {self.drawn('cadre.id', 50, 6)} > 1 THEN {self.ago('118')} END",
            acknowledged_by_id=f"CASE WHEN {self.drawn('cadre.id', 50, 6)} > 1 THEN {user} END",
        )
        s = self.drawn("cadre.id", 100, 7)
        handed_in, accepted, back = f"{s} < 86", f"{s} < 78", f"{s} BETWEEN 86 AND 88"
        # a report sent back was handed in before; one accepted was, too
        was = f"({handed_in} OR {back})"
        days = f"60 + {self.drawn('cadre.id', 55, 8)}"
        self.insert(
            SelfCheck, "organizations_cadre cadre", id="cadre.id", round_id=self.round.pk, cadre_id="cadre.id", checklist_id=checklist.pk, due_on=f"{self.day('-60')}",
            status=f"CASE WHEN {accepted} THEN 'accepted' WHEN {handed_in} THEN 'submitted' WHEN {back} THEN 'returned' WHEN {s} < 93 THEN 'draft' ELSE 'pending' END",
            saved_at=f"CASE WHEN {s} < 93 THEN {self.ago(days)} END", noticed_at=f"CASE WHEN {s} < 93 THEN {self.ago(days)} END",
            submitted_at=f"CASE WHEN {was} THEN {self.ago(days)} END", submitted_by_id=f"CASE WHEN {was} THEN {user} END",
            returned_at=f"CASE WHEN {back} THEN {self.ago('58')} END", returned_by_id=f"CASE WHEN {back} THEN {self.first} END",
            accepted_at=f"CASE WHEN {accepted} THEN {self.ago('50')} END", accepted_by_id=f"CASE WHEN {accepted} THEN {self.first} END",
        )
        asked = " UNION ALL ".join(f"SELECT {n} AS n, {pk} AS pk" for n, pk in enumerate(questions))
        answer = f"(report.id - 1) * {QUESTIONS} + question.n + 1"
        self.insert(
            Answer, f"selfcheck_selfcheck report CROSS JOIN ({asked}) question WHERE report.status <> 'pending'", id=answer, selfcheck_id="report.id", question_id="question.pk",
            exists=f"CASE WHEN {self.drawn(f'({answer})', 100, 9)} < 12 THEN {yes(True)} ELSE {yes(False)} END",
        )
        self.told(_("自查报告 %(n)s 份") % {"n": self.size.cadres})

    def _problems(self) -> None:
        """A problem for each 是 of an accepted report, with its history."""
        source = (
            "selfcheck_answer answer JOIN selfcheck_selfcheck report ON report.id = answer.selfcheck_id JOIN organizations_cadre cadre ON cadre.id = report.cadre_id"
            f" JOIN selfcheck_question question ON question.id = answer.question_id JOIN selfcheck_aspect aspect ON aspect.id = question.aspect_id WHERE report.status = 'accepted' AND answer.{quoted('exists')} = {yes(True)}"
        )
        s, user = self.drawn("answer.id", 100, 10), f"{self.first} - 1 + cadre.id"
        state = f"CASE WHEN {s} < 55 THEN 'closed' WHEN {s} < 60 THEN 'verified' WHEN {s} < 68 THEN 'submitted' WHEN {s} < 95 THEN 'open' WHEN {s} < 98 THEN 'reported' WHEN {s} < 99 THEN 'deferred' ELSE 'dismissed' END"
        track = f"CASE WHEN {self.drawn('answer.id', 10, 11)} < 5 THEN 'dated' WHEN {self.drawn('answer.id', 10, 11)} < 8 THEN 'immediate' ELSE 'long_term' END"
        registered, sent, closed = f"({s} < 95 OR {s} = 98)", f"{s} < 68", f"{s} < 55"
        found = f"(50 - {self.drawn('answer.id', 10, 12)})"
        reported_at, registered_at, closed_at = self.ago(found), self.ago(f"{found} - 2"), self.ago(self.drawn("answer.id", 15, 14))
        moved_at = (  # its latest step below
            f"CASE WHEN {closed} THEN {closed_at} WHEN {s} < 60 THEN {self.ago('16')} WHEN {s} < 68 THEN {self.ago('20')} WHEN {s} < 95 THEN {registered_at}"
            f" WHEN {s} < 98 THEN {reported_at} WHEN {s} = 98 THEN {self.ago('10')} ELSE {self.ago('30')} END"
        )
        self.insert(
            Problem, source, id="answer.id", campaign_id=self.campaign.pk, year=self.at.year, number="row_number() OVER (ORDER BY answer.id)", title="'谈话记录要素不全（模拟）'", title_initials="'thjlysbqmn'",
            source="'self_check'", level="'person'", aspect_key="aspect.key", aspect_label="aspect.label", manifestation="'3 份谈话记录没有写明地点。'", cause="'图省事'", track=track,
            due_on=f"CASE WHEN {track} = 'dated' THEN {self.day(self.drawn('answer.id', 120, 13) + ' - 30')} END", responsible_unit_id="cadre.unit_id", responsible_person_id="cadre.id", status=state,
            outcome=f"CASE WHEN {closed} THEN 'done' ELSE '' END", reported_at=reported_at, reported_by_id=user, moved_at=moved_at,
            registered_at=f"CASE WHEN {registered} THEN {registered_at} END", registered_by_id=f"CASE WHEN {registered} THEN {self.first} END",
            submitted_at=f"CASE WHEN {sent} THEN {self.ago('20')} END", submitted_by_id=f"CASE WHEN {sent} THEN {user} END",
            closed_at=f"CASE WHEN {closed} THEN {closed_at} END", closed_by_id=f"CASE WHEN {closed} THEN {self.first} END",
            deferred_until=f"CASE WHEN {s} = 98 THEN {self.day('30')} END",
        )
        self.insert(AnswerItem, "ledger_problem problem", answer_id="problem.id", order=1, track="problem.track", due_on="problem.due_on", problem_id="problem.id")
        self.insert(Measure, "ledger_problem problem", problem_id="problem.id", order=1, text="'补正并逐份复核'", due_on="problem.due_on")
        steps = [
            ("", "reported", "problem.reported_at", ""), ("reported", "open", "problem.registered_at", "WHERE problem.registered_at IS NOT NULL"),
            ("reported", "dismissed", self.ago("30"), "WHERE problem.status = 'dismissed'"), ("open", "deferred", self.ago("10"), "WHERE problem.status = 'deferred'"),
            ("open", "submitted", "problem.submitted_at", "WHERE problem.submitted_at IS NOT NULL"),
            ("submitted", "verified", self.ago("16"), "WHERE problem.status IN ('verified', 'closed')"), ("verified", "closed", "problem.closed_at", "WHERE problem.status = 'closed'"),
        ]
        for before, after, moment, which in steps:
            self.insert(StatusChange, f"ledger_problem problem {which}", problem_id="problem.id", before=f"'{before}'", after=f"'{after}'", at=moment)
        self.insert(Verification, "ledger_problem problem WHERE problem.status IN ('verified', 'closed')", problem_id="problem.id", passed=yes(True), opinion="'核对属实'", verified_at=self.ago("16"), verified_by_id=self.first)
        last = Problem.objects.aggregate(last=models.Max("number"))["last"] or 0
        Numbering.objects.create(campaign=self.campaign, year=self.at.year, last=last)
        self.told(_("问题 %(n)s 件") % {"n": last})

    def _supervision(self) -> None:
        """A talk with every fifth cadre."""
        self.insert(
            SupervisionRecord, "organizations_cadre cadre WHERE cadre.id % 5 = 0", campaign_id=self.campaign.pk, kind="'talk'", level="CASE WHEN cadre.id % 2 = 0 THEN 'work' ELSE 'thought' END",
            cadre_id="cadre.id", held_on=self.day("-40"), conducted_by="'分管领导'", entered_at=self.ago("40"),
        )


def yes(value: bool) -> str:
    """A truth value as both databases read it."""
    return ("true" if value else "false") if connection.vendor == "postgresql" else str(int(value))


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
