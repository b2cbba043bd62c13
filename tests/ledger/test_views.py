"""The pages of the ledger: who gets them, what they say, what a click does."""

import datetime as dt
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.templatetags.page import day
from audit.models import Event
from ledger import actions
from ledger.forms import ProblemForm
from ledger.listing import rate
from ledger.models import ExtensionRequest, Measure, Problem, Progress, RuleMakingItem, StatusChange
from ledger.moves import MOVES, legal_moves
from organizations.actions import grant_role
from organizations.roles import Role
from tests.cast import NOW
from tests.ledger import plays
from tests.ledger.plays import DAY, S


def today() -> dt.date:
    return timezone.localdate()


def live(cast, state=S.OPEN, *, due=10, **facts) -> Problem:
    """A problem in this state, as of the real clock."""
    due_on = today() + due * DAY if due is not None else None
    return plays.in_state(cast, state, at=timezone.now(), due_on=due_on, **facts)


def page(client, name: str, *args, **query) -> str:
    response = client.get(reverse(f"ledger:{name}", args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def send(client, name: str, problem: Problem, **data):
    """Post a move's form as the page would: with the version it showed."""
    return client.post(reverse(f"ledger:{name}", args=[problem.pk]), {"version": problem.version} | data)


def titles(html: str) -> list[str]:
    return [part.split(">", 1)[1].split("<", 1)[0] for part in html.split('class="title"')[1:]]


# --- the list ---------------------------------------------------------------------


def test_problem_list_tells_the_counts_and_puts_overdue_first(cast, signed_in):
    for state in (S.REPORTED, S.CLOSED, S.DISMISSED, S.MERGED, S.SUBMITTED):
        live(cast, state, title=f"{state}的一件", due=30)
    live(cast, title="还早", due=30)
    live(cast, title="快到了", due=3)
    live(cast, title="过了", due=-2)
    html = page(signed_in(cast.office), "problem_list")
    text = " ".join(html.split())
    assert "<h1>整改台账</h1>" in html
    # the merged one went into one more open problem, “另一件”
    assert "共 9 件：应整改" in text and ">6</a> 件，已销号" in text and ">1</a> 件，" in text and ">销号率 16.7%<" in text
    tabs = html.split('class="views"')[1].split("</nav>")[0]
    for label in ["全部 9", "未销号 5", "等我验收 1", "已逾期 1", "7 天内到期 1", "待确认 1", "已销号 1"]:
        assert f">{label}</a>" in tabs
    assert titles(html)[0] == "过了"
    assert "逾期 2 天" in html and "还剩 3 天" in html


@pytest.mark.parametrize("view, expected", [
    ("all", {"新", "办", "提", "销", "迟"}), ("not_closed", {"办", "提", "迟"}), ("awaiting", {"提"}), ("overdue", {"迟"}), ("soon", set()),
    ("reported", {"新"}), ("closed", {"销"}), ("counted", {"办", "提", "销", "迟"}), ("dismissed", set()), ("nonsense", {"新", "办", "提", "销", "迟"}),
])
def test_problem_list_views(cast, signed_in, view, expected):
    for state, title in [(S.REPORTED, "新"), (S.OPEN, "办"), (S.SUBMITTED, "提"), (S.CLOSED, "销")]:
        live(cast, state, title=title, due=30)
    live(cast, title="迟", due=-1)
    assert set(titles(page(signed_in(cast.reviewer), "problem_list", view=view))) == expected


@pytest.mark.parametrize("query, expected", [
    ({"q": "谈话"}, {"谈话不全"}), ({"q": "林知夏"}, {"谈话不全"}), ({"q": "002"}, {"台账不全"}), ({"q": "2"}, {"台账不全"}),
    ({"aspect": "abuse_of_power"}, {"台账不全"}), ({"source": "visit"}, {"台账不全"}), ({"track": "immediate"}, {"台账不全"}),
    ({"unit": "unit_b"}, {"台账不全"}), ({"unit": "bureau"}, {"谈话不全"}), ({"unit": "organ"}, {"谈话不全", "台账不全"}),
    ({"q": "没有的"}, set()), ({"unit": "nonsense", "q": "谈话"}, {"谈话不全"}),
])
def test_problem_list_filters_live_in_the_address(cast, signed_in, query, expected):
    live(cast, title="谈话不全")
    live(cast, title="台账不全", unit=cast.unit_b, person=cast.person(cast.stranger), track="immediate", source="visit", aspect_key="abuse_of_power", aspect_label="滥用权力")
    if hasattr(cast, query.get("unit", "")):
        query = query | {"unit": getattr(cast, query["unit"]).pk}
    html = page(signed_in(cast.office), "problem_list", **query)
    assert set(titles(html)) == expected
    if not expected:
        assert "没有符合条件的问题" in html


def test_problem_list_finds_the_printed_code(cast, signed_in):
    live(cast)
    wanted = live(cast, title="要找的")
    assert titles(page(signed_in(cast.office), "problem_list", q=wanted.code)) == ["要找的"]


def test_problem_list_offers_the_six_aspects_and_the_campaigns_own(cast, signed_in):
    live(cast, aspect_key="local_one", aspect_label="本地方面")
    html = page(signed_in(cast.office), "problem_list")
    for label in ["信仰缺失", "政治动摇", "放弃原则", "作风不正", "滥用权力", "清廉失守", "本地方面"]:
        assert f">{label}</option>" in html


def test_problem_list_for_a_cadre_is_my_problems(cast, signed_in):
    live(cast, title="自己的")
    live(cast, title="同事的", person=cast.person(cast.colleague))
    html = page(signed_in(cast.cadre), "problem_list")
    assert "<h1>我的问题</h1>" in html and titles(html) == ["自己的"]
    assert "导出台账" not in html and "登记问题" not in html and 'class="filters"' not in html


def test_problem_list_for_a_liaison_is_the_unit(cast, signed_in):
    live(cast, title="本单位")
    live(cast, title="别单位", unit=cast.unit_b, person=cast.person(cast.stranger))
    html = page(signed_in(cast.liaison), "problem_list")
    assert titles(html) == ["本单位"] and "登记问题" in html


def test_problem_list_empty_says_what_comes_next(cast, signed_in):
    html = page(signed_in(cast.office), "problem_list")
    assert "台账里还没有问题" in html and "共 0 件" in html and "%" not in html.split('class="lead"')[1].split("</p>")[0]
    assert "没有需要您整改的问题" in page(signed_in(cast.cadre), "problem_list")


def test_problem_list_in_pages_of_thirty(cast, signed_in):
    for n in range(31):
        live(cast, S.REPORTED, title=f"第{n}件")
    client = signed_in(cast.office)
    assert titles(page(client, "problem_list"))[0] == "第30件"
    assert len(titles(page(client, "problem_list"))) == 30
    assert titles(page(client, "problem_list", page=2)) == ["第0件"]
    assert "第 31—31 条，共 31 条" in page(client, "problem_list", page=2)


def test_problem_list_without_campaign_permission_is_refused(cast, signed_in):
    assert signed_in(cast.administrator).get("/ledger/problems/").status_code == 403


def queries_of(client, url: str, django_assert_max_num_queries, most: int = 15) -> int:
    client.get(url)
    with django_assert_max_num_queries(most) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("who", ["office", "cadre"])
def test_problem_list_needs_no_more_queries_for_more_rows(cast, signed_in, django_assert_max_num_queries, who):
    client = signed_in(getattr(cast, who))
    live(cast)
    one = queries_of(client, "/ledger/problems/", django_assert_max_num_queries)
    for n in range(29):
        live(cast, title=f"第{n}件")
    assert queries_of(client, "/ledger/problems/", django_assert_max_num_queries) == one


def test_rate_has_one_decimal_and_is_blank_without_a_base():
    assert [rate(688, 697), rate(453, 471), rate(1966, 1967), rate(88, 130), rate(0, 5), rate(0, 0)] == ["98.7%", "96.2%", "99.9%", "67.7%", "0.0%", ""]


# --- a new problem --------------------------------------------------------------------


def typed(cast, **changes) -> dict:
    return {
        "title": "会议记录缺席人员未写明原因", "source": "talk", "level": "person", "aspect": "improper_conduct", "manifestation": "2 次会议",
        "cause": "", "measures": "补记\n每次核对", "responsible_unit": cast.unit_a.pk, "responsible_person": cast.person(cast.cadre).pk,
        "track": "dated", "due_on": (today() + 9 * DAY).isoformat(), "deadline_text": "",
    } | changes


def test_problem_new_registers(cast, signed_in):
    client = signed_in(cast.liaison)
    assert "登记后为“待确认”" in page(client, "problem_new")
    response = client.post("/ledger/problems/new/", typed(cast))
    problem = Problem.objects.get()
    assert response.url == f"/ledger/problems/{problem.pk}/"
    assert (problem.status, problem.source, problem.aspect_key, problem.aspect_label, problem.reported_by) == ("reported", "talk", "improper_conduct", "作风不正", cast.liaison)
    assert [m.text for m in problem.measures.all()] == ["补记", "每次核对"]


def test_problem_new_groups_every_field_in_the_order_of_its_errors(cast, signed_in):
    html = page(signed_in(cast.liaison), "problem_new")
    assert re.findall(r"<h2>(.、.+?)</h2>", html) == ["一、问题情况", "二、责任", "三、整改"]
    assert re.findall(r'id="div_id_(\w+)"', html) == ProblemForm.field_order


def test_problem_new_dated_without_a_day_comes_back(cast, signed_in):
    html = signed_in(cast.liaison).post("/ledger/problems/new/", typed(cast, due_on="")).content.decode()
    assert "选“限期整改”的，须填写整改时限。" in html and "会议记录缺席人员未写明原因" in html and "补记\n每次核对" in html
    assert not Problem.objects.exists()


def test_problem_new_offers_only_units_and_people_in_scope(cast, signed_in):
    html = page(signed_in(cast.liaison), "problem_new")
    assert "林知夏（纪检监察科）" in html and "梁静姝" not in html and "石桥街道纪工委" not in html
    response = signed_in(cast.liaison).post("/ledger/problems/new/", typed(cast, responsible_unit=cast.unit_b.pk))
    assert response.status_code == 200 and not Problem.objects.exists()


def test_problem_new_twice_with_one_token_makes_one(cast, signed_in):
    client, token = signed_in(cast.liaison), str(uuid.uuid4())
    first = client.post("/ledger/problems/new/", typed(cast, once=token))
    second = client.post("/ledger/problems/new/", typed(cast, once=token))
    assert Problem.objects.count() == 1 and first.url == second.url


@pytest.mark.parametrize("who", ["cadre", "reviewer", "director", "supervisor", "administrator"])
def test_problem_new_is_for_those_who_report(cast, signed_in, who):
    assert signed_in(getattr(cast, who)).get("/ledger/problems/new/").status_code == 403


# --- one problem ------------------------------------------------------------------------


def test_problem_detail_tells_the_whole_story(cast, signed_in):
    now = timezone.now()
    problem = live(cast, verifier=cast.reviewer, measures=["补正 3 份", "每周抽查"], cause="图省事", aspect_label="作风不正", acceptance_standard="3 份齐全")
    actions.report_progress(problem, text="补了 1 份", made_on=today() - 2 * DAY, by=cast.cadre, at=now, uploads=[SimpleUploadedFile("补正.pdf", b"%PDF-1.4 a")])
    actions.request_extension(problem, reason="等材料", until=today() + 20 * DAY, by=cast.cadre, at=now)
    actions.decide_extension(ExtensionRequest.objects.get(), granted=True, by=cast.office, at=now)
    actions.submit_problem(problem, note="3 份已补正", by=cast.cadre, at=now)
    html = page(signed_in(cast.reviewer), "problem_detail", problem.pk)
    for text in [
        problem.code, "作风不正", "来源：自查", "责任人林知夏", "1. 补正 3 份", "2. 每周抽查", "图省事", "3 份齐全", "补正.pdf",
        "下一步由您办理", "核对整改材料，作出验收结论", "林知夏", "提请验收", "3 份已补正", "补了 1 份", "补录", "附材料 1 份",
        f"申请延至 {day(today() + 20 * DAY)}", f"批准延至 {day(today() + 20 * DAY)}", "确认立项", "提出问题",
    ]:
        assert text in html, text


def test_problem_detail_orders_the_story_newest_first(cast, signed_in):
    start = timezone.now() - dt.timedelta(hours=9)
    problem = plays.opened(cast, at=start, due_on=today() + 9 * DAY, register_at=start + dt.timedelta(hours=1))
    actions.report_progress(problem, text="补了 1 份", made_on=timezone.localdate(start), by=cast.cadre, at=start + dt.timedelta(hours=2))
    actions.submit_problem(problem, note="好了", by=cast.cadre, at=start + dt.timedelta(hours=3))
    timeline = page(signed_in(cast.office), "problem_detail", problem.pk).split('class="timeline"')[1]
    places = [timeline.index(word) for word in ["提请验收", "填报", "确认立项", "提出问题"]]
    assert places == sorted(places)


@pytest.mark.parametrize("state, who, says", [
    (S.REPORTED, "office", "下一步由您办理"), (S.REPORTED, "cadre", "下一步由领导小组办公室办理"),
    (S.OPEN, "cadre", "下一步由您办理"), (S.OPEN, "office", "下一步由林知夏办理"),
    (S.SUBMITTED, "reviewer", "下一步由您办理"), (S.SUBMITTED, "cadre", "下一步由有验收权限的人员办理"),
    (S.VERIFIED, "office", "下一步由您办理"), (S.DEFERRED, "cadre", "暂缓至"),
    (S.CLOSED, "cadre", "结果：完成"), (S.DISMISSED, "cadre", "经核实不成立"), (S.MERGED, "cadre", "已并入"),
])
def test_problem_detail_says_who_is_next(cast, signed_in, state, who, says):
    problem = live(cast, state)
    assert says in page(signed_in(getattr(cast, who)), "problem_detail", problem.pk)


def test_who_handed_it_in_is_not_named_as_the_one_to_verify(cast, signed_in):
    """The named verifier also reports for the unit and handed the problem in: somebody else goes on."""
    problem = actions.register_problem(plays.reported(cast, at=timezone.now(), due_on=today() + 9 * DAY), verifier=cast.inspection, by=cast.office, at=timezone.now())
    actions.submit_problem(problem, note="好了", by=cast.inspection, at=timezone.now())
    assert "下一步由有验收权限的其他人员办理" in page(signed_in(cast.cadre), "problem_detail", problem.pk)
    assert "下一步由有验收权限的其他人员办理" in page(signed_in(cast.inspection), "problem_detail", problem.pk)
    assert "下一步由您办理" in page(signed_in(cast.reviewer), "problem_detail", problem.pk)


def test_a_deadline_that_may_be_needed_is_not_marked_optional(cast, signed_in):
    client = signed_in(cast.office)
    again = live(cast, S.CLOSED)
    for html in (page(client, "problem_new"), page(client, "problem_register", live(cast, S.REPORTED).pk), page(client, "problem_recur", again.pk)):
        label = html.split("整改时限")[1].split("</label>")[0]
        assert "选填" not in label
        assert "限期整改必填" in html


def test_problem_detail_links_what_came_before_and_after(cast, signed_in):
    closed = live(cast, S.CLOSED)
    again = actions.recur_problem(closed, manifestation="又有", track="immediate", by=cast.office, at=timezone.now())
    client = signed_in(cast.office)
    assert f'/ledger/problems/{again.pk}/">{again.code}' in page(client, "problem_detail", closed.pk)
    assert f'/ledger/problems/{closed.pk}/">{closed.code}' in page(client, "problem_detail", again.pk)


def test_problem_detail_does_not_name_a_problem_one_may_not_see(cast, signed_in):
    into = live(cast, title="别单位的事", unit=cast.unit_b, person=cast.person(cast.stranger))
    problem = actions.merge_problem(live(cast), into=into, by=cast.office, at=timezone.now())
    html = page(signed_in(cast.cadre), "problem_detail", problem.pk)
    assert into.code in html and "别单位的事" not in html
    assert "别单位的事" in page(signed_in(cast.office), "problem_detail", problem.pk)


@pytest.mark.parametrize("who", ["stranger", "colleague", "outsider", "clues"])
def test_a_stranger_finds_no_problem(cast, signed_in, who):
    problem = live(cast)
    client = signed_in(getattr(cast, who))
    names = ["problem_detail", *MOVES]
    assert {client.get(reverse(f"ledger:{name}", args=[problem.pk])).status_code for name in names} == {404}


def test_problem_detail_needs_no_more_queries_for_a_longer_story(cast, signed_in, django_assert_max_num_queries):
    problem, client = live(cast, measures=["一"]), signed_in(cast.office)
    url = f"/ledger/problems/{problem.pk}/"

    def more(n):
        upload = SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4 " + str(n).encode())
        actions.report_progress(problem, text=f"进展 {n}", made_on=today(), by=cast.cadre, at=timezone.now(), uploads=[upload])
        actions.plan_measure(problem, text=f"措施 {n}", owner=cast.person(cast.cadre), by=cast.office, at=timezone.now())
        request = actions.request_extension(problem, reason="等", until=Problem.objects.get(pk=problem.pk).due_on + DAY, by=cast.cadre, at=timezone.now())
        actions.decide_extension(request, granted=True, by=cast.office, at=timezone.now())

    more(0)
    one = queries_of(client, url, django_assert_max_num_queries, 30)
    for n in range(1, 11):
        more(n)
    assert queries_of(client, url, django_assert_max_num_queries, 30) == one


# --- buttons and doors are one table ---------------------------------------------------------


RIGHTS = {
    "office": {"problem_register", "problem_dismiss", "extension_decide", "problem_submit", "progress_new", "problem_close_at_once", "problem_verify",
               "problem_send_back", "problem_close", "problem_resume", "measure_new", "extension_new", "problem_merge", "problem_defer", "problem_recur", "milestone_new", "problem_change"},
    "liaison": {"problem_submit", "progress_new", "measure_new", "milestone_new", "extension_new", "problem_close", "problem_recur"},
    "cadre": {"problem_submit", "progress_new", "measure_new", "milestone_new", "extension_new"},
    "reviewer": {"problem_verify", "problem_send_back"},
    "director": set(),
    "supervisor": set(),
}


@pytest.mark.parametrize("who", RIGHTS)
def test_rights_are_these_and_no_others(cast, who):
    problem = live(cast)
    assert {name for name, move in MOVES.items() if move.is_for(getattr(cast, who), problem)} == RIGHTS[who]


@pytest.mark.parametrize("state", S.values)
@pytest.mark.parametrize("who", RIGHTS)
def test_every_button_opens_a_door_and_there_is_no_door_without_a_button(cast, signed_in, who, state):
    problem, user = live(cast, state, track="immediate"), getattr(cast, who)
    if state == S.OPEN:
        actions.request_extension(problem, reason="等", until=today() + 20 * DAY, by=cast.cadre, at=timezone.now())
    client = signed_in(user)
    html = page(client, "problem_detail", problem.pk)
    legal = {move.name for move in legal_moves(user, problem, timezone.now())}
    for name in MOVES:
        url = reverse(f"ledger:{name}", args=[problem.pk])
        status = client.get(url).status_code
        assert (f'href="{url}"' in html) == (name in legal) == (status == 200), name
        assert status == (200 if name in legal else 302 if name in RIGHTS[who] else 403), name


def test_the_primary_button_is_one(cast, signed_in):
    for state in S.values:
        html = page(signed_in(cast.office), "problem_detail", live(cast, state).pk)
        assert html.count("btn-primary") <= 1, state


def test_a_move_whose_time_is_past_says_so(cast, signed_in):
    problem = live(cast, S.CLOSED)
    response = signed_in(cast.office).get(reverse("ledger:problem_defer", args=[problem.pk]), follow=True)
    assert "“谈话记录要素不全”现在是“已销号”，不能办理“暂缓整改”。" in response.content.decode()


# --- each move ----------------------------------------------------------------------------------


def given(cast) -> dict[str, tuple]:
    """move → (state, who, what is typed, the state afterwards)."""
    later = (today() + 20 * DAY).isoformat()
    return {
        "problem_register": (S.REPORTED, "office", {"seriousness": "major", "track": "dated", "due_on": later, "verifier": cast.reviewer.pk, "acceptance_standard": "3 份齐全", "responsible_person": cast.person(cast.cadre).pk, "lead_official": cast.person(cast.chief).pk}, S.OPEN),
        "problem_dismiss": (S.REPORTED, "office", {"reason": "经核实不存在"}, S.DISMISSED),
        "problem_defer": (S.OPEN, "office", {"until": later, "reason": "等细则"}, S.DEFERRED),
        "problem_resume": (S.DEFERRED, "office", {}, S.OPEN),
        "measure_new": (S.OPEN, "liaison", {"text": "每周抽查", "owner": "", "due_on": ""}, S.OPEN),
        "milestone_new": (S.OPEN, "cadre", {"text": "清单报办公室", "due_on": (today() + 5 * DAY).isoformat()}, S.OPEN),
        "problem_change": (S.OPEN, "office", {"title": "谈话记录缺项", "manifestation": "3 份缺地点。", "cause": "", "acceptance_standard": "3 份齐全", "seriousness": "severe", "responsible_unit": cast.unit_a.pk,
                                              "responsible_person": cast.person(cast.colleague).pk, "lead_official": "", "verifier": cast.reviewer.pk}, S.OPEN),
        "progress_new": (S.OPEN, "cadre", {"text": "补了 1 份", "made_on": today().isoformat()}, S.OPEN),
        "problem_submit": (S.OPEN, "cadre", {"note": "3 份已补正"}, S.SUBMITTED),
        "problem_verify": (S.SUBMITTED, "reviewer", {"opinion": "材料齐全"}, S.VERIFIED),
        "problem_send_back": (S.SUBMITTED, "reviewer", {"opinion": "第 2 份还缺地点"}, S.OPEN),
        "problem_close": (S.VERIFIED, "office", {"outcome": "mostly", "note": "持续抽查"}, S.CLOSED),
        "problem_close_at_once": (S.OPEN, "office", {"opinion": "当场改好"}, S.CLOSED),
        "extension_new": (S.OPEN, "cadre", {"until": later, "reason": "等材料"}, S.OPEN),
        "problem_recur": (S.CLOSED, "liaison", {"manifestation": "又有 2 份", "track": "immediate", "due_on": ""}, S.CLOSED),
    }


GIVEN = [
    "problem_register", "problem_dismiss", "problem_defer", "problem_resume", "measure_new", "milestone_new", "problem_change", "progress_new", "problem_submit", "problem_verify",
    "problem_send_back", "problem_close", "problem_close_at_once", "extension_new", "problem_recur",
]


def test_every_move_is_tried_below():
    assert set(GIVEN) | {"problem_merge", "extension_decide"} == set(MOVES)


@pytest.mark.parametrize("name", GIVEN)
def test_move_is_done_told_and_lands_on_the_problem(cast, signed_in, name):
    state, who, data, after = given(cast)[name]
    problem = live(cast, state, track="immediate" if name == "problem_close_at_once" else "dated")
    client = signed_in(getattr(cast, who))
    html = page(client, name, problem.pk)
    assert f"<h1>{MOVES[name].label}</h1>" in html and 'name="once"' in html and f'name="version" value="{problem.version}"' in html
    response = client.post(reverse(f"ledger:{name}", args=[problem.pk]), {"version": problem.version} | data, follow=True)
    problem.refresh_from_db()
    assert problem.status == after
    seen = Problem.objects.latest("pk") if name == "problem_recur" else problem
    assert response.redirect_chain == [(f"/ledger/problems/{seen.pk}/", 302)]
    assert str(MOVES[name].done) in response.content.decode()


@pytest.mark.parametrize("name", GIVEN)
def test_move_twice_with_one_token_is_done_once(cast, signed_in, name):
    state, who, data, _after = given(cast)[name]
    problem = live(cast, state, track="immediate" if name == "problem_close_at_once" else "dated")
    client, once = signed_in(getattr(cast, who)), str(uuid.uuid4())
    first = send(client, name, problem, once=once, **data)
    counts = Problem.objects.count(), StatusChange.objects.count(), Progress.objects.count(), Measure.objects.count(), Event.objects.count()
    second = send(client, name, problem, once=once, **data)
    assert (first.status_code, second.status_code, first.url == second.url) == (302, 302, True)
    assert counts == (Problem.objects.count(), StatusChange.objects.count(), Progress.objects.count(), Measure.objects.count(), Event.objects.count())


@pytest.mark.parametrize("name", [n for n in GIVEN if n != "problem_resume"])
def test_move_from_an_old_page_is_told_and_what_was_typed_comes_back(cast, signed_in, name):
    state, who, data, _after = given(cast)[name]
    problem = live(cast, state, track="immediate" if name == "problem_close_at_once" else "dated")
    client = signed_in(getattr(cast, who))
    before = Problem.objects.filter(pk=problem.pk).values().get(), Event.objects.count(), Measure.objects.count(), Progress.objects.count()
    response = client.post(reverse(f"ledger:{name}", args=[problem.pk]), {"version": problem.version - 1} | data)
    html = response.content.decode()
    assert response.status_code == 409 and "这一项刚才被别人改过，您的修改还没有保存。" in html and problem.get_status_display() in html
    for value in data.values():
        assert str(value) in html
    assert f'name="version" value="{problem.version}"' in html  # a second look and the same click will do
    assert before == (Problem.objects.filter(pk=problem.pk).values().get(), Event.objects.count(), Measure.objects.count(), Progress.objects.count())


def test_a_move_overtaken_by_another_is_told_with_the_present_state(cast, signed_in):
    problem = live(cast, S.SUBMITTED)
    old = problem.version
    actions.verify_problem(problem, opinion="齐全", by=cast.reviewer, at=timezone.now())
    client, url = signed_in(cast.office), reverse("ledger:problem_verify", args=[problem.pk])
    told = client.post(url, {"version": old, "opinion": "我也看过了"})
    html = told.content.decode()
    assert told.status_code == 409 and "现在是“已验收”" in html and "不能办理“验收通过”" in html and "我也看过了" in html
    again = client.post(url, {"version": old + 1, "opinion": "我也看过了"})
    assert again.status_code == 200 and "不能办理“验收通过”" in again.content.decode() and "我也看过了" in again.content.decode()
    assert problem.verifications.count() == 1


@pytest.mark.parametrize("name, wrong, says", [
    ("problem_register", {"track": "dated", "due_on": ""}, "须填写整改时限"),
    ("problem_dismiss", {"reason": " "}, "请填写"),
    ("problem_defer", {"until": (timezone.localdate() - DAY).isoformat()}, "暂缓日期须晚于今天"),
    ("progress_new", {"made_on": (timezone.localdate() + DAY).isoformat()}, "日期不能晚于今天"),
    ("problem_close", {"outcome": "undone"}, "未完成"),
    ("extension_new", {"until": timezone.localdate().isoformat()}, "须晚于现在的时限"),
    ("problem_recur", {"track": "dated", "due_on": ""}, "须填写整改时限"),
])
def test_move_with_bad_input_comes_back(cast, signed_in, name, wrong, says):
    state, who, data, _after = given(cast)[name]
    problem = live(cast, state)
    before = Event.objects.count()
    response = send(signed_in(getattr(cast, who)), name, problem, **(data | wrong))
    html = response.content.decode()
    assert response.status_code == 200 and says in html and "还没有保存" in html
    for value in {k: v for k, v in data.items() if k not in wrong}.values():
        assert str(value) in html
    assert Event.objects.count() == before


@pytest.mark.parametrize("name", MOVES)
def test_post_without_the_right_is_refused(cast, signed_in, name):
    problem = live(cast)
    assert send(signed_in(cast.director), name, problem).status_code == 403
    problem.refresh_from_db()
    assert problem.status == S.OPEN


def test_problem_register_offers_verifiers_over_the_unit_only(cast, signed_in):
    problem = live(cast, S.REPORTED)
    html = page(signed_in(cast.office), "problem_register", problem.pk)
    verifiers = html.split('name="verifier"')[1].split("</select>")[0]
    assert "何书言" in verifiers and "沈若川" in verifiers and "邻若水" not in verifiers and "陆青禾" not in verifiers


def test_problem_register_with_the_owner_as_verifier_comes_back(cast, signed_in):
    problem = live(cast, S.REPORTED)
    data = given(cast)["problem_register"][2] | {"responsible_person": cast.person(cast.reviewer).pk, "verifier": cast.reviewer.pk}
    html = send(signed_in(cast.office), "problem_register", problem, **data).content.decode()
    assert "验收人不能是责任人本人。" in html
    assert Problem.objects.get(pk=problem.pk).status == S.REPORTED


def test_problem_verify_shows_what_was_submitted(cast, signed_in):
    problem = live(cast, S.SUBMITTED)
    assert "3 份记录已补正。" in page(signed_in(cast.reviewer), "problem_verify", problem.pk)


def test_problem_verify_by_the_named_verifier_without_the_role(cast, signed_in):
    problem = live(cast, S.SUBMITTED, verifier=cast.chief)
    assert send(signed_in(cast.chief), "problem_verify", problem, opinion="齐全").status_code == 302
    assert Problem.objects.get(pk=problem.pk).status == S.VERIFIED


def test_problem_verify_by_the_one_who_submitted_is_told(cast, signed_in):
    problem = actions.submit_problem(live(cast), note="好了", by=cast.office, at=timezone.now())
    response = signed_in(cast.office).get(reverse("ledger:problem_verify", args=[problem.pk]), follow=True)
    assert "须由别人验收" in response.content.decode()
    html = send(signed_in(cast.office), "problem_verify", problem, opinion="我看可以").content.decode()
    assert "须由别人验收" in html and "我看可以" in html


def test_problem_merge_goes_into_one_of_the_ledger(cast, signed_in):
    into, over, problem = live(cast, title="去处"), live(cast, S.CLOSED, title="销了的"), live(cast)
    client = signed_in(cast.office)
    html = page(client, "problem_merge", problem.pk)
    assert f"{into.code}　去处（纪检监察科）" in html and "销了的" not in html
    assert send(client, "problem_merge", problem, into=over.pk).status_code == 200
    assert send(client, "problem_merge", problem, into=into.pk).status_code == 302
    problem.refresh_from_db()
    assert (problem.status, problem.merged_into) == (S.MERGED, into)


def test_progress_new_takes_several_files(cast, signed_in):
    problem = live(cast)
    files = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4 " + n.encode()) for n in ("一", "二")]
    assert send(signed_in(cast.cadre), "progress_new", problem, text="补了", made_on=today().isoformat(), uploads=files).status_code == 302
    assert sorted(problem.evidence.values_list("name", flat=True)) == ["一.pdf", "二.pdf"]


def test_progress_new_with_a_false_file_comes_back(cast, signed_in):
    problem = live(cast)
    html = send(signed_in(cast.cadre), "progress_new", problem, text="补了一份", made_on=today().isoformat(), uploads=[SimpleUploadedFile("记录.pdf", b"MZ")]).content.decode()
    assert "不接受" in html and "补了一份" in html
    assert not Progress.objects.exists()


@pytest.mark.parametrize("granted, opinion, due", [("yes", "", 20), ("no", "材料已够", 10)])
def test_extension_decide(cast, signed_in, granted, opinion, due):
    problem = live(cast)
    actions.request_extension(problem, reason="等材料", until=today() + 20 * DAY, by=cast.cadre, at=timezone.now())
    client = signed_in(cast.office)
    assert "林知夏申请延至" in page(client, "extension_decide", problem.pk)
    assert "批复延期申请" in page(client, "problem_detail", problem.pk)
    assert send(client, "extension_decide", problem, granted=granted, opinion=opinion).status_code == 302
    problem.refresh_from_db()
    assert (problem.due_on, problem.extensions.get().granted) == (today() + due * DAY, granted == "yes")


def test_extension_decide_refusing_without_a_reason_comes_back(cast, signed_in):
    problem = live(cast)
    actions.request_extension(problem, reason="等材料", until=today() + 20 * DAY, by=cast.cadre, at=timezone.now())
    assert "不同意的，请写明理由" in send(signed_in(cast.office), "extension_decide", problem, granted="no").content.decode()
    assert problem.extensions.get().granted is None


def test_extension_new_after_the_day_is_told(cast, signed_in):
    problem = live(cast, due=-1)
    response = signed_in(cast.cadre).get(reverse("ledger:extension_new", args=[problem.pk]), follow=True)
    assert "时限已过，不能再申请延期" in response.content.decode()


# --- evidence -------------------------------------------------------------------------------------


def with_file(cast) -> tuple[Problem, int]:
    problem = live(cast)
    actions.report_progress(problem, text="补了", made_on=today(), by=cast.cadre, at=timezone.now(), uploads=[SimpleUploadedFile("补正.pdf", b"%PDF-1.4 x")])
    return problem, problem.evidence.get().pk


def test_problem_file_is_downloaded_and_recorded(cast, signed_in):
    problem, file_pk = with_file(cast)
    response = signed_in(cast.liaison).get(reverse("ledger:problem_file", args=[problem.pk, file_pk]))
    assert b"".join(response.streaming_content) == b"%PDF-1.4 x"
    assert "attachment" in response["Content-Disposition"]
    event = Event.objects.get(action="ledger.fetch_file")
    assert (event.actor_id, event.subject_id, event.detail["file"]) == (cast.liaison.pk, str(problem.pk), "补正.pdf")


def test_problem_file_is_reached_through_its_own_problem_only(cast, signed_in):
    problem, file_pk = with_file(cast)
    other = live(cast)
    assert signed_in(cast.liaison).get(reverse("ledger:problem_file", args=[other.pk, file_pk])).status_code == 404
    assert signed_in(cast.stranger).get(reverse("ledger:problem_file", args=[problem.pk, file_pk])).status_code == 404
    assert not Event.objects.filter(action="ledger.fetch_file").exists()


# --- 建章立制 -----------------------------------------------------------------------------------------


def rule(cast, title="谈话记录规范", **facts) -> RuleMakingItem:
    facts = {"kind": "new", "unit": cast.unit_a} | facts
    return actions.plan_rule(cast.campaign, title=title, by=cast.office, at=timezone.now(), **facts)


def test_rule_list_counts_new_and_revised_apart(cast, signed_in):
    rule(cast, problems=[live(cast)])
    rule(cast, "审理流程", kind="revised", unit=cast.unit_b, issued_on=today(), document_number="云纪〔2026〕8号")
    html = page(signed_in(cast.office), "rule_list")
    assert "新建 1 项，已印发 0 项；修订 1 项，已印发 1 项" in html
    assert "云纪〔2026〕8号" in html and html.count("登记印发") == 1
    assert "审理流程" not in page(signed_in(cast.office), "rule_list", view="planned")
    assert "审理流程" not in page(signed_in(cast.liaison), "rule_list")
    assert "登记印发" not in page(signed_in(cast.director), "rule_list")
    assert signed_in(cast.cadre).get("/ledger/rules/").status_code == 403


def test_rule_list_needs_no_more_queries_for_more_rows(cast, signed_in, django_assert_max_num_queries):
    client = signed_in(cast.office)
    rule(cast)
    one = queries_of(client, "/ledger/rules/", django_assert_max_num_queries)
    for n in range(29):
        rule(cast, f"第 {n} 项", problems=[])
    assert queries_of(client, "/ledger/rules/", django_assert_max_num_queries) == one


def test_rule_new_from_a_problem(cast, signed_in):
    problem, client = live(cast), signed_in(cast.liaison)
    html = page(client, "rule_new", problem=problem.pk)
    assert f'value="{problem.code}"' in html
    data = {"title": "谈话记录规范", "kind": "new", "unit": cast.unit_a.pk, "planned_on": "", "problems": problem.code}
    assert client.post("/ledger/rules/new/", data).url == "/ledger/rules/"
    assert list(RuleMakingItem.objects.get().problems.all()) == [problem]
    assert "新建《谈话记录规范》" in page(client, "problem_detail", problem.pk)


def test_rule_issue_is_refused_to_a_liaison_of_another_unit_that_may_only_read_it(cast, signed_in):
    item = rule(cast)
    grant_role(cast.director, role=Role.LIAISON, unit=cast.unit_b, by=None, at=NOW)
    client = signed_in(cast.director)
    assert client.get(f"/ledger/rules/{item.pk}/issue/").status_code == 403
    assert client.post(f"/ledger/rules/{item.pk}/issue/", {"issued_on": str(today())}).status_code == 403


def test_rule_new_from_a_problem_out_of_sight_says_nothing_of_it(cast, signed_in):
    foreign, own = live(cast, unit=cast.unit_b, person=cast.person(cast.stranger)), live(cast)
    client = signed_in(cast.liaison)
    assert own.code in page(client, "rule_new", problem=own.pk)
    assert foreign.code not in page(client, "rule_new", problem=foreign.pk)


@pytest.mark.parametrize("codes, says", [("2026-999", "台账里没有 2026-999"), ("谈话那件", "看不懂“谈话那件”")])
def test_rule_new_with_a_code_that_is_none_comes_back(cast, signed_in, codes, says):
    data = {"title": "谈话记录规范", "kind": "new", "unit": cast.unit_a.pk, "problems": codes}
    html = signed_in(cast.liaison).post("/ledger/rules/new/", data).content.decode()
    assert says in html and "谈话记录规范" in html and codes in html
    assert not RuleMakingItem.objects.exists()


def test_rule_new_cannot_reach_a_problem_one_may_not_see(cast, signed_in):
    hidden = live(cast, unit=cast.unit_b, person=cast.person(cast.stranger))
    data = {"title": "规范", "kind": "new", "unit": cast.unit_a.pk, "problems": hidden.code}
    assert "台账里没有" in signed_in(cast.liaison).post("/ledger/rules/new/", data).content.decode()
    assert signed_in(cast.director).get("/ledger/rules/new/").status_code == 403


def test_rule_issue(cast, signed_in):
    item, client = rule(cast), signed_in(cast.liaison)
    url = reverse("ledger:rule_issue", args=[item.pk])
    assert "登记印发：谈话记录规范" in page(client, "rule_issue", item.pk)
    late = client.post(url, {"issued_on": (today() + DAY).isoformat(), "document_number": "云纪〔2026〕8号", "version": 1}).content.decode()
    assert "印发日期不能晚于今天" in late and "云纪〔2026〕8号" in late
    assert client.post(url, {"issued_on": today().isoformat(), "document_number": "云纪〔2026〕8号", "version": 1}).status_code == 302
    item.refresh_from_db()
    assert (item.issued_on, item.document_number) == (today(), "云纪〔2026〕8号")
    assert client.get(url).status_code == 302


def test_rule_issue_is_for_those_who_report_there(cast, signed_in):
    url = reverse("ledger:rule_issue", args=[rule(cast).pk])
    assert signed_in(cast.stranger).get(url).status_code == 404
    assert signed_in(cast.director).get(url).status_code == 403
