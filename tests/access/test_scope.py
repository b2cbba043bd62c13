"""Inside one organ: what belongs to unit B is not told to those of unit A, on no page, in no list of choices, sheet or job."""

import datetime as dt
import io

import openpyxl
import pytest
from django import forms
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from campaigns import actions as campaigns
from campaigns.models import Campaign
from jobs.models import Job
from jobs.runner import run_pending
from learning import actions as learning
from ledger import actions as ledger
from ledger.models import Problem
from organizations.actions import enter_cadre, grant_role
from organizations.models import Cadre, RoleGrant, Unit
from supervision import actions as supervision
from tests.access.test_access import TABLE, WHO, client_of
from tests.access.world import addresses, evidence
from tests.cast import Cast, account, enter

BIRD = "布谷鸟"
DAY = dt.timedelta(days=1)


def nest(cast: Cast) -> Problem:
    """A person of unit B with a talk, a problem, a task, a slip, a lesson missed, a reflection — all named after the bird."""
    now, today, office = timezone.now(), timezone.localdate(), cast.office
    deed, camp = {"by": office, "at": now}, cast.campaign
    bird = account("bird", f"{BIRD}甲")
    person = enter_cadre(staff_no="B1", name=f"{BIRD}甲", unit=cast.unit_b, post=f"{BIRD}书记", user=bird, category=BIRD, **deed)
    task = campaigns.plan_item(camp, task="报送", units=[cast.unit_b], **deed).unit_tasks.get()
    campaigns.finish_task(task, note=f"{BIRD}已办", uploads=[evidence()], by=cast.stranger, at=now)
    campaigns.issue_slip(camp, title=f"{BIRD}提示", content=BIRD, cadres=[person], **deed)
    problem = ledger.report_problem(
        camp, title=f"{BIRD}问题", source="other", manifestation=BIRD, cause=BIRD, measures=[BIRD], responsible_unit=cast.unit_b,
        responsible_person=person, track="dated", due_on=today, **deed,
    )
    ledger.register_problem(problem, **deed)
    ledger.report_progress(problem, text=BIRD, made_on=today, uploads=[evidence()], by=bird, at=now)
    ledger.plan_rule(camp, title=f"{BIRD}制度", kind="new", unit=cast.unit_b, problems=[problem], **deed)
    session = learning.hold_session(camp, unit=cast.organ, title="再学习", held_on=today, is_held=True, **deed)
    learning.record_attendance(session, marks={person.pk: {"status": "leave", "note": BIRD}}, **deed)
    learning.submit_reflection(session, cadre=person, text=BIRD, by=bird, at=now)
    learning.hold_test(camp, title="再测试", scores={person: 59}, **deed)
    supervision.record_supervision(camp, kind="talk", level="thought", cadre=person, content=BIRD, result=BIRD, **deed)
    visit = supervision.record_visit(camp, unit=cast.unit_b, team=f"{BIRD}督导组", summary=BIRD, by=cast.supervisor, at=now)
    supervision.raise_finding(visit, text=f"{BIRD}意见", responsible_person=person, by=cast.supervisor, at=now)
    return problem


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    """(cast, addresses, the bird's problem); `head` leads unit A, `keeper` administers it, `desk` is its office."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        problem = nest(cast)
        for name, role in [("head", "leader"), ("keeper", "system_administrator"), ("desk", "office"), ("guest", "supervisor")]:
            setattr(cast, name, account(name, name))
            grant_role(getattr(cast, name), role=role, unit=cast.unit_a, by=None, at=timezone.now())
        yield cast, where, problem
        transaction.set_rollback(True)


OF_UNIT_A = ["chief", "liaison", "cadre", "colleague", "clues", "head", "keeper", "desk", "guest"]


def answers(cast, who: str, where: dict[str, str]) -> dict[str, object]:
    client = client_of(cast, who)
    return {name: answer for name, address in where.items() if (answer := client.get(address)).status_code == 200}


def words(answer) -> str:
    """The page's text; of a workbook every cell."""
    content = b"".join(answer)
    if content[:2] != b"PK":
        return content.decode(errors="ignore")
    return "\n".join(str(cell) for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet.values for cell in row)


@pytest.mark.parametrize("who", OF_UNIT_A)
def test_nothing_of_unit_b_shows(play, db, who):
    cast, where, _problem = play
    unit = {name: f"{where[name]}?unit={cast.unit_a.pk}" for name in ("reports:dashboard", "reports:figure_detail")}
    for extra in ({}, unit, {name: f"{where[name]}?unit={cast.unit_b.pk}" for name in where if "?" not in where[name]}):
        assert [name for name, answer in answers(cast, who, where | extra).items() if BIRD in words(answer)] == []


def test_the_bird_sings_to_those_above(play, db):
    cast, where, _problem = play
    heard = {name for name, answer in answers(cast, "office", where).items() if BIRD in words(answer)}
    assert heard >= {
        "organizations:cadre_list", "organizations:roster_export", "campaigns:task_list", "campaigns:slip_list", "ledger:problem_list", "ledger:problem_new",
        "ledger:rule_list", "learning:session_export", "supervision:record_list", "supervision:record_new", "supervision:visit_list", "reports:home",
    }  # fmt: skip


@pytest.mark.parametrize("figure", ["organ_issues", "regulations", "suggestions", "problems", "talks", "findings", "slip_deliveries", "cadres_total"])
def test_a_figure_of_unit_a_opens_to_its_own_rows(play, db, figure):
    """机构制度问题 and 建议 are the organ's: who sees figures of a unit below reads none of them."""
    cast, _where, _problem = play
    supervision.raise_organ_issue(cast.campaign, title=BIRD, by=cast.office, at=timezone.now())
    supervision.enter_regulation(cast.campaign, title=BIRD, by=cast.office, at=timezone.now())
    supervision.make_suggestion(cast.campaign, addressee=BIRD, topic=BIRD, text=BIRD, by=cast.office, at=timezone.now())
    client = client_of(cast, "head")
    assert BIRD not in words(client.get(f"/reports/figures/{figure}/?unit={cast.unit_a.pk}"))
    assert client.get(f"/reports/figures/{figure}/?unit={cast.unit_b.pk}").status_code == 404
    assert BIRD not in words(client.get(f"/reports/figures/{figure}/"))  # without a unit: of their own
    assert BIRD in words(client_of(cast, "director").get(f"/reports/figures/{figure}/"))


def home_of(row: Model) -> str | None:
    """The path of the unit a row belongs to, where it belongs to one."""
    if isinstance(row, Unit):
        return row.path
    if isinstance(row, Cadre):
        return row.unit.path
    if isinstance(row, Problem):
        return row.responsible_unit.path
    if isinstance(row, Campaign):
        return row.unit.path
    return row.cadre.unit.path if hasattr(row, "cadre") and isinstance(row.cadre, Cadre) else None


# Whom anybody who registers a problem, opens a round or plans may pick from above their own unit, by field.
FROM_ABOVE = {"verifier", "reviewer", "parent"}


@pytest.mark.parametrize("who", [*OF_UNIT_A, "stranger", "office", "outsider", "administrator"])
def test_choices_stay_in_scope(play, db, who):
    """Every choice of every form lies in a unit over which the person holds some role, or is the person."""
    cast, where, _problem = play
    mine = list(RoleGrant.objects.filter(user=getattr(cast, who)).values_list("unit__path", flat=True))
    found = []
    for name, answer in answers(cast, who, where).items():
        for field, choice in _choices(answer):
            path, oneself = home_of(choice), getattr(choice, "user", None) == getattr(cast, who)
            if path and not oneself and field not in FROM_ABOVE and not any(path.startswith(outer) for outer in mine):
                found.append((name, field, str(choice)))
    assert found == []


def _choices(answer):
    """(field, row) of every form the page was made from."""
    layers = answer.context if isinstance(answer.context, list) else [answer.context] if answer.context else []  # of one template it is no list
    known = {key: value for layer in layers for key, value in layer.flatten().items()}
    for form in (value for value in known.values() if isinstance(value, forms.BaseForm)):
        for name, field in form.fields.items():
            yield from ((name, row) for row in getattr(field, "queryset", ()))


def test_a_choice_outside_the_scope_is_refused(play, db):
    """The same by hand: what the list doesn't offer can't be sent either."""
    cast, where, problem = play
    client, before = client_of(cast, "liaison"), Problem.objects.count()
    sent = {"title": "越界", "source": "other", "level": "person", "manifestation": "越界", "track": "immediate", "responsible_unit": cast.unit_b.pk, "responsible_person": problem.responsible_person_id}
    assert client.post(where["ledger:problem_new"], sent).status_code == 200
    assert client.post(where["ledger:rule_new"], {"title": "越界", "kind": "new", "unit": cast.unit_a.pk, "problems": problem.code}).status_code == 200
    assert client.post(where["learning:session_new"], {"title": "越界", "unit": cast.unit_b.pk, "form": "集体"}).status_code == 200
    assert client.post(where["ledger:measure_new"], {"text": "越界", "owner": problem.responsible_person_id, "version": Problem.objects.get(pk=where["ledger:measure_new"].split("/")[3]).version}).status_code == 200
    assert Problem.objects.count() == before


def test_files_of_another_row_are_not_reached_through_ones_own(play, db):
    """A file's number with the number of a row that doesn't own it."""
    cast, where, problem = play
    other = problem.evidence.get().pk
    own = where["ledger:problem_file"].split("/")[3]
    assert client_of(cast, "cadre").get(f"/ledger/problems/{own}/files/{other}/").status_code == 404
    assert client_of(cast, "cadre").get(f"/ledger/problems/{problem.pk}/files/{other}/").status_code == 404
    task = where["campaigns:task_file"].split("/")[3]
    assert client_of(cast, "liaison").get(f"/campaigns/tasks/{task}/files/{other}/").status_code == 404


@pytest.mark.parametrize(("end", "expected"), [(False, True), (True, False)])
def test_a_sheet_is_made_with_the_powers_of_the_moment(play, db, end, expected):
    """Asked for with the role, made after it ended: the sheet holds what its asker may see now."""
    cast, where, _problem = play
    client_of(cast, "office").post(where["ledger:problem_export"], {"query": f"unit={cast.unit_b.pk}"})
    if end:
        RoleGrant.objects.filter(user=cast.office).update(until=timezone.localdate() - DAY)
    run_pending()
    job = Job.objects.get(kind="ledger.export")
    cells = [cell for row in openpyxl.load_workbook(job.result.open("rb")).active.values for cell in row]
    assert (job.status, any(BIRD in str(cell) for cell in cells)) == ("done", expected)


def test_a_job_is_its_askers_alone(play, db):
    cast, where, _problem = play
    client_of(cast, "office").post(where["reports:report_now"])
    run_pending()
    pk = Job.objects.get(kind="reports.report_now").pk
    assert {who for who in WHO[:-1] if client_of(cast, who).get(f"/jobs/{pk}/").status_code == 200} == {"office", "administrator"}
    assert cast.campaign.name not in client_of(cast, "administrator").get(f"/jobs/{pk}/").content.decode()
    assert {who for who in WHO[:-1] if client_of(cast, who).get(f"/jobs/{pk}/result/").status_code == 200} <= {"office"}


def test_the_table_knows_every_page_asked_for(play):
    assert set(play[1]) == set(TABLE)
