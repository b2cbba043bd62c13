"""The simulated nation is one the rules of the house allow, whatever its size."""

import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import models, transaction
from django.utils import timezone

from audit.models import Event
from campaigns.models import Campaign, SlipDelivery
from demo.simulate import Size, enter_nation
from learning.models import Attendance, StudySession
from ledger.actions import register_problem
from ledger.models import Problem, StatusChange
from organizations.kept import build
from organizations.models import Cadre, RoleGrant, Unit
from organizations.roles import Role
from reports.figures import REGISTRY, Scope, failed_checks
from reports.values import values
from selfcheck.models import Answer, SelfCheck
from supervision.models import SupervisionRecord
from tests.cast import account

NOW = timezone.now()
WRITTEN = [Unit, Cadre, RoleGrant, SlipDelivery, StudySession, Attendance, SelfCheck, Answer, Problem, StatusChange, SupervisionRecord]


def nation(**size) -> Campaign:
    return enter_nation(**{"units": 60, "cadres": 400, "seed": 1, "by": None, "at": NOW} | size)


@pytest.mark.parametrize(("units", "levels"), [(45_000, [1, 31, 333, 2844, 41791]), (450, [1, 1, 3, 28, 417]), (6, [1, 1, 1, 1, 2])])
def test_levels_come_to_the_units_asked_for(units, levels):
    assert Size(units, 1).levels == levels and sum(levels) == units


def test_every_row_is_one_the_models_allow(db):
    nation()
    assert (Unit.objects.count(), Cadre.objects.count()) == (60, 400)
    for model in WRITTEN:
        rows = list(model.objects.order_by("pk")[:150])
        assert rows, model
        for row in rows:
            row.clean_fields(exclude=[f.name for f in model._meta.fields if f.null])  # who entered it is nobody
            row.validate_constraints()


def test_its_figures_fit_together_and_grow_from_rows(db):
    scope = Scope(nation())
    found = values(REGISTRY, scope, timezone.localdate())
    assert failed_checks(found) == [] and not any(build(at=timezone.now()).values())
    assert found["selfcheck_due"] == found["slip_deliveries"] == 400
    assert 0.7 < found["selfcheck_submitted"] / 400 < 0.95 and 0 < found["problems_overdue"] < found["problems_at_work"]
    assert found["problems_closed"] == Problem.objects.filter(status="closed").count() > 50
    assert found["problems"] == found["problems_immediate"] + found["problems_dated"] + found["problems_long_term"]
    assert found["attendance_expected"] == 1600 and set(values(["closing_rate"], scope, timezone.localdate()).values()) != {None}


def test_each_problem_has_the_history_of_its_state(db):
    nation()
    last = StatusChange.objects.filter(problem=models.OuterRef("pk")).order_by("-at", "-pk")
    then = Problem.objects.annotate(then=models.Subquery(last.values("after")[:1]), latest=models.Subquery(last.values("at")[:1]))
    assert not then.exclude(then=models.F("status"), latest=models.F("moved_at")).exists() and then.exists()


def test_the_same_seed_writes_the_same_rows_and_another_others(db):
    def digest() -> str:
        rows = [*Cadre.objects.order_by("staff_no").values_list("name", "unit__code"), *Problem.objects.order_by("number").values_list("status", "track", "due_on")]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    found = []
    for seed in (1, 1, 2):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            nation(seed=seed)
            found.append(digest())
            raise ZeroDivisionError
    assert found[0] == found[1] != found[2]




def test_the_house_goes_on_working_in_it(db, client):
    """New rows get numbers of their own, and every organ's office has its desk and its figures."""
    nation()
    office = RoleGrant.objects.filter(role=Role.OFFICE).order_by("unit__path").first().user
    problem = Problem.objects.filter(status="reported").first()
    assert register_problem(problem, by=office, verifier=None, track="immediate", at=NOW).status == "open"
    assert account("newcomer", "程远").pk > Cadre.objects.latest("pk").user_id
    for grant in RoleGrant.objects.select_related("user").order_by("unit__path")[:12]:
        client.force_login(grant.user)
        answers = {url: client.get(url).status_code for url in ("/", "/ledger/problems/", f"/reports/?unit={grant.unit_id}")}
        assert set(answers.values()) == {200}, (grant, answers)


def test_it_is_written_into_an_empty_database_only(cast):
    with pytest.raises(ValidationError, match="空数据库"):
        nation()
    assert Unit.objects.count() == 5 and not Event.objects.filter(action="demo.simulate").exists()


@pytest.mark.parametrize("size", [{"units": 5}, {"cadres": 0}])
def test_too_small_a_nation_is_refused(db, size):
    with pytest.raises(ValidationError, match="不少于"):
        nation(**size)


def test_the_command_tells_how_long_each_part_took(db, capsys):
    call_command("simulate", units=12, cadres=30)
    lines = capsys.readouterr().out.splitlines()
    assert next(line.split("秒")[1].strip() for line in lines) == "单位 12 个、干部 30 人" and len(lines) == 6
    assert Event.objects.filter(action="demo.simulate").count() == 1
