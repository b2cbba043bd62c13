"""The pages of supervision."""

import datetime as dt
import uuid

import pytest
from django import forms
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from ledger.actions import register_problem
from ledger.models import Problem
from organizations.actions import check_counts, grant_role
from organizations.roles import Role
from supervision.actions import (
    count_clues,
    enter_regulation,
    make_suggestion,
    raise_finding,
    raise_organ_issue,
    record_supervision,
    record_visit,
)
from supervision.models import ClueCount, Finding, OrganIssue, Regulation, Suggestion, SupervisionRecord, Visit
from tests.cast import NOW

DAY = dt.timedelta(days=1)


def today() -> dt.date:
    return timezone.localdate()


def at(name: str, *args) -> str:
    return reverse(f"supervision:{name}", args=args)


def text(response) -> str:
    """What the page says, without line breaks and tags' spacing."""
    return "".join(response.content.decode().split())


def token() -> dict:
    return {"once": str(uuid.uuid4())}


def talk(cast, user, **facts):
    facts = {"kind": "talk", "level": "work"} | facts
    return record_supervision(cast.campaign, cadre=cast.person(user), by=cast.office, at=NOW, **facts)


@pytest.fixture
def visit(cast):
    return record_visit(cast.campaign, unit=cast.unit_b, team="第一督导组", held_on=today() - DAY, form="查阅资料", summary="总体有序", by=cast.supervisor, at=timezone.now())


# --- records ------------------------------------------------------------------------------------------------------------


def test_record_list_counts_work_against_thought(cast, signed_in):
    talk(cast, cast.cadre, result="进一步熟悉业务")
    talk(cast, cast.stranger)
    talk(cast, cast.chief, kind="debriefing", level="thought")
    response = signed_in(cast.office).get(at("record_list"))
    page = text(response)
    assert "工作层面2人次" in page and "思想层面1人次" in page and "进一步熟悉业务" in page and "登记监督记录" in page
    lines = [(kind, [n for _level, n in cells], total) for kind, _label, cells, total in response.context["table"]["lines"]]
    assert lines == [("appraisal", [0, 0], 0), ("debriefing", [0, 1], 1), ("talk", [2, 0], 2)]


def test_record_list_narrows_by_kind_level_and_unit(cast, signed_in):
    talk(cast, cast.cadre)
    talk(cast, cast.stranger, level="thought")
    talk(cast, cast.chief, kind="appraisal")
    client = signed_in(cast.director)

    def names(query):
        return {r.cadre.name for r in client.get(at("record_list") + query).context["page"]}

    assert names("?kind=talk") == {"林知夏", "梁静姝"}
    assert names("?kind=talk&level=thought") == {"梁静姝"}
    assert names(f"?unit={cast.bureau.pk}") == {"林知夏", "唐克勤"}
    assert names("?kind=x&unit=y") == {"林知夏", "梁静姝", "唐克勤"}
    assert "工作层面2人次" in text(client.get(at("record_list") + f"?unit={cast.bureau.pk}&kind=appraisal"))


def test_record_list_counts_what_it_lists_kept_or_not(cast, signed_in):
    """Of a leader further down, whose own talk is outside what they lead, too; the second time the counts are kept."""
    talk(cast, cast.stranger, level="thought")
    talk(cast, cast.chief)
    talk(cast, cast.cadre, kind="appraisal")
    grant_role(cast.chief, role=Role.LEADER, unit=cast.unit_b, by=None, at=NOW)
    queries = ["", "?kind=talk", "?level=work", "?kind=talk&level=thought", f"?unit={cast.unit_b.pk}"]
    for _time in range(2):
        for who, wanted in ((cast.office, [3, 2, 2, 1, 1]), (cast.chief, [2, 2, 1, 1, 1]), (cast.inspection, [3, 2, 2, 1, 1])):
            client = signed_in(who)
            seen = [client.get(at("record_list") + query).context for query in queries]
            assert [page["page"].paginator.count for page in seen] == wanted == [len(page["page"]) for page in seen]
            assert [page["table"]["all"] for page in seen] == [wanted[0]] * 4 + [1]
        check_counts(by=None, at=NOW)


def test_record_list_sends_the_clue_group_to_its_counts(cast, signed_in):
    assert signed_in(cast.clues).get(at("record_list")).url == at("clue_list")


def test_record_list_keeps_its_door(cast, signed_in):
    assert [signed_in(u).get(at("record_list")).status_code for u in (cast.cadre, cast.liaison, cast.reviewer, cast.administrator)] == [403] * 4
    assert signed_in(cast.outsider).get(at("record_list")).status_code == 404
    page = text(signed_in(cast.supervisor).get(at("record_list")))
    assert "还没有监督记录" in page and "登记监督记录" not in page


def record_data(cast, **changes):
    return {"kind": "talk", "level": "thought", "cadre": cast.person(cast.cadre).pk, "held_on": str(today()), "conducted_by": "赵念安", "content": "谈思想", "result": "已提醒"} | token() | changes


def test_record_new_writes_one(cast, signed_in):
    assert signed_in(cast.office).post(at("record_new"), record_data(cast)).url == at("record_list")
    row = SupervisionRecord.objects.get()
    assert (row.kind, row.level, row.cadre.name, row.held_on, row.conducted_by, row.content, row.result, row.entered_by) == (
        "talk", "thought", "林知夏", today(), "赵念安", "谈思想", "已提醒", cast.office,
    )


def test_record_new_offers_only_cadres_of_the_scope(cast, signed_in):
    client = signed_in(cast.office)
    assert "邻若水" not in text(client.get(at("record_new")))
    assert client.post(at("record_new"), record_data(cast, cadre=cast.person(cast.outsider).pk)).context["form"].errors["cadre"]
    assert not SupervisionRecord.objects.exists()


def test_record_new_gives_back_what_was_typed(cast, signed_in):
    page = text(signed_in(cast.office).post(at("record_new"), record_data(cast, held_on=str(today() + DAY), content="谈了一小时")))
    assert "日期不能晚于今天" in page and "谈了一小时" in page and not SupervisionRecord.objects.exists()


def test_record_new_twice_with_one_token_makes_one_and_is_the_offices(cast, signed_in):
    client, data = signed_in(cast.office), record_data(cast)
    for _try in range(2):
        client.post(at("record_new"), data)
    assert SupervisionRecord.objects.count() == 1
    assert [signed_in(u).get(at("record_new")).status_code for u in (cast.director, cast.supervisor, cast.cadre)] == [403] * 3


def test_record_detail_is_read_in_scope_and_by_its_subject(cast, signed_in):
    row = talk(cast, cast.cadre, content="谈了思想状况", held_on=dt.date(2026, 9, 1))
    for user in (cast.director, cast.office, cast.supervisor, cast.cadre):
        page = text(signed_in(user).get(at("record_detail", row.pk)))
        assert "谈心谈话：林知夏" in page and "谈了思想状况" in page and "2026年9月1日" in page
    assert [signed_in(u).get(at("record_detail", row.pk)).status_code for u in (cast.colleague, cast.stranger, cast.clues, cast.liaison, cast.outsider)] == [404] * 5


# --- visits -------------------------------------------------------------------------------------------------------------


def test_visit_list_counts_findings(cast, signed_in, visit):
    raise_finding(visit, text="甲", by=cast.supervisor, at=NOW)
    raise_finding(visit, text="乙", to_ledger=False, by=cast.supervisor, at=NOW)
    page = text(signed_in(cast.director).get(at("visit_list")))
    assert "督导检查1次" in page and "反馈意见2条" in page and "列入台账1条，其中已销号0条" in page and "石桥街道纪工委" in page
    assert "登记督导检查" not in page
    assert signed_in(cast.stranger).get(at("visit_list")).status_code == 403


def visit_data(cast, **changes):
    return {"unit": cast.unit_b.pk, "team": "第一督导组", "held_on": str(today()), "form": "听取汇报", "summary": "总体有序"} | token() | changes


@pytest.mark.parametrize("who", ["supervisor", "office"])
def test_visit_new_by_the_team_or_the_office(cast, signed_in, who):
    user = getattr(cast, who)
    response = signed_in(user).post(at("visit_new"), visit_data(cast))
    row = Visit.objects.get()
    assert response.url == at("visit_detail", row.pk)
    assert (row.unit, row.team, row.held_on, row.form, row.summary, row.entered_by) == (cast.unit_b, "第一督导组", today(), "听取汇报", "总体有序", user)


def test_visit_new_refuses_a_foreign_unit_a_later_day_and_a_second_try(cast, signed_in):
    client = signed_in(cast.supervisor)
    assert client.post(at("visit_new"), visit_data(cast, unit=cast.elsewhere.pk)).context["form"].errors["unit"]
    page = text(client.post(at("visit_new"), visit_data(cast, held_on=str(today() + DAY), summary="写好的情况")))
    assert "日期不能晚于今天" in page and "写好的情况" in page and not Visit.objects.exists()
    data = visit_data(cast)
    for _try in range(2):
        client.post(at("visit_new"), data)
    assert Visit.objects.count() == 1
    assert signed_in(cast.director).get(at("visit_new")).status_code == 403
    assert signed_in(cast.liaison).get(at("visit_new")).status_code == 403


def test_visit_detail_shows_how_far_each_finding_is(cast, signed_in, visit):
    finding = raise_finding(visit, text="学习计划未落实", due_on=today() + DAY, by=cast.supervisor, at=timezone.now())
    register_problem(finding.problem, by=cast.office, at=timezone.now())
    raise_finding(visit, text="建议加强沟通", to_ledger=False, by=cast.supervisor, at=NOW)
    page = text(signed_in(cast.supervisor).get(at("visit_detail", visit.pk)))
    assert "第一督导组督导石桥街道纪工委" in page and "总体有序" in page and "反馈意见2条" in page
    assert f'href="/ledger/problems/{finding.problem_id}/">{finding.problem.code}' in page
    assert 'data-status="open">整改中' in page and "还剩1天" in page and "未列入台账" in page
    assert "反馈意见</a>" in page and "反馈意见</a>" not in text(signed_in(cast.director).get(at("visit_detail", visit.pk)))


def test_visit_detail_keeps_its_door(cast, signed_in, visit):
    assert signed_in(cast.stranger).get(at("visit_detail", visit.pk)).status_code == 403
    assert signed_in(cast.outsider).get(at("visit_detail", visit.pk)).status_code == 404
    assert signed_in(cast.clues).get(at("visit_detail", visit.pk)).status_code == 403


def finding_data(**changes):
    return {"text": "学习计划未按月落实。", "to_ledger": "on"} | token() | changes


def test_finding_new_is_refused_to_a_team_of_another_unit_that_may_only_read(cast, signed_in, visit):
    grant_role(cast.director, role=Role.SUPERVISOR, unit=cast.unit_a, by=None, at=NOW)
    client = signed_in(cast.director)
    assert client.get(at("visit_detail", visit.pk)).status_code == 200
    assert client.get(at("finding_new", visit.pk)).status_code == 403
    assert client.post(at("finding_new", visit.pk), {"text": "意见"} | token()).status_code == 403 and not Finding.objects.exists()


def test_visit_detail_leads_to_no_problem_one_may_not_see(cast, signed_in, visit):
    problem = raise_finding(visit, text="意见", by=cast.supervisor, at=NOW).problem
    grant_role(cast.stranger, role=Role.LEADER, unit=cast.unit_b, by=None, at=NOW)
    address = f'href="/ledger/problems/{problem.pk}/"'
    assert address in signed_in(cast.stranger).get(at("visit_detail", visit.pk)).content.decode()
    Problem.objects.update(responsible_unit=cast.unit_a, responsible_person=None)
    assert address not in signed_in(cast.stranger).get(at("visit_detail", visit.pk)).content.decode()


def test_finding_new_enters_the_ledger(cast, signed_in, visit):
    due, person = today() + 5 * DAY, cast.person(cast.stranger)
    response = signed_in(cast.supervisor).post(at("finding_new", visit.pk), finding_data(due_on=str(due), responsible_person=person.pk))
    problem = Problem.objects.get()
    assert response.url == at("visit_detail", visit.pk)
    assert (problem.title, problem.due_on, problem.responsible_unit, problem.responsible_person, problem.reported_by) == ("学习计划未按月落实", due, cast.unit_b, person, cast.supervisor)
    assert problem.findings.get().visit == visit and cast.stranger.notices.count() == 1
    assert f"列入台账，编号{problem.code}" in text(signed_in(cast.supervisor).get(response.url))


def test_finding_new_goes_under_a_problem_of_the_unit(cast, signed_in, visit):
    client = signed_in(cast.supervisor)
    client.post(at("finding_new", visit.pk), finding_data())
    problem = Problem.objects.get()
    assert f"{problem.code}　学习计划未按月落实" in client.get(at("finding_new", visit.pk)).content.decode()
    client.post(at("finding_new", visit.pk), finding_data(text="学习计划又未落实。", into=problem.pk))
    assert list(problem.findings.values_list("text", flat=True)) == ["学习计划未按月落实。", "学习计划又未落实。"] and Problem.objects.count() == 1
    client.get(at("visit_detail", visit.pk))  # where it was told
    assert text(client.get(at("visit_detail", visit.pk))).count(problem.code) == 2


def test_finding_new_outside_the_ledger(cast, signed_in, visit):
    signed_in(cast.supervisor).post(at("finding_new", visit.pk), {"text": "口头建议"} | token())
    assert Finding.objects.get().problem is None and not Problem.objects.exists()


def test_finding_new_refuses_a_past_date_and_people_of_other_units(cast, signed_in, visit):
    client = signed_in(cast.supervisor)
    page = text(client.post(at("finding_new", visit.pk), finding_data(due_on=str(today() - DAY))))
    assert "整改时限不能早于今天" in page and "学习计划未按月落实" in page
    assert client.post(at("finding_new", visit.pk), finding_data(responsible_person=cast.person(cast.cadre).pk)).context["form"].errors["responsible_person"]
    assert not Finding.objects.exists() and not Problem.objects.exists()


def test_finding_new_twice_with_one_token_makes_one_and_is_the_teams(cast, signed_in, visit):
    client, data = signed_in(cast.supervisor), finding_data()
    for _try in range(2):
        client.post(at("finding_new", visit.pk), data)
    assert (Finding.objects.count(), Problem.objects.count()) == (1, 1)
    assert signed_in(cast.director).get(at("finding_new", visit.pk)).status_code == 403
    assert signed_in(cast.office).get(at("finding_new", visit.pk)).status_code == 403
    grant_role(cast.outsider, role=Role.SUPERVISOR, unit=cast.elsewhere, by=None, at=NOW)
    assert signed_in(cast.outsider).get(at("finding_new", visit.pk)).status_code == 404


# --- the system itself --------------------------------------------------------------------------------------------------


def test_issue_list_is_one_page_of_issues_rules_and_suggestions(cast, signed_in):
    raise_organ_issue(cast.campaign, title="内控机构不健全", description="没有专门机构", causes=["任务重", "兼职"], by=cast.office, at=NOW)
    enter_regulation(cast.campaign, title="日常监督管理办法", evaluation="比较笼统", by=cast.office, at=NOW)
    make_suggestion(cast.campaign, addressee="市纪委", topic="政策支持", text="支持机构设置", by=cast.office, at=NOW)
    page = text(signed_in(cast.director).get(at("issue_list")))
    for words in ("检视出机构制度问题1类", "（一）内控机构不健全", "没有专门机构", "原因一：任务重", "原因二：兼职", "日常监督管理办法", "比较笼统", "政策支持", "支持机构设置", "尚无答复"):
        assert words in page
    assert "登记问题" not in page and "登记答复" not in page
    assert "登记答复" in text(signed_in(cast.office).get(at("issue_list")))
    assert [signed_in(u).get(at("issue_list")).status_code for u in (cast.cadre, cast.clues, cast.liaison)] == [403] * 3


def test_issue_list_of_a_leader_below_the_campaigns_unit_shows_nothing_of_it(cast, signed_in):
    raise_organ_issue(cast.campaign, title="内控机构不健全", description="没有专门机构", causes=[], by=cast.office, at=NOW)
    enter_regulation(cast.campaign, title="日常监督管理办法", evaluation="比较笼统", by=cast.office, at=NOW)
    make_suggestion(cast.campaign, addressee="市纪委", topic="政策支持", text="支持机构设置", by=cast.office, at=NOW)
    grant_role(cast.stranger, role=Role.LEADER, unit=cast.unit_b, by=None, at=NOW)
    response = signed_in(cast.stranger).get(at("issue_list"))
    assert response.status_code == 200
    assert not [words for words in ("内控机构不健全", "日常监督管理办法", "政策支持") if words in text(response)]


ENTRIES = [
    ("issue_new", OrganIssue, {"title": "制度机制不完善", "description": "只有一项办法", "causes": "笼统\n\n缺少约束"}),
    ("regulation_new", Regulation, {"title": "日常监督管理办法", "issued_on": "2021-05-01", "is_in_force": "on", "evaluation": "比较笼统"}),
    ("suggestion_new", Suggestion, {"addressee": "市纪委", "topic": "业务培训", "text": "加强对街道的指导"}),
]


@pytest.mark.parametrize(("name", "model", "data"), ENTRIES)
def test_entries_of_the_system_page(cast, signed_in, name, model, data):
    client, once = signed_in(cast.office), data | token()
    assert [client.post(at(name), once).url for _try in range(2)] == [at("issue_list")] * 2
    row = model.objects.get()
    assert {key: str(getattr(row, key)) for key in data if key not in ("causes", "is_in_force")} == {key: value for key, value in data.items() if key not in ("causes", "is_in_force")}
    assert row.entered_by == cast.office
    if model is OrganIssue:
        assert list(row.causes.values_list("text", flat=True)) == ["笼统", "缺少约束"]


@pytest.mark.parametrize(("name", "model", "data"), ENTRIES)
def test_entries_of_the_system_page_refuse_gaps_and_other_people(cast, signed_in, name, model, data):
    first, *rest = data
    response = signed_in(cast.office).post(at(name), data | {first: ""} | token())
    assert response.status_code == 200 and response.context["form"].errors[first] and data[rest[0]] in response.content.decode()
    assert [signed_in(u).get(at(name)).status_code for u in (cast.director, cast.supervisor, cast.cadre)] == [403] * 3
    assert signed_in(cast.outsider).get(at(name)).status_code == 404
    assert not model.objects.exists()


def test_suggestion_answer_writes_the_reply(cast, signed_in):
    suggestion = make_suggestion(cast.campaign, addressee="市纪委", topic="业务培训", text="加强指导", by=cast.office, at=NOW)
    client = signed_in(cast.office)
    assert client.post(at("suggestion_answer", suggestion.pk), {"reply": ""} | token()).context["form"].errors["reply"]
    assert client.post(at("suggestion_answer", suggestion.pk), {"reply": "下季度安排", "version": 1} | token()).url == at("issue_list")
    suggestion.refresh_from_db()
    assert suggestion.reply == "下季度安排" and "下季度安排" in text(client.get(at("issue_list")))
    assert signed_in(cast.director).get(at("suggestion_answer", suggestion.pk)).status_code == 403
    assert signed_in(cast.outsider).get(at("suggestion_answer", suggestion.pk)).status_code == 404


def test_suggestion_answer_is_refused_to_an_office_below_that_may_only_read_it(cast, signed_in):
    suggestion = make_suggestion(cast.campaign, addressee="市纪委", topic="业务培训", text="加强指导", by=cast.office, at=NOW)
    grant_role(cast.director, role=Role.OFFICE, unit=cast.unit_b, by=None, at=NOW)
    client = signed_in(cast.director)
    assert client.get(at("suggestion_answer", suggestion.pk)).status_code == 403
    assert client.post(at("suggestion_answer", suggestion.pk), {"reply": "下季度安排", "version": 1} | token()).status_code == 403
    suggestion.refresh_from_db()
    assert suggestion.reply == ""


# --- counts of clues ----------------------------------------------------------------------------------------------------


def counted(cast, **counts):
    return count_clues(cast.campaign, period_start=today() - 30 * DAY, period_end=today() - DAY, by=cast.clues, at=NOW, **({"received": 37, "handling": 29} | counts))


def test_clue_list_is_for_the_clue_group_and_leaders_only(cast, signed_in):
    counted(cast)
    seen = {name: signed_in(getattr(cast, name)).get(at("clue_list")) for name in ("director", "clues")}
    for page in map(text, seen.values()):
        assert "在办29件" in page and ">37</td>" in page
    assert "填报件数" in text(seen["clues"]) and "填报件数" not in text(seen["director"])
    hidden = [cast.office, cast.reviewer, cast.supervisor, cast.chief, cast.liaison, cast.cadre, cast.stranger, cast.administrator, cast.outsider]
    assert [signed_in(u).get(at("clue_list")).status_code for u in hidden] == [403] * 9


def test_clue_list_of_a_clue_group_below_shows_none_of_the_campaigns(cast, signed_in):
    counted(cast)
    grant_role(cast.stranger, role=Role.CLUES, unit=cast.unit_b, by=None, at=NOW)
    response = signed_in(cast.stranger).get(at("clue_list"))
    assert response.status_code == 200 and "在办29件" not in text(response) and ">37</td>" not in text(response)
    assert [signed_in(cast.stranger).get(at("clue_form")).status_code, signed_in(cast.stranger).post(at("clue_form"), clue_data()).status_code] == [403, 403]


def test_clue_counts_stand_on_no_other_page_of_this_room(cast, signed_in, visit):
    counted(cast)
    for user in (cast.office, cast.director, cast.supervisor):
        for url in (at("record_list"), at("visit_list"), at("visit_detail", visit.pk), at("issue_list")):
            page = text(signed_in(user).get(url))
            assert ">37<" not in page and "在办29件" not in page
    assert at("clue_list") not in text(signed_in(cast.office).get(at("record_list")))
    assert at("clue_list") in text(signed_in(cast.director).get(at("record_list")))


def clue_data(**changes):
    start, end = today() - 30 * DAY, today() - DAY
    return {"period_start": str(start), "period_end": str(end), "received": 3, "handling": 2, "enquiry": 1, "filed": 0, "concluded": 1} | token() | changes


def test_clue_form_has_dates_and_numbers_only_and_says_so(cast, signed_in):
    response = signed_in(cast.clues).get(at("clue_form"))
    assert {type(f) for f in response.context["form"].fields.values()} == {forms.DateField, forms.IntegerField}
    assert "不得在本系统任何地方填写线索涉及的人员姓名、单位和线索内容" in text(response)


def test_clue_form_writes_and_corrects_a_period(cast, signed_in):
    client = signed_in(cast.clues)
    data = clue_data()
    assert [client.post(at("clue_form"), data).url for _try in range(2)] == [at("clue_list")] * 2
    row = ClueCount.objects.get()
    assert (row.received, row.handling, row.enquiry, row.filed, row.concluded, row.entered_by) == (3, 2, 1, 0, 1, cast.clues)
    url = at("clue_form") + f"?row={row.pk}"
    assert client.get(url).context["form"]["received"].value() == 3
    client.post(url, clue_data(received=5, period_start="2020-01-01", version=1))
    row = ClueCount.objects.get()
    assert (row.received, row.period_start) == (5, today() - 30 * DAY)


@pytest.mark.parametrize(("changes", "words"), [
    ({"received": -1}, "大于或等于0"), ({"received": "三"}, "整数"), ({"period_end": "2020-01-01"}, "止日不能早于起日"), ({"period_end": "2099-01-01"}, "止日不能晚于今天"), ({"handling": ""}, "请填写"),
])
def test_clue_form_refuses_what_cannot_be(cast, signed_in, changes, words):
    response = signed_in(cast.clues).post(at("clue_form"), clue_data(**changes))
    assert response.context["form"].errors and words.replace(" ", "") in text(response), response.context["form"].errors
    assert response.context["form"]["concluded"].value() == "1" and not ClueCount.objects.exists()


def test_clue_form_is_the_clue_groups(cast, signed_in):
    assert [signed_in(u).get(at("clue_form")).status_code for u in (cast.director, cast.office, cast.supervisor, cast.cadre)] == [403] * 4
    assert signed_in(cast.director).post(at("clue_form"), clue_data()).status_code == 403
    grant_role(cast.chief, role=Role.CLUES, unit=cast.elsewhere, by=None, at=NOW)
    assert signed_in(cast.chief).get(at("clue_form")).status_code == 403
    assert not ClueCount.objects.exists()


# --- cost ---------------------------------------------------------------------------------------------------------------


def queries(client, url, django_assert_max_num_queries) -> int:
    with django_assert_max_num_queries(15) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["record_list", "visit_list", "issue_list", "clue_list"])
def test_lists_cost_the_same_with_1_and_30_rows(cast, signed_in, django_assert_max_num_queries, name):
    def fill(n):
        talk(cast, cast.cadre)
        raise_finding(record_visit(cast.campaign, unit=cast.unit_b, team=f"{n}组", by=cast.supervisor, at=NOW), text="意见", by=cast.supervisor, at=NOW)
        raise_organ_issue(cast.campaign, title=f"问题{n}", causes=["因"], by=cast.office, at=NOW)
        enter_regulation(cast.campaign, title=f"办法{n}", by=cast.office, at=NOW)
        make_suggestion(cast.campaign, addressee="市", topic="训", text="议", by=cast.office, at=NOW)
        count_clues(cast.campaign, period_start=today() - n * DAY, period_end=today() - n * DAY, by=cast.clues, at=NOW)
        connection.finish()  # as the deeds' commits would

    fill(1)
    client = signed_in(cast.director)
    few = queries(client, at(name), django_assert_max_num_queries)
    for n in range(2, 31):
        fill(n)
    assert queries(client, at(name), django_assert_max_num_queries) == few


def test_visit_detail_costs_the_same_with_1_and_30_findings(cast, signed_in, visit, django_assert_max_num_queries):
    client, url = signed_in(cast.supervisor), at("visit_detail", visit.pk)
    raise_finding(visit, text="意见", by=cast.supervisor, at=NOW)
    few = queries(client, url, django_assert_max_num_queries)
    for _n in range(29):
        raise_finding(visit, text="意见", by=cast.supervisor, at=NOW)
    assert queries(client, url, django_assert_max_num_queries) == few
