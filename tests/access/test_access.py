"""The access table: every address × every member of the cast (tests/cast.py). An address that is not in it fails."""

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from tests.access.world import addresses, named_urls
from tests.cast import enter

WHO = [
    "director", "office", "reviewer", "supervisor", "clues", "chief", "liaison",
    "cadre", "colleague", "stranger", "outsider", "administrator", "security", "auditor",
    "coordination", "training", "publicity", "inspection", "visitor",
]  # fmt: skip
# What a GET answers: + the page, > somewhere else (sign-in, or where it can be done), x the right is missing (403),
# - not theirs to see (404), P may be posted only.
ANSWERS = {"+": 200, ">": 302, "x": 403, "-": 404, "P": 405}
TABLE = {
    # accounts
    "accounts:sign_in": ">>>>>>>>>>>>>>>>>>+",
    "accounts:sign_out": "PPPPPPPPPPPPPPPPPPP",
    "accounts:password_change": "++++++++++++++++++>",
    "accounts:preferences": "++++++++++++++++++>",
    "accounts:tour_end": "PPPPPPPPPPPPPPPPPP>",
    "accounts:tour_restart": "PPPPPPPPPPPPPPPPPP>",
    "accounts:inbox": "++++++++++++++++++>",
    "accounts:inbox_read": "PPPPPPPPPPPPPPPPPP>",
    "accounts:second_step": ">>>>>>>>>>>>>>>>>>>",
    "accounts:confirm": "++++++++++++++++++>",
    "accounts:alive": "PPPPPPPPPPPPPPPPPP>",
    "accounts:security": "++++++++++++++++++>",
    "accounts:enrol": "++++++++++++++++++>",
    "accounts:recovery_codes": ">>>>>>>>>>>>>>>>>>>",
    "accounts:turn_off": ">>>>>>>>>>>>>>>>>>>",
    "accounts:sign_in_end": "PPPPPPPPPPPPPPPPPP>",
    "accounts:sign_ins_end": "PPPPPPPPPPPPPPPPPP>",
    # jobs
    "jobs:job_list": "++++++++++++++++++>",
    "jobs:job_detail": "-------+---+------>",
    "jobs:job_result": "------------------>",
    "jobs:job_cancel": "PPPPPPPPPPPPPPPPPP>",
    "jobs:job_retry": "PPPPPPPPPPPPPPPPPP>",
    # operations
    "operations:health": "+++++++++++++++++++",
    "operations:readiness": "+++++++++++++++++++",
    "operations:metrics": "+++++++++++++++++++",
    # organizations
    "organizations:unit_list": "++++xx+xx++++x++x+>",
    "organizations:unit_new": "x+xxxxxxxx++xxxxxx>",
    "organizations:unit_detail": "++++xx+xx--++x++x+>",
    "organizations:unit_change": "x+xxxxxxxx-+xxxxxx>",
    "organizations:duty_new": "x+xxxxxxxx-+xxxxxx>",
    "organizations:duty_withdraw": "xPxxxxxxxxPPxxxxxx>",
    "organizations:cadre_list": "++++xx+xx++++x++x+>",
    "organizations:cadre_offers": "++++xx+xx++++x++x+>",
    "organizations:unit_offers": "++++xx+xx++++x++x+>",
    "organizations:cadre_new": "x+xxxxxxxx++xxxxxx>",
    "organizations:cadre_detail": "++++--++---++x++-+>",
    "organizations:cadre_change": "x+xxxxxxxx-+xxxxxx>",
    "organizations:roster_import": "x+xxxxxxxx++xxxxxx>",
    "organizations:roster_preview": "x+xxxxxxxx--xxxxxx>",
    "organizations:roster_confirm": "xPxxxxxxxxPPxxxxxx>",
    "organizations:roster_template": "x+xxxxxxxx++xxxxxx>",
    "organizations:roster_export": "++++xx+xx++++x++x+>",
    "organizations:account_list": "xxxxxxxxxxx++xxxxx>",
    "organizations:account_new": "xxxxxxxxxxx+xxxxxx>",
    "organizations:account_detail": "xxxxxxxxxxx++xxxxx>",
    "organizations:account_password": "xxxxxxxxxxx>xxxxxx>",
    "organizations:account_reset": "xxxxxxxxxxx+xxxxxx>",
    "organizations:account_switch": "xxxxxxxxxxxPxxxxxx>",
    "organizations:grant_new": "xxxxxxxxxxxx+xxxxx>",
    "organizations:grant_revoke": "xxxxxxxxxxxx+xxxxx>",
    "organizations:unit_move": "x+xxxxxxxx-+xxxxxx>",
    "organizations:cadre_hand_over": "x+xxxxxxxx-x+x+xxx>",
    "organizations:account_unlock": "xxxxxxxxxxxPxxxxxx>",
    "organizations:account_factor_drop": "xxxxxxxxxxxPxxxxxx>",
    # campaigns
    "campaigns:campaign_detail": "++++++++++>xxx++++>",
    "campaigns:campaign_list": "+++++++++++xxx++++>",
    "campaigns:campaign_new": "x+xxxxxxxx+xxx+xxx>",
    "campaigns:campaign_choose": "PPPPPPPPPPPxxxPPPP>",
    "campaigns:phase_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:phase_change": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:next_step_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:item_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:plan_export": "++++++++++-xxx++++>",
    "campaigns:item_detail": "++++++++++-xxx++++>",
    "campaigns:item_change": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:item_finish": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:task_assign": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:task_list": "++x+xx+xx+-xxx++++>",
    "campaigns:unit_list": "++x+xx+xx+-xxx++++>",
    "campaigns:task_finish": "x+xxxx+xx--xxx+xxx>",
    "campaigns:task_file": "++x+xx+xx--xxx++++>",
    "campaigns:group_detail": "++++++++++-xxx++++>",
    "campaigns:group_form": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:work_groups_form": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:work_group_change": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:member_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:member_remove": "xPxxxxxxxxPxxxPxxx>",
    "campaigns:meeting_list": "++++++++++-xxx++++>",
    "campaigns:meeting_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:meeting_detail": "++++++++++-xxx++++>",
    "campaigns:meeting_change": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:document_list": "++++++++++-xxx++++>",
    "campaigns:document_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:document_change": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:document_file": "++++++++++-xxx++++>",
    "campaigns:slip_list": "++++++++++-xxx++++>",
    "campaigns:slip_new": "x+xxxxxxxx-xxx+xxx>",
    "campaigns:slip_detail": "++++--++---xxx++-+>",
    "campaigns:slip_acknowledge": "PPPPPPPPPPPxxxPPPP>",
    # ledger
    "ledger:problem_list": "+++++++++++xxx++++>",
    "ledger:problem_board": "+++++++++++xxx++++>",
    "ledger:problem_bulk": "x++xxx+xx+-xxxxxx+>",
    "ledger:bulk_detail": "x+-xxx-xx--xxxxxx->",
    "ledger:saved_view_new": "++++xx+xx+-xxx+xx+>",
    "ledger:saved_view_change": "-+--xx-xx--xxx-xx->",
    "ledger:saved_view_drop": "PPPPxxPxxPPxxxPxxP>",
    "ledger:problem_new": "x+xxxx+xx+-xxxxxxx>",
    "ledger:problem_export": "PPPPxxPxxPPxxxPxxP>",
    "ledger:problem_detail": "++++--++---xxx+--+>",
    "ledger:problem_file": "++++--++---xxx+--+>",
    "ledger:problem_register": "x+xx--xx---xxxx--x>",
    "ledger:problem_dismiss": "x+xx--xx---xxxx--x>",
    "ledger:problem_merge": "x+xx--xx---xxxx--x>",
    "ledger:problem_defer": "x+xx--xx---xxxx--x>",
    "ledger:problem_resume": "x+xx--xx---xxxx--x>",
    "ledger:measure_new": "x+xx--++---xxxx--x>",
    "ledger:progress_new": "x+xx--++---xxxx--x>",
    "ledger:problem_change": "x+xx--xx---xxxx--x>",
    "ledger:milestone_new": "x+xx--++---xxxx--x>",
    "ledger:milestone_tick": "PPPPPPPPPPPxxxPPPP>",
    "ledger:comment_new": "++++--++---xxx+--+>",
    "ledger:problem_submit": "x+xx--++---xxxx--x>",
    "ledger:problem_verify": "x++x--xx---xxxx--+>",
    "ledger:problem_send_back": "x++x--xx---xxxx--+>",
    "ledger:problem_close": "x+xx--+x---xxxx--x>",
    "ledger:problem_close_at_once": "x+xx--xx---xxxx--x>",
    "ledger:problem_recur": "x+xx--+x---xxxx--x>",
    "ledger:extension_new": "x+xx--++---xxxx--x>",
    "ledger:extension_decide": "x+xx--xx---xxxx--x>",
    "ledger:rule_list": "++++xx+xx+-xxx+xx+>",
    "ledger:rule_new": "x+xxxx+xx+-xxxxxxx>",
    "ledger:rule_issue": "x+xxxx+xx--xxxxxxx>",
    # learning
    "learning:session_list": "++++++++++-xxx++++>",
    "learning:session_new": "x+xxxx+xx+-xxxx+xx>",
    "learning:session_export": "++++xx+xx+-xxx++x+>",
    "learning:session_detail": "++++++++++-xxx++++>",
    "learning:attendance_form": "x+xxxxxxxx-xxxx+xx>",
    "learning:reflection_form": "+++xx+++++-xxxxxxx>",
    "learning:make_up": "x+xx--++---xxxx+-x>",
    "learning:material_list": "++++++++++-xxx++++>",
    "learning:material_new": "x+xxxxxxxx-xxxx+xx>",
    "learning:material_file": "++++++++++-xxx++++>",
    "learning:activity_list": "++++++++++-xxx++++>",
    "learning:activity_new": "x+xxxxxxxx-xxxx+xx>",
    "learning:test_list": "++++++++++-xxx++++>",
    "learning:test_new": "x+xxxx+xx+-xxxx+xx>",
    "learning:test_detail": "++++++++++-xxx++++>",
    # selfcheck
    "selfcheck:round_list": "+++++++++++xxx++++>",
    "selfcheck:round_new": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:round_detail": "++++xx+xx+-xxx++x+>",
    "selfcheck:round_change": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:round_extend": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:round_urge": "xPxxxxxxxxPxxxxxxx>",
    "selfcheck:round_answers": "++++xx+xx+-xxx++x+>",
    "selfcheck:round_freeze": "xPxxxxxxxxPxxxxxxx>",
    "selfcheck:round_hints": "x++xxxxxxx-xxxxxxx>",
    "selfcheck:reviewer_assign": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_adopt": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_list": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_new": "xPxxxxxxxxPxxxxxxx>",
    "selfcheck:checklist_edit": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_preview": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_publish": "x+xxxxxxxx-xxxxxxx>",
    "selfcheck:checklist_discard": "xPxxxxxxxxPxxxxxxx>",
    "selfcheck:checklist_detail": "++++++++++-xxx++++>",
    "selfcheck:review_list": "xx+xxxxxxxxxxxxxxx>",
    "selfcheck:review_detail": "xx+xxxxxxxxxxxxxxx>",
    "selfcheck:selfcheck_detail": "--+----+---xxx---->",
    "selfcheck:unsealing_list": "++xxxxxxxx+xxxxxxx>",
    "selfcheck:unsealing_new": "++xxxxxxxx-xxxxxxx>",
    "selfcheck:unsealing_decide": "+xxxxxxxxxxxxxxxxx>",
    "selfcheck:selfcheck_edit": "------->---xxx---->",
    "selfcheck:selfcheck_autosave": "PPPPPPPPPPPxxxPPPP>",
    # supervision
    "supervision:record_list": "++x+>xxxxx-xxxxxx+>",
    "supervision:record_new": "x+xxxxxxxx-xxxxxx+>",
    "supervision:record_detail": "++-+---+---xxx---+>",
    "supervision:visit_list": "++x+xxxxxx-xxxxxx+>",
    "supervision:visit_new": "x+x+xxxxxx-xxxxxx+>",
    "supervision:visit_detail": "++x+xxxxxx-xxxxxx+>",
    "supervision:finding_new": "xxx+xxxxxxxxxxxxx+>",
    "supervision:issue_list": "++x+xxxxxx-xxxxxx+>",
    "supervision:issue_new": "x+xxxxxxxx-xxxxxx+>",
    "supervision:regulation_new": "x+xxxxxxxx-xxxxxx+>",
    "supervision:suggestion_new": "x+xxxxxxxx-xxxxxx+>",
    "supervision:suggestion_answer": "x+xxxxxxxx-xxxxxx+>",
    "supervision:clue_list": "+xxx+xxxxxxxxxxxxx>",
    "supervision:clue_form": "xxxx+xxxxxxxxxxxxx>",
    # reports
    "reports:home": "++++++++++++++++++>",
    "reports:help_list": "++++++++++++++++++>",
    "reports:help_detail": "+++++++++++---++++>",
    "reports:search": "++++++++++++++++++>",
    "reports:dashboard": "++x+xxxxxx-xxx++++>",
    "reports:report_now": "PPxPxxxxxxPxxxPPPP>",
    "reports:figure_detail": "++x+xxxxxx-xxx++++>",
    "reports:briefing_list": "++x+xxxxxx-xxx++++>",
    "reports:briefing_new": "x+xxxxxxxx-xxx+x+x>",
    "reports:briefing_detail": "++x+xxxxxx-xxx++++>",
    "reports:briefing_edit": "x+xxxxxxxx-xxx+x+x>",
    "reports:briefing_compare": "++x+xxxxxx-xxx++++>",
    "reports:briefing_restore": "xPxxxxxxxxPxxxPxPx>",
    "reports:briefing_submit": "xPxxxxxxxxPxxxPxPx>",
    "reports:briefing_return": "++xxxxxxxx-xxx+x+x>",
    "reports:briefing_issue": "+xxxxxxxxxxxxxxxxx>",
    "reports:briefing_file": "PPxPxxxxxxPxxxPPPP>",
    "reports:selfcheck_form": "--+----+---xxx---->",
    "reports:ledger_pdf": "PPPPxxPxxPPxxxPxxP>",
    "reports:own_record": "++++++++++++++++++>",
    "reports:own_record_file": "++++++++++++++++++>",
    "reports:styleguide": "------------------>",
    "reports:audit_log": "xxxxxxxxxxxxx+xxxx>",
    "reports:audit_verify": "xxxxxxxxxxxxxPxxxx>",
    "reports:audit_export": "xxxxxxxxxxxxxPxxxx>",
}


@pytest.fixture(scope="module")
def play(django_db_setup, django_db_blocker):
    """(cast, address by URL name) in a world with one of everything, rolled back afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        where = addresses(cast)
        connection.finish()  # as the deeds' commits would
        yield cast, where
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
    refused = [name for name, row in TABLE.items() if row[column] in "x-"] if who != "visitor" else [n for n, row in TABLE.items() if row[column] != "+"]
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
