"""Rounds, coverage, urging and review through the browser."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from audit.models import Event
from ledger.models import Problem
from organizations.actions import grant_role
from organizations.kept import COUNTERS, build, read_under
from organizations.roles import Role
from selfcheck.actions import assign_reviewer, return_report
from selfcheck.models import ReportCount, Round, SelfCheck
from tests.cast import person


def crowd(cast, stage, n: int) -> None:
    """`n` more people of unit A who handed in."""
    for i in range(n):
        user = person(f"extra{i}", f"增员{i}", cast.unit_a)
        SelfCheck.objects.create(round=stage.round, checklist=stage.round.checklist, cadre=cast.person(user), due_on=stage.due, reviewer=cast.reviewer, review_until=stage.due)
        stage.hand_in(user)


# --- 轮次 ---


def test_round_list_tells_a_cadre_what_to_do(cast, stage, signed_in):
    text = signed_in(cast.cadre).get("/selfcheck/").content.decode()
    assert "1 份自查报告等您填写" in text
    assert f'href="/selfcheck/{stage.report(cast.cadre).pk}/edit/">填写报告</a>' in text
    assert "还剩 5 天" in text
    assert "各轮填报情况" not in text


def test_round_list_before_any_round(cast, signed_in):
    assert "没有要您填写的自查报告" in signed_in(cast.cadre).get("/selfcheck/").content.decode()
    assert "还没有发起自查" in signed_in(cast.office).get("/selfcheck/").content.decode()


def test_round_list_counts_coverage_in_scope(cast, stage, client):
    stage.hand_in(cast.cadre)
    client.force_login(cast.office)
    assert client.get("/selfcheck/").context["rounds"][0][1] == {
        "round": stage.round.pk, "all": 8, "handed_in": 1, "missing": 7, "overdue": 0, "returned": 0, "submitted": 1, "accepted": 0, "unassigned": 1,
    }
    client.force_login(cast.liaison)
    mine = client.get("/selfcheck/").context["rounds"][0][1]
    assert (mine["all"], mine["handed_in"]) == (3, 1)


def test_round_list_tells_a_reviewer_what_waits(cast, stage, signed_in):
    stage.hand_in(cast.cadre)
    assert "审核报告 1 份" in signed_in(cast.reviewer).get("/selfcheck/").content.decode()


def test_round_list_is_closed_to_the_administrator(cast, signed_in):
    assert signed_in(cast.administrator).get("/selfcheck/").status_code == 403


def test_round_new_opens_a_round_with_checklist_slip_and_reviewer(cast, signed_in, today):
    client = signed_in(cast.office)
    form = client.get("/selfcheck/rounds/new/")
    assert "自动发布第 1 版" in form.content.decode()
    sent = {"title": "第一轮", "due_on": today + dt.timedelta(days=7), "content": "对照检查。", "reviewer": cast.reviewer.pk, "once": uuid.uuid4()}
    answer = client.post("/selfcheck/rounds/new/", sent)
    started = Round.objects.get()
    assert answer.url == f"/selfcheck/rounds/{started.pk}/"
    assert client.post("/selfcheck/rounds/new/", sent).status_code == 302
    assert (Round.objects.count(), started.checklist.aspects.count(), started.selfchecks.count(), started.slip.content) == (1, 6, 8, "对照检查。")
    assert started.selfchecks.get(cadre__user=cast.cadre).reviewer == cast.reviewer


@pytest.mark.parametrize(
    ("change", "words"),
    [({"due_on": "2020-01-01"}, "时限不能早于今天"), ({"title": "第一轮"}, "“第一轮”已经发起过，请换一个名称。"), ({"content": ""}, "请填写"), ({"reviewer": "0"}, "选择一个有效的选项")],
)
def test_round_new_refuses_with_a_word_and_keeps_what_was_typed(cast, stage, signed_in, today, change, words):
    sent = {"title": "回头看", "due_on": today, "content": "别丢了这句话", "checklist": stage.round.checklist.pk, "reviewer": cast.reviewer.pk}
    answer = signed_in(cast.office).post("/selfcheck/rounds/new/", sent | change)
    text = answer.content.decode()
    assert answer.status_code == 200 and words in text
    assert (sent | change)["title"] in text
    assert Round.objects.count() == 1


@pytest.mark.parametrize("who", ["director", "reviewer", "liaison", "cadre", "outsider"])
def test_round_new_is_the_offices(cast, signed_in, who):
    assert signed_in(getattr(cast, who)).get("/selfcheck/rounds/new/").status_code in ({"outsider": (404,)}.get(who, (403,)))


def test_round_detail_names_who_is_missing_in_scope(cast, stage, client, today):
    stage.hand_in(cast.cadre)
    return_report(stage.hand_in(cast.colleague), comment="请补正", due_on=today + dt.timedelta(days=3), by=cast.reviewer, at=timezone.now())
    SelfCheck.objects.filter(cadre__user=cast.stranger).update(due_on=today - dt.timedelta(days=2))
    client.force_login(cast.office)
    answer = client.get(f"/selfcheck/rounds/{stage.round.pk}/")
    text = answer.content.decode()
    assert [(u["label"], u["handed_in"], u["all"]) for u in answer.context["units"]] == [("纪检监察室", 0, 4), ("纪检监察科", 1, 3), ("石桥街道纪工委", 0, 1)]
    assert "许望舒（退回）" in text and "逾期 2 天" in text and "催办 7 人" in text
    assert "石桥街道纪工委：梁静姝" in answer.context["reminder"]
    client.force_login(cast.liaison)
    answer = client.get(f"/selfcheck/rounds/{stage.round.pk}/")
    text = answer.content.decode()
    assert "许望舒" in text and "梁静姝" not in text and "催办" not in text


def test_round_detail_filters_by_status_and_unit(cast, stage, signed_in):
    stage.hand_in(cast.cadre)
    client = signed_in(cast.office)
    names = {
        query: [row.cadre.name for row in client.get(f"/selfcheck/rounds/{stage.round.pk}/{query}").context["page"]]
        for query in ["?status=submitted", f"?unit={cast.unit_b.pk}", f"?unit={cast.unit_a.pk}&status=missing", "?status=unassigned", "?status=overdue"]
    }
    assert list(names.values()) == [["林知夏"], ["梁静姝"], ["陆青禾", "许望舒"], ["何书言"], []]
    assert len(client.get(f"/selfcheck/rounds/{stage.round.pk}/?status=nonsense&unit=x&page=zz").context["page"]) == 8


def test_round_detail_shows_no_bodies(cast, stage, signed_in):
    stage.hand_in(cast.cadre, "improper_conduct")
    text = signed_in(cast.office).get(f"/selfcheck/rounds/{stage.round.pk}/").content.decode()
    assert "以电话代替" not in text and f"/selfcheck/{stage.report(cast.cadre).pk}/\"" not in text


@pytest.mark.parametrize(("who", "code"), [("cadre", 403), ("administrator", 403), ("outsider", 404), ("reviewer", 200), ("supervisor", 200)])
def test_round_detail_who_may(cast, stage, signed_in, who, code):
    assert signed_in(getattr(cast, who)).get(f"/selfcheck/rounds/{stage.round.pk}/").status_code == code


def test_lists_hold_their_query_count(cast, stage, client, django_assert_num_queries, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    pages = [(cast.office, "/selfcheck/"), (cast.office, f"/selfcheck/rounds/{stage.round.pk}/"), (cast.reviewer, "/selfcheck/reviews/")]
    crowd(cast, stage, 1)

    def counts():
        found = []
        for who, url in pages:
            client.force_login(who)
            with CaptureQueriesContext(connection, ) as seen:
                client.get(url)
            found.append(len(seen))
        return found

    few = counts()
    for i in range(30):
        user = person(f"more{i}", f"又增{i}", cast.unit_a)
        SelfCheck.objects.create(round=stage.round, checklist=stage.round.checklist, cadre=cast.person(user), due_on=stage.due, reviewer=cast.reviewer, review_until=stage.due)
        stage.hand_in(user)
    assert counts() == few
    assert max(few) <= 15


# --- 催办、审核人、清单 ---


def test_round_urge_sends_a_slip_once_a_day(cast, stage, signed_in):
    client = signed_in(cast.office)
    url = f"/selfcheck/rounds/{stage.round.pk}/urge/"
    assert "已发督办单催办 8 人。" in client.post(url, {"once": uuid.uuid4()}, follow=True).content.decode()
    assert "未交的 8 人今天都已催过，明天再催。" in client.post(url, {"once": uuid.uuid4()}, follow=True).content.decode()
    assert cast.campaign.slips.filter(kind="urge").count() == 1


def test_round_urge_one_unit(cast, stage, signed_in):
    answer = signed_in(cast.office).post(f"/selfcheck/rounds/{stage.round.pk}/urge/", {"unit": cast.unit_b.pk}, follow=True)
    assert "已发督办单催办 1 人。" in answer.content.decode()


@pytest.mark.parametrize(("who", "code"), [("liaison", 403), ("director", 403), ("cadre", 403), ("outsider", 404)])
def test_round_urge_is_the_offices(cast, stage, signed_in, who, code):
    client = signed_in(getattr(cast, who))
    assert client.post(f"/selfcheck/rounds/{stage.round.pk}/urge/").status_code == code
    assert not cast.campaign.slips.filter(kind="urge").exists()


@pytest.mark.parametrize(("method", "what"), [
    ("get", "change"), ("post", "change"), ("get", "newcomers"), ("post", "newcomers"), ("get", "reviewers"), ("post", "reviewers"),
    ("post", "urge"), ("post", "answers/freeze"), ("get", "checklist"), ("post", "checklist"),
])
def test_an_office_below_the_campaigns_unit_runs_no_round_of_it(cast, stage, signed_in, method, what):
    grant_role(cast.colleague, role=Role.OFFICE, unit=cast.unit_a, by=None, at=timezone.now())
    client, round_ = signed_in(cast.colleague), f"/selfcheck/rounds/{stage.round.pk}/"
    assert client.get(round_).status_code == 200
    assert getattr(client, method)(f"{round_}{what}/").status_code == 403


def test_round_urge_needs_a_post(cast, stage, signed_in):
    assert signed_in(cast.office).get(f"/selfcheck/rounds/{stage.round.pk}/urge/").status_code == 405


def test_reviewer_assign_one_and_not_the_author(cast, stage, signed_in):
    client, own = signed_in(cast.office), stage.report(cast.reviewer)
    url = f"/selfcheck/rounds/{stage.round.pk}/reviewers/"
    answer = client.post(url, {"report": own.pk, "reviewer": cast.reviewer.pk})
    assert "审核人不能是本人。" in answer.content.decode()
    assert stage.report(cast.reviewer).reviewer is None


def test_reviewer_assign_all_that_have_none(cast, stage, signed_in):
    stage.round.selfchecks.update(reviewer=None, review_until=None)
    answer = signed_in(cast.office).post(f"/selfcheck/rounds/{stage.round.pk}/reviewers/", {"report": "", "reviewer": cast.reviewer.pk, "once": uuid.uuid4()}, follow=True)
    assert "已指定何书言审核 7 份报告。" in answer.content.decode()
    assert stage.round.selfchecks.get(reviewer=None).cadre.user == cast.reviewer


def test_reviewer_assign_offers_reviewers_only(cast, stage, signed_in):
    client = signed_in(cast.office)
    url = f"/selfcheck/rounds/{stage.round.pk}/reviewers/?report={stage.report(cast.cadre).pk}"
    form = client.get(url).context["form"]
    assert list(form.fields["reviewer"].queryset) == [cast.reviewer]
    assert "现由何书言审核" in client.get(url).content.decode()
    assert (form.fields["report"].required, form.fields["report"].empty_label) == (False, "全部还没有审核人的（1 份）")


def test_reviewer_assign_names_a_report_when_none_is_without(cast, stage, signed_in):
    stage.round.selfchecks.update(reviewer=cast.reviewer, review_until=stage.due)
    answer = signed_in(cast.office).post(f"/selfcheck/rounds/{stage.round.pk}/reviewers/", {"report": "", "reviewer": cast.reviewer.pk})
    assert answer.context["form"].errors == {"report": ["请选择"]}


def test_reviewer_assign_refuses_who_may_not_review(cast, stage, signed_in):
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{stage.round.pk}/reviewers/"
    assert client.post(url, {"report": "", "reviewer": cast.office.pk}).status_code == 200


@pytest.mark.parametrize(("who", "code"), [("reviewer", 403), ("liaison", 403), ("outsider", 404)])
def test_reviewer_assign_is_the_offices(cast, stage, signed_in, who, code):
    assert signed_in(getattr(cast, who)).get(f"/selfcheck/rounds/{stage.round.pk}/reviewers/").status_code == code


def test_checklist_detail_lists_aspects_and_questions(cast, stage, client):
    url = f"/selfcheck/checklists/{stage.round.checklist.pk}/"
    client.force_login(cast.cadre)
    text = client.get(url).content.decode()
    assert "六、清廉失守" in text and "是否存在滥用权力方面的问题？" in text and "本人承诺：" in text
    client.force_login(cast.outsider)
    assert client.get(url).status_code == 404
    client.force_login(cast.administrator)
    assert client.get(url).status_code == 403


# --- 审核 ---


def test_review_list_has_only_what_is_assigned(cast, stage, signed_in):
    stage.hand_in(cast.cadre, "improper_conduct")
    stage.hand_in(cast.colleague)
    SelfCheck.objects.filter(cadre__user=cast.colleague).update(reviewer=cast.chief, review_until=stage.due)
    answer = signed_in(cast.reviewer).get("/selfcheck/reviews/")
    assert [(row.cadre.name, row.items) for row in answer.context["page"]] == [("林知夏", 1)]
    assert "1 份自查报告等您审核" in answer.content.decode()


@pytest.mark.parametrize("who", ["office", "director", "liaison", "cadre"])
def test_review_pages_need_the_role(cast, stage, signed_in, who):
    pk = stage.hand_in(cast.cadre).pk
    client = signed_in(getattr(cast, who))
    assert client.get("/selfcheck/reviews/").status_code == 403
    assert client.get(f"/selfcheck/reviews/{pk}/").status_code == 403


def test_review_detail_of_another_reviewers_report_is_404(cast, stage, signed_in):
    pk = stage.hand_in(cast.cadre).pk
    SelfCheck.objects.filter(pk=pk).update(reviewer=cast.chief, review_until=stage.due)
    assert signed_in(cast.reviewer).get(f"/selfcheck/reviews/{pk}/").status_code == 404


def test_review_detail_logs_the_reading(cast, stage, signed_in, today):
    report = stage.hand_in(cast.cadre, "improper_conduct")
    text = signed_in(cast.reviewer).get(f"/selfcheck/reviews/{report.pk}/").content.decode()
    assert "以电话代替上门走访。" in text
    assert f'value="{(today + dt.timedelta(days=3)).isoformat()}"' in text
    assert Event.objects.get(action="selfcheck.read_body").actor_label == "何书言"


def test_review_detail_accepts_and_goes_on_to_the_next(cast, stage, signed_in):
    first, second = stage.hand_in(cast.cadre, "improper_conduct"), stage.hand_in(cast.colleague)
    client = signed_in(cast.reviewer)
    sent = {"do": "accept", "version": first.version, "comment": "措施可行", "due_on": "", "once": uuid.uuid4()}
    assert "通过后，1 项问题列入整改台账，报告不能再退回。</p>" in client.get(f"/selfcheck/reviews/{first.pk}/").content.decode()
    answer = client.post(f"/selfcheck/reviews/{first.pk}/", sent)
    assert answer.url == f"/selfcheck/reviews/{second.pk}/"
    assert client.post(f"/selfcheck/reviews/{first.pk}/", sent).url == answer.url
    assert (stage.report(cast.cadre).status, stage.report(cast.cadre).opinion, Problem.objects.count()) == ("accepted", "措施可行", 1)
    last = client.post(f"/selfcheck/reviews/{second.pk}/", {"do": "accept", "version": second.version}, follow=True)
    assert "没有等您审核的自查报告" in last.content.decode() and "许望舒的报告已通过。" in last.content.decode()


def test_review_detail_returns_with_comment_and_date(cast, stage, signed_in, today):
    report = stage.hand_in(cast.cadre)
    later = today + dt.timedelta(days=3)
    answer = signed_in(cast.reviewer).post(f"/selfcheck/reviews/{report.pk}/", {"do": "return", "version": report.version, "comment": "请补正第四方面", "due_on": later})
    report = stage.report(cast.cadre)
    assert answer.url == "/selfcheck/reviews/"
    assert (report.status, report.return_comment, report.due_on) == ("returned", "请补正第四方面", later)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"do": "return", "comment": "", "due_on": "2099-01-01"}, "请写明哪一方面要怎样补正，"),
        ({"do": "return", "comment": "留住这句话", "due_on": ""}, "退回补正的，请写明补正时限。"),
        ({"do": "return", "comment": "留住这句话", "due_on": "2020-01-01"}, "时限不能早于今天"),
        ({"do": "accept", "comment": "留住这句话", "version": 1}, "刚才在别处保存过"),
        ({"do": "", "comment": "留住这句话"}, "请按“通过”或者“退回补正”。"),
    ],
)
def test_review_detail_refuses_and_keeps_what_was_typed(cast, stage, signed_in, sent, words):
    report, client = stage.hand_in(cast.cadre), signed_in(cast.reviewer)
    client.get(f"/selfcheck/reviews/{report.pk}/")
    answer = client.post(f"/selfcheck/reviews/{report.pk}/", {"version": report.version} | sent)
    assert answer.status_code == (409 if "version" in sent else 200)
    assert words in answer.content.decode() and sent["comment"] in answer.content.decode()
    assert stage.report(cast.cadre).status == "submitted"


def test_review_detail_of_an_accepted_report_offers_no_decision(cast, stage, signed_in):
    report = stage.hand_in(cast.cadre)
    client = signed_in(cast.reviewer)
    client.post(f"/selfcheck/reviews/{report.pk}/", {"do": "accept", "version": report.version})
    assert 'value="accept"' not in client.get(f"/selfcheck/reviews/{report.pk}/").content.decode()


# --- a wide scope ---


@pytest.fixture
def wide(stage, monkeypatch):
    """Two units are a wide scope here, and counts are kept."""
    build(at=timezone.now())
    monkeypatch.setattr("organizations.breadth.WIDE", 2)
    return stage


def test_round_detail_of_a_wide_scope_leads_down_to_the_names(cast, wide, signed_in, monkeypatch):
    wide.hand_in(cast.cadre)
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{wide.round.pk}/"

    def lines(query=""):
        answer = client.get(url + query)
        return [(line["label"], line["handed_in"], line["all"]) for line in answer.context["units"]], answer

    top, answer = lines()
    assert top == [("纪检监察室", 1, 7), ("石桥街道纪工委", 0, 1)] and answer.context["total"]["missing"] == 7
    assert "每行含下级单位" in answer.content.decode() and answer.context["reminder"] == "" and len(answer.context["page"]) == 8
    monkeypatch.setattr("organizations.breadth.LISTED", 3)
    assert "人数较多，逐级往下看" in lines()[1].content.decode() and [row.cadre.name for row in lines("?status=submitted")[1].context["page"]] == ["林知夏"]
    below, answer = lines(f"?unit={cast.bureau.pk}")
    assert below == [("纪检监察室", 0, 4), ("纪检监察科", 1, 3)] and "看上一级" in answer.content.decode() and "许望舒" in answer.context["reminder"]
    assert {row.cadre.name for row in lines(f"?unit={cast.bureau.pk}&status=missing")[1].context["page"]} >= {"许望舒", "赵念安"}
    assert lines(f"?unit={cast.elsewhere.pk}")[0] == top  # another's unit asks for nothing
    assert f'name="unit" value="{cast.bureau.pk}"' in answer.content.decode() and "催办 6 人" in answer.content.decode()


def test_round_detail_of_a_wide_scope_lists_a_units_own_people(cast, wide, signed_in, monkeypatch):
    monkeypatch.setattr("organizations.breadth.WIDE", 1)
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{wide.round.pk}/"
    lines = client.get(url, {"unit": cast.bureau.pk}).context["units"]
    assert [(line["label"], line["is_alone"], line["all"]) for line in lines] == [("纪检监察室", True, 4), ("纪检监察科", False, 3)]
    alone = client.get(url, {"unit": cast.bureau.pk, "alone": 1})
    assert "催办" not in alone.content.decode()  # urging is for a unit with all that is below it
    assert [line["label"] for line in alone.context["units"]] == ["纪检监察室"] and {row.cadre.unit for row in alone.context["page"]} == {cast.bureau}


def test_round_list_of_a_wide_scope_tells_the_same(cast, wide, signed_in, monkeypatch):
    wide.hand_in(cast.cadre)
    client = signed_in(cast.office)
    kept = client.get("/selfcheck/").context["rounds"][0][1]
    monkeypatch.setattr("organizations.breadth.WIDE", 80)
    live = client.get("/selfcheck/").context["rounds"][0][1]
    assert kept == {key: live[key] for key in kept} and kept["handed_in"] == 1


def test_who_may_review_is_counted_as_they_are_named_and_as_their_time_ends(cast, wide, today):
    rows = SelfCheck.objects.filter(round=wide.round)

    def kept(day) -> int:
        return sum(row["unassigned"] for row in read_under(COUNTERS[ReportCount], [cast.organ.path], day, campaign=cast.campaign.pk))

    def counted(day) -> int:
        return rows.in_pile("unassigned", day).count()

    now = timezone.localdate()
    assert kept(now) == counted(now) == 1
    assign_reviewer(wide.report(cast.reviewer), reviewer=cast.director, by=cast.office, at=timezone.now())
    assert kept(now) == counted(now) == 0
    later = max(rows.values_list("review_until", flat=True)) + dt.timedelta(days=1)
    assert kept(later) == counted(later) == rows.count()


def test_of_too_many_reports_the_one_meant_is_offered_for_another_reviewer(cast, stage, signed_in, monkeypatch):
    monkeypatch.setattr("organizations.choosing.SHORT", 3)
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{stage.round.pk}/reviewers/"
    report = stage.report(cast.cadre)
    page = client.get(url, {"report": report.pk}).content.decode()
    assert f'<option value="{report.pk}" selected' in page and page.count("林知夏") == 1 and "许望舒" not in page
    assert client.post(url, {"report": report.pk, "reviewer": cast.reviewer.pk, "once": uuid.uuid4()}).status_code == 302
