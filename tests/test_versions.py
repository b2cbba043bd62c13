"""Two people edit one row: the second is told, nothing is lost, nothing is overwritten. A new view or deed must be placed here."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.apps import apps
from django.db import transaction
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from accounts.templatetags.page import day
from accounts.versions import Conflict, lock_version
from campaigns import actions as campaigns
from campaigns.models import Document, LeadingGroup, Meeting, Phase, PlanItem, UnitTask, WorkGroup
from learning import actions as learning
from learning.models import Attendance, Reflection, StudySession
from ledger import actions as ledger
from ledger.models import Problem, RuleMakingItem
from organizations import actions as organizations
from organizations.models import Cadre, Unit
from reports import actions as reports
from reports.models import Briefing
from selfcheck import actions as selfcheck
from selfcheck.models import Round
from supervision import actions as supervision
from supervision.models import ClueCount, Suggestion
from tests.access.test_access import client_of
from tests.access.test_posts import changed, rows
from tests.access.world import DAY, build
from tests.cast import Cast, enter
from tests.test_deeds import DEEDS, FUNCTIONS

# --- every view that takes a POST --------------------------------------------------------------------------------------

MAKES_A_ROW = {
    "organizations:unit_new", "organizations:duty_new", "organizations:cadre_new", "organizations:roster_import", "organizations:account_new",
    "organizations:grant_new", "selfcheck:unsealing_new", "campaigns:campaign_new", "campaigns:phase_new", "campaigns:next_step_new", "campaigns:item_new", "campaigns:task_assign",
    "campaigns:work_groups_form", "campaigns:member_new", "campaigns:meeting_new", "campaigns:document_new", "campaigns:slip_new", "ledger:problem_new", "ledger:comment_new",
    "ledger:problem_export", "ledger:rule_new", "ledger:saved_view_new", "learning:session_new", "learning:material_new", "learning:activity_new", "learning:test_new",
    "selfcheck:round_new", "selfcheck:round_extend", "selfcheck:round_urge", "selfcheck:checklist_new", "selfcheck:round_freeze", "selfcheck:round_hints", "supervision:record_new", "supervision:visit_new", "supervision:finding_new", "supervision:issue_new",
    "supervision:regulation_new", "supervision:suggestion_new", "reports:briefing_new", "reports:briefing_file", "reports:report_now",
    "reports:ledger_pdf",
}  # fmt: skip
EXCUSED = {
    "accounts:sign_in": "opens a session",
    "accounts:sign_out": "ends one's own session",
    "accounts:password_change": "asks for the present password",
    "accounts:preferences": "one's own, all of them at once",
    "accounts:alive": "changes nothing but when one was last here",
    "accounts:confirm": "asks for the present password",
    "accounts:second_step": "opens a session",
    "accounts:enrol": "one's own; a code of the secret shown proves which",
    "accounts:recovery_codes": "one's own; new ones take the place of all old ones",
    "accounts:turn_off": "asks for password and code",
    "accounts:sign_in_end": "one's own, one way",
    "accounts:sign_ins_end": "one's own, one way",
    "accounts:tour_end": "one's own, one way",
    "accounts:tour_restart": "one's own, one way",
    "accounts:inbox_read": "one's own, one way",
    "jobs:job_cancel": "one way; what is over already says so",
    "jobs:job_retry": "once only: what waits or runs already says so",
    "ledger:problem_bulk": "each row is taken as it stands, and the result says which were refused",
    "ledger:saved_view_change": "one's own",
    "ledger:saved_view_drop": "one's own",
    "reports:audit_verify": "reads",
    "reports:audit_export": "reads",
    "organizations:duty_withdraw": "takes a row away",
    "organizations:grant_revoke": "takes a row away",
    "campaigns:member_remove": "takes a row away",
    "organizations:account_reset": "a new random password, nothing of the old one is shown",
    "organizations:account_factor_drop": "one way",
    "organizations:account_unlock": "one way",
    "organizations:account_switch": "says on or off; twice is the same",
    "organizations:cadre_hand_over": "passes on what is open at that moment; again there is nothing left",
    "selfcheck:unsealing_decide": "decided once: the second is told by whom",
    "organizations:roster_confirm": "compares the whole roster with what was confirmed",
    "campaigns:campaign_choose": "one's own session",
    "ledger:milestone_tick": "says done or not; twice is the same",
    "campaigns:slip_acknowledge": "signed by the receiver alone, and once",
    "selfcheck:reviewer_assign": "each choice names the reviewer of the moment; deeds of the self-check are not this table's",
}
TESTED_IN_ITS_ROOM = {"selfcheck:selfcheck_edit", "selfcheck:selfcheck_autosave", "selfcheck:review_detail", "selfcheck:checklist_adopt", "selfcheck:checklist_edit", "selfcheck:checklist_publish", "selfcheck:checklist_discard"}
BUTTONS = {"reports:briefing_submit", "reports:briefing_restore"}


def posting_views() -> set[str]:
    """URL names of the views whose decorators let a POST through."""

    def walk(resolver, space: str = ""):
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                yield space + pattern.name, pattern.callback
            else:
                yield from walk(pattern, f"{pattern.namespace}:" if pattern.namespace else space)

    return {name for name, view in walk(get_resolver()) if takes_post(view)}


def takes_post(view: Callable | None) -> bool:
    while view is not None:
        allowed = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        if allowed is not None:
            return "POST" in allowed
        view = getattr(view, "__wrapped__", None)
    return True


# --- two people, one form ----------------------------------------------------------------------------------------------


@dataclass
class Play:
    """One opens the form and types `typed`; meanwhile another does `meanwhile`; the first saves."""

    view: str
    typed: dict[str, str]
    meanwhile: Callable[[object, dict], object]  # the row, and who does it when
    model: type
    newer: str = ""  # what the page must show beside a field; empty where the form writes no field of the row
    who: str = "office"
    is_final: bool = False  # overtaken for good: insisting doesn't help
    first: Callable[[object, dict], object] | None = None  # what must be so before the form can be opened
    row: Callable[[Cast, dict], dict] = field(default=lambda cast, kwargs: {"pk": kwargs["pk"]})  # how to find the row


def touched(row, deed) -> None:
    """Somebody's edit that leaves every move open."""
    lock_version(row).save(update_fields=["version"])


def standard(problem: Problem, deed: dict) -> None:
    problem = lock_version(problem)
    problem.acceptance_standard = "别人写的标准"
    problem.save()


def back_and_again(briefing: Briefing, deed: dict) -> None:
    """Returned, changed and submitted again while somebody was about to sign."""
    draft = reports.return_briefing(briefing, reason="改一处", **deed)
    reports.submit_briefing(reports.edit_briefing(draft, body="别人写的正文", signer="别人定的", **deed), **deed)


def missed(row: Attendance, deed: dict, status: str = "absent") -> None:
    learning.record_attendance(row.session, marks={row.cadre_id: {"status": status}}, **deed)


def made_up(session: StudySession, deed: dict) -> None:
    learning.make_up_session(session.attendance.get(status="leave"), made_up_on=timezone.localdate(), **deed)


def of_campaign(cast: Cast, kwargs: dict) -> dict:
    return {"campaign": cast.campaign}


def period() -> dict:
    return {"period_start": timezone.localdate() - 30 * DAY, "period_end": timezone.localdate() - DAY}


NUMBERS = {"received": "41", "handling": "0", "enquiry": "0", "filed": "0", "concluded": "0"}
SOON = {"until": str(timezone.localdate() + 40 * DAY)}
PLAYS = [
    Play("organizations:unit_change", {"name": "我改的名称"}, lambda row, deed: organizations.change_unit(row, name="别人改的名称", **deed), Unit, "别人改的名称"),
    Play("organizations:unit_move", {}, lambda row, deed: organizations.change_unit(row, name="别人改的名称", **deed), Unit),
    Play("organizations:cadre_change", {"post": "我写的职务"}, lambda row, deed: organizations.change_cadre(row, post="别人写的职务", concurrent_posts=(), **deed), Cadre, "别人写的职务"),
    Play("organizations:cadre_change", {"name": "我改的姓名"}, lambda row, deed: organizations.change_cadre(row, unit=Unit.objects.get(code="J01"), post="", concurrent_posts=(), **deed), Cadre, "石桥街道纪工委"),
    Play("campaigns:phase_change", {"label": "我改的名称"}, lambda row, deed: campaigns.change_phase(row, starts_on=timezone.localdate(), **deed), Phase, day(timezone.localdate())),
    Play("campaigns:phase_change", {"label": "我改的名称"}, lambda row, deed: campaigns.change_phase(row, runs_throughout=True, **deed), Phase, "是"),
    Play("campaigns:phase_change", {"label": "我改的名称"}, lambda row, deed: campaigns.change_phase(row, label="别人改的名称", **deed), Phase, "别人改的名称"),
    Play("campaigns:item_change", {"task": "我改的任务"}, lambda row, deed: campaigns.change_plan_item(row, task="别人改的任务", **deed), PlanItem, "别人改的任务"),
    Play("campaigns:item_finish", {"done_on": "2026-01-05"}, lambda row, deed: campaigns.change_plan_item(row, place="别处", **deed), PlanItem,
         first=lambda row, deed: campaigns.finish_task(row.unit_tasks.get(), note="已办", **deed)),
    Play("campaigns:item_finish", {"done_on": "2026-01-05"}, lambda row, deed: campaigns.finish_plan_item(row, done_on=timezone.localdate(), **deed), PlanItem, day(timezone.localdate()), is_final=True,
         first=lambda row, deed: campaigns.finish_task(row.unit_tasks.get(), note="已办", **deed)),
    Play("campaigns:task_finish", {"note": "我写的情况"}, lambda row, deed: campaigns.finish_task(row, note="别人写的情况", **deed), UnitTask, "别人写的情况", "liaison", is_final=True),
    Play("campaigns:group_form", {"name": "我改的名称"}, lambda row, deed: campaigns.form_leading_group(row.campaign, name="别人改的名称", **deed), LeadingGroup, "别人改的名称", row=of_campaign),
    Play("campaigns:work_group_change", {"duties": "我写的任务"}, lambda row, deed: campaigns.change_work_group(row, name=row.name, duties="别人写的任务", **deed), WorkGroup, "别人写的任务"),
    Play("campaigns:meeting_change", {"title": "我改的名称"}, lambda row, deed: campaigns.change_meeting(row, title="别人改的名称", **deed), Meeting, "别人改的名称"),
    Play("campaigns:document_change", {"title": "我改的标题"}, lambda row, deed: campaigns.change_document(row, title="别人改的标题", **deed), Document, "别人改的标题"),
    Play("selfcheck:round_change", {"due_on": str(timezone.localdate() + 9 * DAY)}, lambda row, deed: selfcheck.change_round(row, due_on=timezone.localdate() + 7 * DAY, needs_talk=False, keep_until=None, **deed), Round, day(timezone.localdate() + 7 * DAY)),
    Play("ledger:problem_register", {"acceptance_standard": "我写的标准"}, standard, Problem, "别人写的标准"),
    Play("ledger:problem_register", {"acceptance_standard": "我写的标准"}, lambda row, deed: ledger.register_problem(row, acceptance_standard="别人写的标准", **deed), Problem, "别人写的标准", is_final=True),
    Play("ledger:problem_dismiss", {"reason": "我写的理由"}, touched, Problem),
    Play("ledger:problem_merge", {}, touched, Problem),
    Play("ledger:problem_defer", {"reason": "我写的理由"} | SOON, touched, Problem),
    Play("ledger:problem_resume", {}, touched, Problem),
    Play("ledger:measure_new", {"text": "我写的措施"}, touched, Problem),
    Play("ledger:milestone_new", {"text": "我写的节点", "due_on": str(timezone.localdate() + DAY)}, touched, Problem),
    Play("ledger:problem_change", {"title": "我改的标题"}, lambda row, deed: ledger.change_problem(row, title="别人改的标题", **deed), Problem, "别人改的标题"),
    Play("ledger:progress_new", {"text": "我写的进展"}, touched, Problem),
    Play("ledger:problem_submit", {"note": "我写的情况"}, lambda row, deed: ledger.submit_problem(row, note="别人写的情况", **deed), Problem, is_final=True),
    Play("ledger:problem_verify", {"opinion": "我写的意见"}, touched, Problem, who="reviewer"),
    Play("ledger:problem_verify", {"opinion": "我写的意见"}, lambda row, deed: ledger.send_back_problem(row, opinion="别人退回", **deed), Problem, who="reviewer", is_final=True),
    Play("ledger:problem_send_back", {"opinion": "我写的意见"}, touched, Problem, who="reviewer"),
    Play("ledger:problem_close", {"note": "我写的说明", "outcome": "done"}, touched, Problem),
    Play("ledger:problem_close_at_once", {"opinion": "我写的意见"}, touched, Problem),
    Play("ledger:problem_recur", {"manifestation": "我写的表现", "track": "immediate"}, touched, Problem),
    Play("ledger:extension_new", {"reason": "我写的理由"} | SOON, touched, Problem),
    Play("ledger:extension_decide", {"opinion": "我写的意见", "granted": "no"}, touched, Problem),
    Play("ledger:rule_issue", {"document_number": "我写的文号"}, lambda row, deed: ledger.issue_rule(row, issued_on=timezone.localdate(), document_number="别人写的文号", **deed), RuleMakingItem, "别人写的文号", is_final=True),
    Play("ledger:rule_issue", {"document_number": "我写的文号"}, touched, RuleMakingItem),
    Play("learning:attendance_form", {"note_PERSON": "我写的原因"}, made_up, StudySession, "已补学"),
    Play("learning:make_up", {"made_up_on": str(timezone.localdate())}, missed, Attendance, who="cadre"),
    Play("learning:make_up", {"made_up_on": str(timezone.localdate())}, lambda row, deed: missed(row, deed, "present"), Attendance, who="cadre", is_final=True),
    Play("learning:reflection_form", {"text": "我写的心得"}, lambda row, deed: learning.submit_reflection(row.session, cadre=row.cadre, text="另一处写的心得", **deed | {"by": row.cadre.user}), Reflection, "另一处写的心得", "cadre",
         row=lambda cast, kwargs: {"session": StudySession.objects.get(**kwargs), "cadre": cast.person(cast.cadre)}),
    Play("supervision:suggestion_answer", {"reply": "我写的答复"}, lambda row, deed: supervision.answer_suggestion(row, reply="别人写的答复", **deed), Suggestion, "别人写的答复"),
    Play("supervision:clue_form", NUMBERS | {name: str(value) for name, value in period().items()}, lambda row, deed: supervision.count_clues(row.campaign, received=37, **period(), **deed), ClueCount, "37", "clues", row=of_campaign),
    Play("reports:briefing_edit", {"body": "我写的正文"}, lambda row, deed: reports.edit_briefing(row, body="别人写的正文，{{cadres_total}}人", **deed), Briefing, "别人写的正文，{{在编在岗干部}}人"),
    Play("reports:briefing_edit", {"body": "我写的正文"}, lambda row, deed: reports.submit_briefing(row, **deed), Briefing, is_final=True),
    Play("reports:briefing_return", {"reason": "我写的意见"}, back_and_again, Briefing),
    Play("reports:briefing_issue", {"signer": "我定的"}, back_and_again, Briefing, "别人定的", "director"),
    Play("reports:briefing_issue", {"signer": "我定的"}, lambda row, deed: reports.issue_briefing(row, signer="别人定的", **deed), Briefing, "别人定的", "director", is_final=True),
]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        cast = enter()
        yield cast, build(cast)
        transaction.set_rollback(True)


def sent(cast: Cast, form, typed: dict) -> dict:
    """What a browser would send of a form: what it was shown, with something typed; files aside. A choice that must be made is the first."""
    values = {}
    for one in form:
        value = one.value()
        if value in (None, "") and one.field.required and getattr(one.field, "queryset", None):
            value = one.field.queryset.first().pk
        if value is not False and getattr(one.field.widget, "input_type", "") != "file":
            values[one.html_name] = "" if value is None else value
    person = str(cast.person(cast.cadre).pk)
    return values | {"read": form.reading} | {name.replace("PERSON", person): value for name, value in typed.items()}


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: f"{play.view}{'-final' if play.is_final else ''}")
def test_whoever_saves_second_is_told_and_decides(world, db, play):
    cast, kwargs = world
    deed, client = {"by": cast.chief, "at": timezone.now()}, client_of(cast, play.who)
    address, its = reverse(play.view, kwargs=kwargs[play.view]), play.row(cast, kwargs[play.view])
    made = play.model.objects.filter(**its).first() or play.model(**its, version=0)
    if play.first:
        play.first(made, deed)
    form = client.get(address).context["form"]
    assert form["version"].value() == made.version
    data = sent(cast, form, play.typed)
    play.meanwhile(made, deed)
    before = rows()
    told = client.post(address, data)
    html, again = told.content.decode(), told.context["form"]
    assert (told.status_code, changed(before)) == (409, set())
    assert [value for value in play.typed.values() if value not in html] == []
    assert ('另一处已改为：</strong><span class="pre-line">' in html) == bool(play.newer)
    assert f'另一处已改为：</strong><span class="pre-line">{play.newer}' in html or not play.newer
    assert int(again["version"].value()) == play.model.objects.get(**its).version > made.version
    second = client.post(address, sent(cast, again, {}))
    if play.is_final:
        assert (second.status_code in (200, 409), changed(before)) == (True, set())
    else:
        assert (second.status_code, changed(before) != set()) == (302, True)


def test_a_form_that_says_no_version_has_seen_nothing(world, db):
    cast, kwargs = world
    client, address = client_of(cast, "office"), reverse("organizations:unit_change", kwargs=kwargs["organizations:unit_change"])
    before = rows()
    told = client.post(address, {"name": "没看就改", "kind": "section"})
    assert (told.status_code, changed(before)) == (409, set())


def test_one_who_changed_another_field_is_told_of_that_alone(world, db):
    """What the other left alone is not called changed."""
    cast, kwargs = world
    client, kwargs = client_of(cast, "office"), kwargs["campaigns:meeting_change"]
    address, deed = reverse("campaigns:meeting_change", kwargs=kwargs), {"by": cast.chief, "at": timezone.now()}
    data = sent(cast, client.get(address).context["form"], {"title": "我改的名称"})
    campaigns.change_meeting(Meeting.objects.get(**kwargs), place="别人写的地点", **deed)
    assert client.post(address, data).context["form"].newer == {"place": "别人写的地点"}


def test_an_error_of_ones_own_keeps_what_was_read(world, db):
    """Sent back for a mistake and then overtaken: the second answer still knows what the first page showed."""
    cast, kwargs = world
    client, kwargs = client_of(cast, "office"), kwargs["campaigns:meeting_change"]
    address, deed = reverse("campaigns:meeting_change", kwargs=kwargs), {"by": cast.chief, "at": timezone.now()}
    wrong = client.post(address, sent(cast, client.get(address).context["form"], {"title": ""}))
    campaigns.change_meeting(Meeting.objects.get(**kwargs), place="别人写的地点", **deed)
    told = client.post(address, sent(cast, wrong.context["form"], {"title": "我改的名称"}))
    assert (wrong.status_code, told.status_code, told.context["form"].newer) == (200, 409, {"place": "别人写的地点"})


@pytest.mark.parametrize("name", sorted(BUTTONS))
def test_a_button_on_an_old_page_does_nothing_and_shows_the_new_one(world, db, name):
    cast, kwargs = world
    briefing, client = Briefing.objects.get(pk=kwargs[name]["pk"]), client_of(cast, "office")
    reports.edit_briefing(briefing, body="别人写的正文", by=cast.chief, at=timezone.now())
    before = rows()
    told = client.post(reverse(name, kwargs=kwargs[name]), {"version": briefing.version}, follow=True)
    assert told.redirect_chain == [(reverse("reports:briefing_detail", args=[briefing.pk]), 302)]
    assert "这一项刚才被别人改过" in told.content.decode() and "别人写的正文" in told.content.decode()
    assert changed(before) == set()
    client.post(reverse(name, kwargs=kwargs[name]), {"version": briefing.version + 1})
    assert changed(before) >= {"reports.Briefing"}


# --- completeness ------------------------------------------------------------------------------------------------------


def test_every_view_that_takes_a_post_is_versioned_or_excused():
    versioned = {play.view for play in PLAYS} | TESTED_IN_ITS_ROOM | BUTTONS
    assert posting_views() == versioned | MAKES_A_ROW | set(EXCUSED)
    assert len(versioned) + len(MAKES_A_ROW) + len(EXCUSED) == len(posting_views())


VERSIONED_MODELS = {model.__name__ for model in apps.get_models() if any(one.name == "version" for one in model._meta.fields)}
DEEDS_WITHOUT = {
    "campaigns.assign_task": "adds tasks for units that have none",
    "campaigns.form_work_groups": "adds subgroups; a name that stands already is left alone",
    "campaigns.appoint_member": "adds a member",
    "ledger.add_comment": "adds a comment",
    "ledger.fetch_file": "reads",
    "organizations.hand_over": "see cadre_hand_over above",
    "organizations.link_account": "sets the account, which no form edits",
    "reports.ask_file": "reads",
    "reports.take_form": "reads",
    "ledger.remind_owner": "changes nothing of the row",
    "selfcheck.ask_unsealing": "makes a row",
    "selfcheck.assign_reviewers": "takes only reports without a reviewer",
    "selfcheck.include_newcomers": "makes rows for whoever has none",
    "selfcheck.urge_missing": "makes a row",
    "selfcheck.assign_reviewer": "see reviewer_assign above",
    "selfcheck.read_body": "reads",
    "selfcheck.take_notice": "one way",
    "selfcheck.take_snapshot": "makes a row, once",
}


def test_every_deed_on_a_versioned_row_takes_the_version_read():
    without = set()
    for name in DEEDS:
        arguments = FUNCTIONS[name].args
        first = (arguments.args or [None])[0]
        of = getattr(getattr(first, "annotation", None), "id", "")
        if of in VERSIONED_MODELS and "version" not in {one.arg for one in arguments.kwonlyargs}:
            without.add(name)
    assert without == set(DEEDS_WITHOUT)


def test_a_program_that_read_nothing_is_not_asked(world, db):
    cast, _kwargs = world
    organizations.change_unit(cast.unit_a, name="一", by=None, at=timezone.now())
    assert organizations.change_unit(cast.unit_a, name="二", by=None, at=timezone.now()).version == 3


def test_a_conflict_carries_the_row_that_stands_now(world, db):
    cast, _kwargs = world
    organizations.change_unit(cast.unit_a, name="一", version=1, by=None, at=timezone.now())
    with pytest.raises(Conflict) as told:
        organizations.change_unit(cast.unit_a, name="二", version=1, by=None, at=timezone.now())
    assert (told.value.row.name, told.value.row.version, told.value.is_final) == ("一", 2, False)
