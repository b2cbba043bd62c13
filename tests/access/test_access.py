"""The access table: every address × every member of the cast (tests/cast.py). An address that is not in it fails."""

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from tests.access.world import addresses, named_urls
from tests.cast import enter

WHO = [
    "director", "office", "reviewer", "supervisor", "clues", "chief", "liaison",
    "cadre", "colleague", "stranger", "outsider", "administrator", "visitor",
]  # fmt: skip
# What a GET answers: + the page, > somewhere else (sign-in, or where it can be done), x the right is missing (403),
# - not theirs to see (404), P may be posted only.
ANSWERS = {"+": 200, ">": 302, "x": 403, "-": 404, "P": 405}
TABLE = {
    # accounts
    "accounts:sign_in": ">>>>>>>>>>>>+",
    "accounts:sign_out": "PPPPPPPPPPPPP",
    "accounts:password_change": "++++++++++++>",
    "accounts:inbox": "++++++++++++>",
    "accounts:inbox_read": "PPPPPPPPPPPP>",
    # jobs
    "jobs:job_detail": "-------+---->",
    "jobs:job_result": "------------>",
    # organizations
    "organizations:unit_list": "++++xx+xx+++>",
    "organizations:unit_new": "x+xxxxxxxx++>",
    "organizations:unit_detail": "++++xx+xx--+>",
    "organizations:unit_change": "x+xxxxxxxx-+>",
    "organizations:duty_new": "x+xxxxxxxx-+>",
    "organizations:duty_withdraw": "xPxxxxxxxxPP>",
    "organizations:cadre_list": "++++xx+xx+++>",
    "organizations:cadre_new": "x+xxxxxxxx++>",
    "organizations:cadre_detail": "++++--++---+>",
    "organizations:cadre_change": "x+xxxxxxxx-+>",
    "organizations:roster_import": "x+xxxxxxxx++>",
    "organizations:roster_preview": "x+xxxxxxxx-->",
    "organizations:roster_confirm": "xPxxxxxxxxPP>",
    "organizations:roster_template": "x+xxxxxxxx++>",
    "organizations:roster_export": "++++xx+xx+++>",
    "organizations:account_list": "xxxxxxxxxxx+>",
    "organizations:account_new": "xxxxxxxxxxx+>",
    "organizations:account_detail": "xxxxxxxxxxx+>",
    "organizations:account_password": "xxxxxxxxxxx>>",
    "organizations:account_reset": "xxxxxxxxxxx+>",
    "organizations:account_switch": "xxxxxxxxxxxP>",
    "organizations:grant_new": "xxxxxxxxxxx+>",
    "organizations:grant_revoke": "xxxxxxxxxxx+>",
    # campaigns
    "campaigns:campaign_detail": "++++++++++>x>",
    "campaigns:campaign_list": "+++++++++++x>",
    "campaigns:campaign_new": "x+xxxxxxxx+x>",
    "campaigns:campaign_choose": "PPPPPPPPPPPx>",
    "campaigns:phase_new": "x+xxxxxxxx-x>",
    "campaigns:phase_change": "x+xxxxxxxx-x>",
    "campaigns:next_step_new": "x+xxxxxxxx-x>",
    "campaigns:item_new": "x+xxxxxxxx-x>",
    "campaigns:plan_export": "++++++++++-x>",
    "campaigns:item_detail": "++++++++++-x>",
    "campaigns:item_change": "x+xxxxxxxx-x>",
    "campaigns:item_finish": "x+xxxxxxxx-x>",
    "campaigns:task_assign": "x+xxxxxxxx-x>",
    "campaigns:task_list": "++x+xx+xx+-x>",
    "campaigns:unit_list": "++x+xx+xx+-x>",
    "campaigns:task_finish": "x+xxxx+xx--x>",
    "campaigns:task_file": "++x+xx+xx--x>",
    "campaigns:group_detail": "++++++++++-x>",
    "campaigns:group_form": "x+xxxxxxxx-x>",
    "campaigns:work_groups_form": "x+xxxxxxxx-x>",
    "campaigns:work_group_change": "x+xxxxxxxx-x>",
    "campaigns:member_new": "x+xxxxxxxx-x>",
    "campaigns:member_remove": "xPxxxxxxxxPx>",
    "campaigns:meeting_list": "++++++++++-x>",
    "campaigns:meeting_new": "x+xxxxxxxx-x>",
    "campaigns:meeting_detail": "++++++++++-x>",
    "campaigns:meeting_change": "x+xxxxxxxx-x>",
    "campaigns:document_list": "++++++++++-x>",
    "campaigns:document_new": "x+xxxxxxxx-x>",
    "campaigns:document_change": "x+xxxxxxxx-x>",
    "campaigns:document_file": "++++++++++-x>",
    "campaigns:slip_list": "++++++++++-x>",
    "campaigns:slip_new": "x+xxxxxxxx-x>",
    "campaigns:slip_detail": "++++--++---x>",
    "campaigns:slip_acknowledge": "PPPPPPPPPPPx>",
    # ledger
    "ledger:problem_list": "+++++++++++x>",
    "ledger:problem_new": "x+xxxx+xx+-x>",
    "ledger:problem_export": "PPPPxxPxxPPx>",
    "ledger:problem_detail": "++++--++---x>",
    "ledger:problem_file": "++++--++---x>",
    "ledger:problem_register": "x+xx--xx---x>",
    "ledger:problem_dismiss": "x+xx--xx---x>",
    "ledger:problem_merge": "x+xx--xx---x>",
    "ledger:problem_defer": "x+xx--xx---x>",
    "ledger:problem_resume": "x+xx--xx---x>",
    "ledger:measure_new": "x+xx--++---x>",
    "ledger:progress_new": "x+xx--++---x>",
    "ledger:problem_submit": "x+xx--++---x>",
    "ledger:problem_verify": "x++x--xx---x>",
    "ledger:problem_send_back": "x++x--xx---x>",
    "ledger:problem_close": "x+xx--xx---x>",
    "ledger:problem_close_at_once": "x+xx--xx---x>",
    "ledger:problem_recur": "x+xx--+x---x>",
    "ledger:extension_new": "x+xx--++---x>",
    "ledger:extension_decide": "x+xx--xx---x>",
    "ledger:rule_list": "++++xx+xx+-x>",
    "ledger:rule_new": "x+xxxx+xx+-x>",
    "ledger:rule_issue": "x+xxxx+xx--x>",
    # learning
    "learning:session_list": "++++++++++-x>",
    "learning:session_new": "x+xxxx+xx+-x>",
    "learning:session_export": "++++xx+xx+-x>",
    "learning:session_detail": "++++++++++-x>",
    "learning:attendance_form": "x+xxxxxxxx-x>",
    "learning:reflection_form": "+++xx+++++-x>",
    "learning:make_up": "x+xx--++---x>",
    "learning:material_list": "++++++++++-x>",
    "learning:material_new": "x+xxxxxxxx-x>",
    "learning:material_file": "++++++++++-x>",
    "learning:activity_list": "++++++++++-x>",
    "learning:activity_new": "x+xxxxxxxx-x>",
    "learning:test_list": "++++++++++-x>",
    "learning:test_new": "x+xxxx+xx+-x>",
    "learning:test_detail": "++++++++++-x>",
    # selfcheck
    "selfcheck:round_list": "+++++++++++x>",
    "selfcheck:round_new": "x+xxxxxxxx-x>",
    "selfcheck:round_detail": "++++xx+xx+-x>",
    "selfcheck:round_urge": "xPxxxxxxxxPx>",
    "selfcheck:reviewer_assign": "x+xxxxxxxx-x>",
    "selfcheck:checklist_detail": "++++++++++-x>",
    "selfcheck:review_list": "xx+xxxxxxxxx>",
    "selfcheck:review_detail": "xx+xxxxxxxxx>",
    "selfcheck:selfcheck_detail": "--+----+---x>",
    "selfcheck:selfcheck_edit": "------->---x>",
    # supervision
    "supervision:record_list": "++x+>xxxxx-x>",
    "supervision:record_new": "x+xxxxxxxx-x>",
    "supervision:record_detail": "++-+---+---x>",
    "supervision:visit_list": "++x+xxxxxx-x>",
    "supervision:visit_new": "x+x+xxxxxx-x>",
    "supervision:visit_detail": "++x+xxxxxx-x>",
    "supervision:finding_new": "xxx+xxxxxxxx>",
    "supervision:issue_list": "++x+xxxxxx-x>",
    "supervision:issue_new": "x+xxxxxxxx-x>",
    "supervision:regulation_new": "x+xxxxxxxx-x>",
    "supervision:suggestion_new": "x+xxxxxxxx-x>",
    "supervision:suggestion_answer": "x+xxxxxxxx-x>",
    "supervision:clue_list": "+xxx+xxxxxxx>",
    "supervision:clue_form": "xxxx+xxxxxxx>",
    # reports
    "reports:home": "++++++++++++>",
    "reports:dashboard": "++x+xxxxxx-x>",
    "reports:report_now": "PPxPxxxxxxPx>",
    "reports:figure_detail": "++x+xxxxxx-x>",
    "reports:briefing_list": "++x+xxxxxx-x>",
    "reports:briefing_new": "x+xxxxxxxx-x>",
    "reports:briefing_detail": "++x+xxxxxx-x>",
    "reports:briefing_edit": "x+xxxxxxxx-x>",
    "reports:briefing_compare": "++x+xxxxxx-x>",
    "reports:briefing_restore": "xPxxxxxxxxPx>",
    "reports:briefing_submit": "xPxxxxxxxxPx>",
    "reports:briefing_return": "++xxxxxxxx-x>",
    "reports:briefing_issue": "+xxxxxxxxxxx>",
    "reports:briefing_file": "PPxPxxxxxxPx>",
    "reports:audit_log": "xxxxxxxxxxx+>",
}


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    """(cast, address by URL name) in a world with one of everything, rolled back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        yield cast, addresses(cast)
        transaction.set_rollback(True)


def client_of(cast, who: str) -> Client:
    client = Client()
    if who != "visitor":
        client.force_login(getattr(cast, who))
    return client


def test_every_address_is_in_the_table():
    assert sorted(named_urls()) == sorted(TABLE)


def test_every_row_names_everybody():
    assert {name: len(row) for name, row in TABLE.items() if len(row) != len(WHO)} == {}


@pytest.mark.parametrize("who", WHO)
def test_get(play, db, who):
    cast, where = play
    client, column = client_of(cast, who), WHO.index(who)
    signs = {status: sign for sign, status in ANSWERS.items()}
    answers = {name: signs.get(client.get(address).status_code) for name, address in where.items()}
    assert answers == {name: row[column] for name, row in TABLE.items()}


def counts() -> dict[str, int]:
    """How many rows each table holds; the log, sessions and what Django keeps for itself aside."""
    aside = {"audit.event", "sessions.session"}
    return {m._meta.label: m.objects.count() for m in apps.get_models() if m._meta.label_lower not in aside}


@pytest.mark.parametrize("who", WHO)
def test_post_by_who_may_not_changes_nothing(play, db, who):
    """Who gets no page gets no deed: 403, 404 or the sign-in page, and not one row more or less."""
    cast, where = play
    client, column = client_of(cast, who), WHO.index(who)
    before = counts()
    refused = [name for name, row in TABLE.items() if row[column] in "x-"] if who != "visitor" else [n for n in TABLE if n != "accounts:sign_in"]
    wrong = {name: client.post(where[name]).status_code for name in refused}
    allowed = {302} if who == "visitor" else {403, 404, 405}
    assert {name: status for name, status in wrong.items() if status not in allowed} == {}
    assert counts() == before


def test_a_grant_out_of_date_opens_nothing(play, db):
    import datetime as dt

    from django.utils import timezone

    from organizations.models import RoleGrant

    cast, where = play
    RoleGrant.objects.filter(user=cast.office).update(until=timezone.localdate() - dt.timedelta(days=1))
    client = client_of(cast, "office")
    assert client.get(where["ledger:problem_register"]).status_code == 404
    assert client.get(where["campaigns:item_new"]).status_code == 403


def test_a_leaver_sees_the_campaign_no_more(play, db):
    from django.utils import timezone

    from organizations.models import Cadre

    cast, where = play
    Cadre.objects.filter(user=cast.colleague).update(left_on=timezone.localdate())
    assert client_of(cast, "colleague").get(where["campaigns:meeting_detail"]).status_code in (403, 404)
