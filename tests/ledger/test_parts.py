"""What stands inside a problem: who closes and verifies it, corrections, milestones, comments, evidence that serves several, origins."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.templatetags.page import day
from audit.models import Event
from ledger import actions
from ledger.models import Comment, Correction, Measure, Milestone, Numbering, Problem, StatusChange
from ledger.origins import Origin, origins_of
from supervision.actions import raise_finding, record_visit
from tests.cast import NOW, TODAY
from tests.ledger import plays
from tests.ledger.plays import DAY, S
from tests.ledger.test_views import live, page, queries_of, send, today

LATER = NOW + dt.timedelta(hours=1)


def refused(deed, *args, **facts) -> str:
    with pytest.raises(ValidationError) as refusal:
        deed(*args, **facts)
    return "".join(refusal.value.messages)


# --- who closes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seriousness, closer, others, says", [
    ("ordinary", "liaison", ["director", "reviewer", "cadre"], "“一般”的问题由责任单位联络员或领导小组办公室销号。"),
    ("major", "office", ["liaison", "director"], "“较重”的问题由领导小组办公室销号。"),
    ("severe", "director", ["office", "liaison"], "“严重”的问题由领导小组领导销号。"),
])
def test_close_problem_goes_by_seriousness(cast, seriousness, closer, others, says):
    problem = plays.in_state(cast, S.VERIFIED, seriousness=seriousness)
    for who in others:
        if who != "cadre":
            assert refused(actions.close_problem, problem, outcome="done", by=getattr(cast, who), at=LATER) == says
    assert refused(actions.close_problem, problem, outcome="done", by=cast.cadre, at=LATER) == "本人负责的问题须由别人办理这一步。"
    assert actions.close_problem(problem, outcome="done", by=getattr(cast, closer), at=LATER).closed_by == getattr(cast, closer)


def test_the_liaison_of_another_unit_closes_nothing_here(cast):
    problem = plays.in_state(cast, S.VERIFIED)
    assert "由责任单位联络员或领导小组办公室销号" in refused(actions.close_problem, problem, outcome="done", by=cast.stranger, at=LATER)


def test_to_close_by_holds_what_each_may_close_and_not_their_own(cast):
    of = {level: plays.in_state(cast, S.VERIFIED, seriousness=level, title=level) for level in Problem.Seriousness.values}
    waiting = {who: set(Problem.objects.to_close_by(getattr(cast, who)).values_list("title", flat=True)) for who in ("office", "liaison", "director", "reviewer", "stranger")}
    assert waiting == {"office": {"ordinary", "major"}, "liaison": {"ordinary"}, "director": {"severe"}, "reviewer": set(), "stranger": set()}
    Problem.objects.filter(pk=of["major"].pk).update(responsible_person=cast.person(cast.office))
    assert set(Problem.objects.to_close_by(cast.office)) == {of["ordinary"]}


def test_the_page_says_who_closes(cast, signed_in):
    severe = live(cast, S.VERIFIED, seriousness="severe")
    assert "下一步由领导小组领导办理" in page(signed_in(cast.office), "problem_detail", severe.pk)
    html = page(signed_in(cast.director), "problem_detail", severe.pk)
    assert "下一步由您办理" in html and reverse("ledger:problem_close", args=[severe.pk]) in html
    assert send(signed_in(cast.director), "problem_close", severe, outcome="done").status_code == 302


def test_home_tells_the_leader_that_a_severe_problem_waits(cast, signed_in):
    live(cast, S.VERIFIED, seriousness="severe")
    assert "销号 1 件" in signed_in(cast.director).get("/").content.decode()
    assert "销号 1 件" not in signed_in(cast.office).get("/").content.decode()


# --- who verifies --------------------------------------------------------------------------------------------------------


def edits(cast) -> dict:
    deed = {"by": cast.office, "at": LATER}
    return {
        "measure": lambda p: actions.plan_measure(p, text="抽查", **deed),
        "progress": lambda p: actions.report_progress(p, text="补了", made_on=TODAY, **deed),
        "change": lambda p: actions.change_problem(p, title="改过的", **deed),
        "milestone": lambda p: actions.add_milestone(p, text="第一步", due_on=TODAY, **deed),
        "tick": lambda p: actions.tick_milestone(actions.add_milestone(p, text="第一步", due_on=TODAY, by=cast.liaison, at=NOW), done=True, **deed),
    }


@pytest.mark.parametrize("edit", ["measure", "progress", "change", "milestone", "tick"])
def test_whoever_edited_last_does_not_verify(cast, edit):
    problem = plays.opened(cast)
    edits(cast)[edit](problem)
    problem = plays.submit(cast, problem, LATER)
    assert (problem.edited_by, problem.edited_at) == (cast.office, LATER)
    says = refused(actions.verify_problem, problem, opinion="属实", by=cast.office, at=LATER)
    assert says == "这件问题最近一次由您填报或更正，须由别人验收；可以由何书言、察其微验收。"
    assert says == refused(actions.send_back_problem, problem, opinion="还差", by=cast.office, at=LATER)
    assert not Problem.objects.awaiting(cast.office).exists() and Problem.objects.awaiting(cast.inspection).exists()
    assert actions.verify_problem(problem, opinion="属实", by=cast.inspection, at=LATER).status == S.VERIFIED


def test_the_refusal_names_the_verifier_or_says_to_name_one(cast):
    problem = plays.submit(cast, plays.opened(cast, verifier=cast.chief))
    assert refused(actions.verify_problem, problem, opinion="属实", by=cast.cadre, at=LATER) == "您是这件问题的责任人，须由别人验收；请验收人唐克勤办理。"
    for user in (cast.office, cast.reviewer, cast.inspection):
        user.grants.all().delete()
    problem = actions.submit_problem(plays.opened(cast), note="好了", by=cast.liaison, at=NOW)
    assert refused(actions.verify_problem, problem, opinion="属实", by=cast.liaison, at=LATER) == "这件问题是您提请验收的，须由别人验收；请领导小组办公室另定验收人。"


def test_who_was_not_the_last_to_edit_may_verify_again(cast):
    problem = plays.opened(cast)
    actions.plan_measure(problem, text="抽查", by=cast.office, at=NOW)
    actions.report_progress(problem, text="补了", made_on=TODAY, by=cast.cadre, at=NOW)
    assert actions.verify_problem(plays.submit(cast, problem), opinion="属实", by=cast.office, at=LATER).status == S.VERIFIED


def test_close_at_once_is_not_for_the_last_editor(cast):
    problem = plays.opened(cast, track="immediate")
    actions.report_progress(problem, text="补了", made_on=TODAY, by=cast.office, at=NOW)
    assert "最近一次由您填报" in refused(actions.close_at_once, problem, opinion="改好", by=cast.office, at=LATER)
    assert Problem.objects.get(pk=problem.pk).status == S.OPEN


# --- corrections ---------------------------------------------------------------------------------------------------------


def test_change_problem_keeps_what_stood_there_before(cast):
    problem = plays.opened(cast)
    measure = actions.plan_measure(problem, text="补正", by=cast.liaison, at=NOW)
    colleague, chief = cast.person(cast.colleague), cast.person(cast.chief)
    changed = actions.change_problem(
        problem, title="谈话记录缺地点", seriousness="major", responsible_person=colleague, lead_official=chief, cause="图省事", verifier=None,
        owners={measure.pk: colleague}, by=cast.office, at=LATER, version=problem.version,
    )
    assert (changed.title, changed.seriousness, changed.responsible_person, changed.lead_official, changed.version) == ("谈话记录缺地点", "major", colleague, chief, problem.version + 1)
    assert Measure.objects.get(pk=measure.pk).owner == colleague
    assert Correction.objects.get().changes == [
        {"label": "问题", "before": "谈话记录要素不全", "after": "谈话记录缺地点"},
        {"label": "原因", "before": "", "after": "图省事"},
        {"label": "轻重", "before": "一般", "after": "较重"},
        {"label": "责任人", "before": "林知夏", "after": "许望舒"},
        {"label": "责任领导", "before": "", "after": "唐克勤"},
        {"label": "第 1 条措施的落实人", "before": "", "after": "许望舒"},
    ]
    event = Event.objects.get(action="ledger.change_problem")
    assert (event.actor_id, event.detail) == (cast.office.pk, {"changed": ["问题", "原因", "轻重", "责任人", "责任领导", "第 1 条措施的落实人"]})
    assert "有一件问题请您整改" in cast.colleague.notices.get().text


@pytest.mark.parametrize("state", [S.SUBMITTED, S.VERIFIED, S.CLOSED, S.DISMISSED, S.MERGED])
def test_change_problem_after_submission_is_refused(cast, state):
    problem = plays.in_state(cast, state)
    assert "不能再更正" in refused(actions.change_problem, problem, title="改", by=cast.office, at=LATER)
    assert not Correction.objects.exists() and Problem.objects.get(pk=problem.pk).title != "改"


def test_change_problem_to_the_same_or_into_ones_own_verifier_or_of_ones_own_is_refused(cast):
    problem = plays.opened(cast)
    assert refused(actions.change_problem, problem, title=problem.title, by=cast.office, at=LATER) == "没有改动，不必保存。"
    assert refused(actions.change_problem, problem, verifier=cast.cadre, by=cast.office, at=LATER) == "验收人不能是责任人本人。"
    own = plays.opened(cast, person=cast.person(cast.office))
    assert "须由别人办理" in refused(actions.change_problem, own, seriousness="ordinary", by=cast.office, at=LATER)
    assert not Correction.objects.exists() and not Event.objects.filter(action="ledger.change_problem").exists()


def test_problem_change_is_told_in_the_history(cast, signed_in):
    problem = live(cast, measures=["补正"])
    client = signed_in(cast.office)
    html = page(client, "problem_change", problem.pk)
    assert "第 1 条措施的落实人" in html and "整改时限要改的，走申请延期" in html
    data = {"title": "谈话记录缺地点", "manifestation": problem.manifestation, "seriousness": "major", "responsible_unit": cast.unit_b.pk}
    assert send(client, "problem_change", problem, **data).status_code == 302
    told = " ".join(page(client, "problem_detail", problem.pk).split())
    assert "更正问题、轻重、责任单位、责任人" in told and "谈话记录要素不全<br><b>改为</b> 谈话记录缺地点" in told and "林知夏<br><b>改为</b> （没有填写）" in told
    assert send(signed_in(cast.cadre), "problem_change", problem, **data).status_code == 404  # it is another unit's now


# --- milestones ----------------------------------------------------------------------------------------------------------


def test_milestones_are_added_ticked_and_taken_back(cast):
    problem = plays.opened(cast)
    first = actions.add_milestone(problem, text="清单报办公室", due_on=TODAY + 3 * DAY, by=cast.cadre, at=NOW)
    second = actions.add_milestone(problem, text="补齐", due_on=TODAY + 9 * DAY, by=cast.liaison, at=NOW)
    ticked = actions.tick_milestone(first, done=True, by=cast.cadre, at=LATER)
    assert [(m.order, m.text, m.running_until) for m in problem.milestones.all()] == [(1, "清单报办公室", None), (2, "补齐", TODAY + 9 * DAY)]
    assert (ticked.done_at, ticked.done_by, second.done_at) == (LATER, cast.cadre, None)
    count = Event.objects.count()
    assert actions.tick_milestone(first, done=True, by=cast.liaison, at=LATER).done_by == cast.cadre and Event.objects.count() == count
    assert actions.tick_milestone(first, done=False, by=cast.cadre, at=LATER).done_at is None
    assert list(Event.objects.filter(action="ledger.tick_milestone").order_by("pk").values_list("detail", flat=True)) == [{"order": 1, "done": True}, {"order": 1, "done": False}]


def test_milestones_have_their_days_and_their_state(cast):
    problem = plays.opened(cast)
    assert refused(actions.add_milestone, problem, text="早", due_on=TODAY - DAY, by=cast.cadre, at=NOW) == "节点时间不能早于今天。"
    assert "节点时间不能晚于整改时限" in refused(actions.add_milestone, problem, text="晚", due_on=problem.due_on + DAY, by=cast.cadre, at=NOW)
    milestone = actions.add_milestone(problem, text="第一步", due_on=TODAY, by=cast.cadre, at=NOW)
    plays.submit(cast, problem)
    assert "现在是“待验收”" in refused(actions.tick_milestone, milestone, done=True, by=cast.cadre, at=LATER)
    assert "现在是“待验收”" in refused(actions.add_milestone, problem, text="第二步", due_on=TODAY, by=cast.cadre, at=LATER)
    for broken in ({"done_at": NOW}, {"done_by": cast.cadre}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Milestone.objects.update(**broken)


def test_milestones_stand_on_the_page_with_the_days_left(cast, signed_in):
    problem = live(cast)
    milestone = actions.add_milestone(problem, text="清单报办公室", due_on=today() + 3 * DAY, by=cast.cadre, at=timezone.now())
    url = reverse("ledger:milestone_tick", args=[problem.pk, milestone.pk])
    html = page(signed_in(cast.cadre), "problem_detail", problem.pk)
    assert "清单报办公室" in html and "剩 3 天" in html and url in html
    assert url not in page(signed_in(cast.reviewer), "problem_detail", problem.pk)
    assert [signed_in(getattr(cast, who)).post(url, {"done": "yes"}).status_code for who in ("reviewer", "colleague", "stranger")] == [403, 404, 404]
    told = signed_in(cast.cadre).post(url, {"done": "yes"}, follow=True).content.decode()
    assert "“清单报办公室”已记为完成。" in told and f"{day(timezone.now())}完成，林知夏" in told and "改回未完成" in told
    other = live(cast)
    assert signed_in(cast.cadre).post(reverse("ledger:milestone_tick", args=[other.pk, milestone.pk]), {"done": "yes"}).status_code == 404


# --- comments ------------------------------------------------------------------------------------------------------------


def test_add_comment_tells_whoever_has_to_do_with_it_that_but_not_what(cast):
    problem = plays.opened(cast, verifier=cast.reviewer)
    actions.add_comment(problem, text="请把地点补上", by=cast.director, at=LATER)
    actions.add_comment(problem, text="好的", by=cast.cadre, at=LATER)
    assert list(problem.comments.values_list("text", "by", "at")) == [("请把地点补上", cast.director.pk, LATER), ("好的", cast.cadre.pk, LATER)]
    new = f"问题 {problem.code} 有新的留言"
    told = {who: getattr(cast, who).notices.filter(text=new).count() for who in ("cadre", "reviewer", "office", "director", "liaison", "colleague")}
    assert told == {"cadre": 1, "reviewer": 2, "office": 2, "director": 1, "liaison": 0, "colleague": 0}
    assert Event.objects.filter(action="ledger.add_comment").count() == 2 and "地点" not in str(list(Event.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize("state", [S.CLOSED, S.DISMISSED, S.MERGED])
def test_add_comment_to_what_is_over_or_without_words_is_refused(cast, state):
    assert refused(actions.add_comment, plays.in_state(cast, state), text="再说一句", by=cast.office, at=LATER) == "这件问题已经办结，不能再留言。"
    with pytest.raises(ValidationError):
        actions.add_comment(plays.opened(cast), text="", by=cast.office, at=LATER)
    assert not Comment.objects.exists()


def test_comment_new_is_seen_by_whoever_sees_the_problem(cast, signed_in):
    problem = live(cast)
    url = reverse("ledger:comment_new", args=[problem.pk])
    assert url in page(signed_in(cast.supervisor), "problem_detail", problem.pk)
    assert signed_in(cast.supervisor).post(url, {"text": "<b>请抓紧</b>"}).url == f"/ledger/problems/{problem.pk}/"
    assert "&lt;b&gt;请抓紧&lt;/b&gt;" in page(signed_in(cast.cadre), "problem_detail", problem.pk)
    assert "还没有保存" in signed_in(cast.supervisor).post(url, {"text": " "}).content.decode()
    assert [signed_in(getattr(cast, who)).post(url, {"text": "我"}).status_code for who in ("stranger", "colleague", "auditor")] == [404, 404, 403]
    assert Comment.objects.count() == 1


# --- evidence that serves several ----------------------------------------------------------------------------------------


def pdf(text: str, name: str = "归档材料.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.4 " + text.encode())


def test_one_file_serves_two_problems(cast, signed_in):
    first, second = live(cast, title="一"), live(cast, title="二")
    actions.report_progress(first, text="补了", made_on=today(), uploads=[pdf("x")], by=cast.cadre, at=timezone.now())
    stored = first.evidence.get()
    client = signed_in(cast.cadre)
    assert f"归档材料.pdf（{day(stored.stored_at)}，校验值 {stored.sha256[:8]}）" in page(client, "progress_new", second.pk)
    assert send(client, "progress_new", second, text="同一份材料", made_on=today().isoformat(), chosen=[stored.pk]).status_code == 302
    assert second.evidence.get() == second.progress.get().files.get() == stored
    html = page(client, "problem_detail", second.pk)
    assert "这份材料也用于" in html and first.code in html and f"校验值 {stored.sha256[:8]}" in html
    assert 'name="chosen"' not in page(client, "progress_new", second.pk)  # it has it already


def test_the_same_content_uploaded_again_is_seen_and_shown_to_the_verifier(cast, signed_in):
    first, second = live(cast, title="一"), live(cast, title="二")
    for problem in (first, second):
        actions.report_progress(problem, text="补了", made_on=today(), uploads=[pdf("x", f"{problem.title}.pdf")], by=cast.cadre, at=timezone.now())
    problem = plays.submit(cast, second, timezone.now())
    html = page(signed_in(cast.reviewer), "problem_verify", problem.pk)
    assert "二.pdf：" in html and "这份材料也用于" in html and first.code in html


def test_what_one_may_not_see_is_not_named(cast, signed_in):
    mine, theirs = live(cast, title="一"), live(cast, title="别单位的事", unit=cast.unit_b, person=cast.person(cast.stranger))
    for problem, by in ((mine, cast.cadre), (theirs, cast.stranger)):
        actions.report_progress(problem, text="补了", made_on=today(), uploads=[pdf("x")], by=by, at=timezone.now())
    html = page(signed_in(cast.cadre), "problem_detail", mine.pk)
    assert "这份材料也用于" not in html and theirs.code not in html
    assert theirs.code in page(signed_in(cast.office), "problem_detail", mine.pk)


def test_a_file_of_others_or_of_another_campaign_is_not_to_be_chosen(cast):
    theirs = plays.opened(cast, unit=cast.unit_b, person=cast.person(cast.stranger))
    actions.report_progress(theirs, text="补了", made_on=TODAY, uploads=[pdf("x")], by=cast.stranger, at=NOW)
    problem = plays.opened(cast)
    says = refused(actions.report_progress, problem, text="也用", made_on=TODAY, chosen=list(theirs.evidence.all()), by=cast.cadre, at=NOW)
    assert says == "请从您经办的问题的材料中选择，或者重新上传。"
    assert not problem.progress.exists() and not problem.evidence.exists()


# --- origins -------------------------------------------------------------------------------------------------------------


def test_a_finding_leads_back_to_its_visit_for_who_may_open_it(cast, signed_in):
    visit = record_visit(cast.campaign, unit=cast.unit_a, team="第一督导组", by=cast.supervisor, at=timezone.now())
    finding = raise_finding(visit, text="记录不全", responsible_person=cast.person(cast.cadre), by=cast.supervisor, at=timezone.now())
    again = raise_finding(visit, text="还是不全", into=finding.problem, by=cast.supervisor, at=timezone.now())
    assert again.problem == finding.problem and finding.problem.findings.count() == 2 and Problem.objects.count() == 1
    url = reverse("supervision:visit_detail", args=[visit.pk])
    assert origins_of([finding.problem], cast.office) == {finding.problem.pk: [Origin("督导反馈（第一督导组）", url)]}
    assert origins_of([finding.problem], cast.cadre) == {finding.problem.pk: [Origin("督导反馈（第一督导组）")]}
    html = page(signed_in(cast.cadre), "problem_detail", finding.problem.pk)
    assert "督导反馈（第一督导组）" in html and url not in html
    assert f'href="{url}"' in page(signed_in(cast.office), "problem_detail", finding.problem.pk)


def test_a_finding_goes_under_an_open_problem_of_the_campaign_only(cast):
    visit = record_visit(cast.campaign, unit=cast.unit_a, team="第一督导组", by=cast.supervisor, at=NOW)
    for state in (S.SUBMITTED, S.CLOSED, S.DISMISSED):
        says = refused(raise_finding, visit, text="记录不全", into=plays.in_state(cast, state), by=cast.supervisor, at=NOW)
        assert says == "只能并入同一次教育整顿中您能看到、尚未提请验收的问题。"
    assert not visit.findings.exists()


def test_origins_of_thirty_take_as_many_statements_as_of_one(cast, django_assert_num_queries):
    visit = record_visit(cast.campaign, unit=cast.unit_a, team="第一督导组", by=cast.supervisor, at=NOW)
    problems = [raise_finding(visit, text=f"第 {n} 条", by=cast.supervisor, at=NOW).problem for n in range(30)]
    origins_of(problems[:1], cast.office)
    for some in (problems[:1], problems):
        with django_assert_num_queries(2):
            assert all(len(origins) == 1 for origins in origins_of(some, cast.office).values())


def test_problem_detail_costs_the_same_however_much_stands_in_it(cast, signed_in, django_assert_max_num_queries):
    problem, client = live(cast), signed_in(cast.office)
    visit = record_visit(cast.campaign, unit=cast.unit_a, team="第一督导组", by=cast.supervisor, at=timezone.now())

    def more(n: int) -> None:
        now = timezone.now()
        raise_finding(visit, text=f"第 {n} 条", into=Problem.objects.get(pk=problem.pk), by=cast.supervisor, at=now)
        actions.add_milestone(problem, text=f"第 {n} 步", due_on=today(), by=cast.cadre, at=now)
        actions.add_comment(problem, text=f"第 {n} 句", by=cast.liaison, at=now)
        actions.change_problem(problem, title=f"第 {n} 个标题", by=cast.office, at=now)
        other = live(cast, title=f"又一件 {n}")
        for one in (problem, other):
            actions.report_progress(one, text="补了", made_on=today(), uploads=[pdf(str(n))], by=cast.cadre, at=now)

    more(0)
    url = f"/ledger/problems/{problem.pk}/"
    one = queries_of(client, url, django_assert_max_num_queries, 30)
    for n in range(1, 11):
        more(n)
    assert queries_of(client, url, django_assert_max_num_queries, 30) == one


# --- numbers -------------------------------------------------------------------------------------------------------------


def test_a_number_is_not_given_again_when_its_row_is_gone(cast):
    first, second = plays.reported(cast), plays.reported(cast)
    second.delete()
    third = plays.reported(cast)
    assert [p.number for p in (first, third)] == [1, 3]
    assert Numbering.objects.get(campaign=cast.campaign, year=2026).last == 3
    assert StatusChange.objects.filter(problem=third).count() == 1


def test_a_refused_report_takes_no_number(cast):
    refused(plays.reported, cast, due_on=None)
    assert plays.reported(cast).number == 1


def test_every_campaign_and_year_counts_for_itself(cast):
    assert plays.reported(cast).code == "2026-001"
    assert plays.reported(cast, at=NOW + dt.timedelta(days=200), due_on=TODAY + dt.timedelta(days=300)).code == "2027-001"
    with pytest.raises(IntegrityError), transaction.atomic():
        Numbering.objects.create(campaign=cast.campaign, year=2026)


