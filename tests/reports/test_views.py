"""The desk, the dashboard, the page behind each number, briefings, the log."""

import datetime as dt
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.models import Job
from ledger.actions import report_problem
from ledger.models import Problem
from organizations.actions import grant_role, open_unit
from organizations.models import Unit
from organizations.roles import Role
from reports.figures import REGISTRY, figure
from reports.models import Briefing
from reports.names import FACT_WORDS
from tests.cast import account
from tests.reports.test_figures import EXPECTED

User = get_user_model()


@pytest.fixture
def person(demo_entered, db, client):
    """`person(username)` → a client signed in to the demo."""

    def sign_in(username):
        client.force_login(User.objects.get(username=username))
        return client

    return sign_in


def text(response) -> str:
    assert response.status_code == 200
    body = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body[body.index("<main") :]))


HOME = {
    "YL002": "4 份自查报告逾期未交",
    "YL402": "补正自查自纠报告（第一轮）",
    "YL303": "提交自查自纠报告（第一轮）",
    "YL003": "审核自查报告 3 份",
    "YL004": "报完成",
}


@pytest.mark.parametrize("username", ["YL002", "YL402", "YL303", "YL003", "YL004"])
def test_home_says_what_to_do_next(person, username):
    assert HOME[username] in text(person(username).get("/"))


@pytest.mark.parametrize("username", ["YL001", "YL007", "DD01", "XT01", "YL008", "YL101"])
def test_home_answers_everybody(person, username):
    assert "<h1>" in person(username).get("/").content.decode()


def test_home_puts_what_is_late_first(person):
    words = text(person("YL303").get("/"))
    assert words.index("逾期 3 天") < words.index("签收工作提示单")


def test_home_holds_its_query_count(person, django_assert_max_num_queries):
    client = person("YL002")
    client.get("/")
    with django_assert_max_num_queries(24):
        client.get("/")


def test_dashboard_counts_and_names_units_in_order(person):
    words = text(person("YL001").get("/reports/"))
    assert "应整改 13 件，已销号 5 件" in words
    assert "19 /24 份" in words
    order = [words.index(name) for name in ("纪检监察室", "石桥街道纪工委", "松陵街道纪工委", "南浦街道纪工委", "东渡街道纪工委", "合计")]
    assert order == sorted(order)


def test_dashboard_of_a_unit_and_an_earlier_day(person):
    client = person("YL001")
    unit = client.get("/reports/").context["units"][0].unit
    found = client.get("/reports/", {"unit": unit.pk, "as_of": "2020-01-01"}).context
    assert (found["scope"].unit, found["v"]["problems"], found["points"]) == (unit, 0, [])


def test_dashboard_of_who_sees_figures_only_further_down_is_their_units(demo_entered, db, client):
    """Their door leads to what is theirs, not to a refusal; the report on the whole is not theirs to make."""
    bureau = Unit.objects.filter(parent__isnull=False).order_by("path").first()
    trainer = account("down", "在下级")
    grant_role(trainer, role=Role.TRAINING, unit=bureau, by=None, at=timezone.now())
    client.force_login(trainer)
    answer = client.get("/reports/")
    assert answer.context["scope"].unit == bureau and "生成进展情况汇报" not in text(answer)
    assert client.get("/reports/figures/problems/").context["scope"].unit == bureau
    assert client.get("/reports/", {"unit": bureau.parent_id}).status_code == 404


def test_figures_of_a_campaign_are_not_for_who_sees_figures_only_elsewhere(cast, signed_in):
    """Somebody of the campaign's unit whose post is in another organ."""
    grant_role(cast.cadre, role=Role.LEADER, unit=cast.elsewhere, by=None, at=timezone.now())
    client = signed_in(cast.cadre)
    assert client.get("/campaigns/").status_code == 200  # the campaign is theirs to see
    assert [client.get(path).status_code for path in ("/reports/", "/reports/figures/problems/", f"/reports/?unit={cast.unit_a.pk}", f"/reports/?unit={cast.elsewhere.pk}")] == [403, 403, 404, 404]


@pytest.mark.parametrize("as_of", ["昨天", "2026-13-45", "2999-01-01", ""])
def test_dashboard_with_an_odd_day_shows_today(person, as_of):
    assert person("YL001").get("/reports/", {"as_of": as_of}).context["as_of"] == timezone.localdate()


PAGES = [
    ("YL001", "/reports/"), ("YL001", "/reports/?open=closing_rate&as_of=2026-01-01"), ("YL001", "/reports/?unit={unit}&open=problems_closed"),
    ("YL001", "/reports/figures/problems/"), ("YL001", "/reports/figures/cadres_street/?unit={unit}"), ("YL001", "/reports/figures/closing_rate/"),
    ("YL002", "/reports/briefings/"), ("YL002", "/reports/briefings/new/"), ("YL002", "/reports/briefings/{draft}/"), ("YL002", "/reports/briefings/{issued}/"),
    ("YL002", "/reports/briefings/{draft}/edit/"), ("YL002", "/reports/briefings/{draft}/compare/?old=1&new=1"), ("YL001", "/reports/briefings/{issued}/issue/"),
]


@pytest.mark.parametrize(("username", "path"), PAGES)
def test_no_page_of_figures_asks_the_database_often(person, django_assert_max_num_queries, username, path):
    client = person(username)
    unit = Unit.objects.filter(kind=Unit.Kind.STREET).first()
    path = path.format(unit=unit.pk, draft=draft().pk, issued=Briefing.objects.get(status="issued").pk)
    client.get(path)
    with django_assert_max_num_queries(14):
        client.get(path)


@pytest.mark.parametrize("path", ["/reports/", "/reports/?open=problems", "/reports/figures/problems/", "/reports/briefings/{draft}/"])
def test_more_problems_and_units_are_not_more_queries(person, path):
    client, path = person("YL001"), path.format(draft=draft().pk)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    seed = Problem.objects.filter(status="open").first()
    for n in range(30):
        unit = open_unit(parent=seed.campaign.unit, code=f"X{n}", name=f"新单位{n}", kind=Unit.Kind.STREET, by=None, at=timezone.now())
        report_problem(seed.campaign, title=f"新问题{n}", source="other", manifestation="表现", responsible_unit=unit, track="immediate", by=seed.reported_by, at=timezone.now())
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few)


def test_dashboard_opens_a_figure_in_place(person):
    words = text(person("YL001").get("/reports/?open=problems_closed"))
    assert "应整改问题中，截至日状态为“已销号”的" in words
    assert "查看全部 5 件" in words


def test_dashboard_lists_every_figure_with_its_value_by_subject(person):
    client = person("YL001")
    shown = re.sub(r"\s+", " ", client.get("/reports/?as_of=2026-01-01").content.decode())
    assert re.findall(r"<h3>(.+?)</h3>", shown) == ["人员", "部署", "学习", "自查", "整改", "监督"]
    assert "—" in re.search(r"figures/closing_rate/(.+?)</a>", shown)[1]  # no problems then: no rate
    shown = re.sub(r"<[^>]+>", "", client.get("/reports/").content.decode().split("folded")[1])
    assert [re.search(f"{f.label} {value} {f.unit}", shown) is not None for f, value in ((figure(k), EXPECTED[k]) for k in EXPECTED)] == [True] * len(EXPECTED)


def test_the_trend_is_drawn_spoken_and_tabled(person):
    page = person("YL001").get("/reports/")
    points, shown = page.context["points"], page.content.decode()
    first, last = points[0], points[-1]
    assert f'role="img" aria-labelledby="trend-title"><title id="trend-title">{first.day.month}月{first.day.day}日至{last.day.month}月{last.day.day}日，应整改问题由 0 件增至 13 件，已销号由 0 件增至 5 件</title>' in shown
    cells = re.findall(r'<td class="num">(\d+)</td>', shown.split("chart-pair")[1].split("</table>")[0])
    assert [int(n) for n in cells] == [n for p in points for n in (p.found, p.closed)]
    assert '<label for="as_of">数据截至</label>' in shown


def test_opened_rows_show_the_state_they_had_then(person):
    week_ago = timezone.localdate() - dt.timedelta(days=7)
    opened = person("YL001").get("/reports/figures/problems/", {"as_of": week_ago}).context
    assert {row[-1] for row in opened["rows"]} == {"整改中"}


@pytest.mark.parametrize("key", sorted(REGISTRY))
def test_every_figure_opens(person, key):
    words = text(person("YL001").get(reverse("reports:figure_detail", args=[key])))
    assert str(REGISTRY[key].definition) in words


def test_an_unknown_figure_is_404(person):
    assert person("YL001").get("/reports/figures/nothing/").status_code == 404


@pytest.mark.parametrize("username", ["YL402", "YL004", "YL003", "XT01", "YL007"])
@pytest.mark.parametrize("path", ["/reports/", "/reports/figures/problems/", "/reports/briefings/", "/reports/briefings/1/"])
def test_figures_and_briefings_are_not_for_everyone(person, username, path):
    assert person(username).get(path).status_code == 403


def test_a_stranger_gets_404_for_a_briefing(demo_entered, cast, signed_in):
    pk = Briefing.objects.first().pk
    client = signed_in(cast.outsider)
    assert client.get(f"/reports/briefings/{pk}/").status_code == 404
    assert client.post(f"/reports/briefings/{pk}/files/pdf/").status_code == 404


def draft() -> Briefing:
    return Briefing.objects.get(status="draft")


def test_briefing_page_links_its_numbers_and_counts_its_blanks(person):
    page = person("YL002").get(f"/reports/briefings/{draft().pk}/")
    assert f'href="/reports/figures/sessions/?as_of={timezone.localdate()}"' in page.content.decode()
    assert "有 8 处空白" in text(page)
    assert "数字之间一致" in text(page)


def test_who_writes_briefings_further_down_changes_none_they_may_only_read(person):
    briefing = draft()
    below = Unit.objects.exclude(pk=briefing.campaign.unit_id).filter(path__startswith=briefing.campaign.unit.path).first()
    grant_role(User.objects.get(username="DD01"), role=Role.COORDINATION, unit=below, by=None, at=timezone.now())
    client, address = person("DD01"), f"/reports/briefings/{briefing.pk}/"
    page = client.get(address)
    assert page.status_code == 200 and f"{address}edit/" not in page.content.decode()
    assert client.get(f"{address}edit/").status_code == 403
    assert client.post(f"{address}submit/", {"version": briefing.version}).status_code == 403
    assert client.post(f"{address}return/", {"version": briefing.version, "reason": "再核"}).status_code == 403
    assert draft() == briefing


def test_a_leader_further_down_is_listed_no_briefing_of_the_campaigns(person):
    below = Unit.objects.exclude(pk=draft().campaign.unit_id).filter(path__startswith=draft().campaign.unit.path).first()
    grant_role(User.objects.get(username="YL004"), role=Role.LEADER, unit=below, by=None, at=timezone.now())
    response = person("YL004").get("/reports/briefings/")
    assert response.status_code == 200 and not response.context["page"].object_list


def test_briefing_is_edited_submitted_and_issued(person):
    pk = draft().pk
    client = person("YL002")
    form = client.get(f"/reports/briefings/{pk}/edit/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"body": "# 情况\n共{{cadres_total}}人。"}
    assert client.post(f"/reports/briefings/{pk}/edit/", data).status_code == 302
    client.post(f"/reports/briefings/{pk}/submit/", {"version": 2})
    assert client.get(f"/reports/briefings/{pk}/edit/").status_code == 302
    assert client.get(f"/reports/briefings/{pk}/issue/").status_code == 403
    leader = person("YL001")
    assert "审签" in text(leader.get("/"))
    leader.post(f"/reports/briefings/{pk}/issue/", {"signer": "赵念安", "version": 3})
    done = Briefing.objects.get(pk=pk)
    assert (done.status, done.signer, done.issued_version.facts["cadres_total"]["value"]) == ("issued", "赵念安", "24")


@pytest.mark.parametrize(("username", "status", "deed"), [
    ("YL001", "issued", "issue"), ("YL001", "draft", "issue"), ("YL001", "issued", "return"), ("YL002", "draft", "return"), ("YL002", "issued", "edit"),
])
def test_a_deed_that_would_be_refused_is_not_offered(person, username, status, deed):
    briefing = Briefing.objects.get(status=status)
    client, page = person(username), f"/reports/briefings/{briefing.pk}/"
    assert f'href="{page}{deed}/"' not in client.get(page).content.decode()
    answer = client.get(f"{page}{deed}/", follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert f"这份汇报现在是“{briefing.get_status_display()}”，不能办理这一步。" in text(answer)


def test_a_text_posted_too_late_is_given_back(person):
    client, pk = person("YL002"), draft().pk
    form = client.get(f"/reports/briefings/{pk}/edit/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"body": "写了很久的一段"}
    client.post(f"/reports/briefings/{pk}/submit/", {"version": 1})
    page = client.post(f"/reports/briefings/{pk}/edit/", data)
    assert page.status_code == 409 and "这份汇报已经送审中，不能再改；要改请先退回起草。" in page.content.decode()
    assert "写了很久的一段" in page.content.decode()


def test_numbers_to_insert_stand_by_subject_and_folded(person):
    shown = person("YL002").get(f"/reports/briefings/{draft().pk}/edit/").content.decode()
    assert re.findall(r"<details><summary>(.+?)</summary>", shown) == ["人员", "部署", "学习", "自查", "整改", "监督", "句子", "整段"]
    assert re.findall(r'data-insert="{{(.+?)}}"', shown) == [*(str(f.label) for f in REGISTRY.values()), *(str(words) for words in FACT_WORDS.values())]


def test_a_refused_edit_gives_the_text_back(person):
    pk = draft().pk
    client = person("YL002")
    form = client.get(f"/reports/briefings/{pk}/edit/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields} | {"body": "写了很久的一段{{nope}}"}
    page = client.post(f"/reports/briefings/{pk}/edit/", data)
    assert "没有名为“nope”的数据" in text(page)
    assert "写了很久的一段" in page.content.decode()
    assert Briefing.objects.get(pk=pk).versions.count() == 1


def test_two_editors_are_told_and_nothing_is_overwritten(person):
    pk = draft().pk
    client = person("YL002")
    form = client.get(f"/reports/briefings/{pk}/edit/").context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    client.post(f"/reports/briefings/{pk}/edit/", data | {"body": "甲的一段"})
    page = client.post(f"/reports/briefings/{pk}/edit/", data | {"body": "乙的一段"})
    shown = page.content.decode()
    assert "刚才被别人改过" in shown
    assert "甲的一段" in shown
    assert "乙的一段" in shown
    assert Briefing.objects.get(pk=pk).versions.first().body == "甲的一段"


def test_versions_are_compared_and_restored(person):
    pk = draft().pk
    client = person("YL002")
    form = client.get(f"/reports/briefings/{pk}/edit/").context["form"]
    client.post(f"/reports/briefings/{pk}/edit/", {name: form[name].value() or "" for name in form.fields} | {"body": "新的一段"})
    words = text(client.get(f"/reports/briefings/{pk}/compare/?old=1&new=2"))
    assert "新增 （新增） 新的一段" in words
    assert "删去 （删去） " in words
    assert "恢复第 1 版" in words
    assert "恢复第 1 版" not in text(person("YL001").get(f"/reports/briefings/{pk}/compare/?old=1&new=2"))  # who cannot write
    client = person("YL002")
    assert client.get(f"/reports/briefings/{pk}/compare/?old=1&new=9").status_code == 404
    client.post(f"/reports/briefings/{pk}/versions/1/restore/", {"version": 2})
    assert Briefing.objects.get(pk=pk).versions.first().number == 3


def test_report_now_is_queued_once_for_a_double_click(person):
    client = person("YL001")
    once = {"once": "11111111-2222-4333-8444-555555555555"}
    first, second = client.post("/reports/now/", once), client.post("/reports/now/", once)
    assert Job.objects.filter(kind="reports.report_now").count() == 1
    assert first["Location"] == second["Location"]


def test_a_result_is_for_who_asked(person, cast):
    client = person("YL001")
    address = client.post("/reports/now/")["Location"]
    assert "排队中" in text(client.get(address))
    client.force_login(cast.office)
    assert client.get(address).status_code == 404


def test_an_unknown_format_is_404(person):
    assert person("YL001").post(f"/reports/briefings/{draft().pk}/files/exe/").status_code == 404


def test_the_log_is_filtered(person):
    client = person("SJ01")
    assert "录入演示数据" not in text(client.get("/audit/", {"action": "提交自查报告"}))
    assert client.get("/audit/", {"action": "提交自查报告"}).context["page"].paginator.count == 20
    assert client.get("/audit/", {"action": "selfcheck.submit"}).context["page"].paginator.count == 20
    assert client.get("/audit/", {"since": "不是日期"}).status_code == 200


def test_the_log_is_for_the_auditor(person):
    assert [person(who).get("/audit/").status_code for who in ("YL002", "XT01", "AQ01", "SJ01")] == [403, 403, 403, 200]


def test_the_log_tells_of_the_people_of_ones_scope(cast, signed_in):
    client = signed_in(cast.auditor)
    actors = {e.actor_label for e in client.get("/audit/").context["page"]}
    assert actors == {"沈若川"}  # the office launched the campaign; what the system entered is for who holds every organ
