"""The pages of the checklist: versions, editor, preview, publication, a round that takes up a newer version."""

import pytest
from django.utils import timezone

from organizations.actions import grant_role
from organizations.roles import Role
from selfcheck.actions import (
    adopt_checklist,
    first_text,
    latest,
    publish_draft,
    save_checklist,
    save_draft,
    start_checklist,
    text_of,
)
from selfcheck.checklist_diff import with_question, without_aspect
from selfcheck.forms_checklist import flat
from selfcheck.models import ChecklistVersion, SelfCheck
from tests.selfcheck.test_checklists import deed, grown, published


@pytest.fixture
def draft(cast, stage) -> ChecklistVersion:
    return start_checklist(cast.campaign, **deed(cast))


def typed(client, draft, **changes) -> dict:
    """What a browser would send of the editor, with something changed."""
    form = client.get(f"/selfcheck/checklists/{draft.pk}/edit/").context["form"]
    return flat(form.text) | {"version": form["version"].value(), "read": form.reading} | {name.replace("__", "-"): value for name, value in changes.items()}


def edit(client, draft, do: str, **changes):
    return client.post(f"/selfcheck/checklists/{draft.pk}/edit/", typed(client, draft, **changes) | {"do": do})


@pytest.mark.parametrize("page", ["edit", "preview", "publish"])
def test_the_draft_is_the_offices_alone(cast, draft, client, page):
    url = f"/selfcheck/checklists/{draft.pk}/{page}/"
    for who, code in ((cast.cadre, 403), (cast.reviewer, 403), (cast.outsider, 404), (cast.office, 200)):
        client.force_login(who)
        assert client.get(url).status_code == code
    assert client.get(f"/selfcheck/checklists/{draft.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["edit", "preview", "publish"])
def test_the_office_of_a_unit_below_sees_the_campaign_and_not_its_draft(cast, draft, signed_in, page):
    grant_role(cast.liaison, role=Role.OFFICE, unit=cast.unit_a, **deed(cast))
    client = signed_in(cast.liaison)
    assert client.get(f"/selfcheck/checklists/{draft.pk}/{page}/").status_code == 403
    assert client.post(f"/selfcheck/checklists/{draft.pk}/{page}/", {"do": "save"}).status_code in (403, 405)


def test_checklist_list_says_whether_a_draft_waits(cast, stage, signed_in):
    client = signed_in(cast.office)
    text = client.get("/selfcheck/checklists/").content.decode()
    assert "检查清单现用第 1 版" in text and "起草新的一版" in text and "6 问" in text and "8 份" in text
    answer = client.post("/selfcheck/checklists/new/")
    made = cast.campaign.checklists.drafts().get()
    assert answer["Location"] == f"/selfcheck/checklists/{made.pk}/edit/"
    assert "检查清单有一份草稿没有发布" in client.get("/selfcheck/checklists/").content.decode()
    assert client.post("/selfcheck/checklists/new/")["Location"] == answer["Location"]
    assert cast.campaign.checklists.drafts().count() == 1


def test_checklist_list_has_the_newest_first(cast, stage, signed_in):
    published(cast, grown)
    answer = signed_in(cast.office).get("/selfcheck/checklists/")
    assert [(version.number, reports) for version, reports in answer.context["versions"]] == [(2, 0), (1, 8)]
    assert "检查清单现用第 2 版" in answer.content.decode()


def test_checklist_list_before_any_version(cast, signed_in):
    assert "从六个方面起草" in signed_in(cast.office).get("/selfcheck/checklists/").content.decode()


def test_checklist_list_has_as_many_queries_with_many_versions(cast, stage, signed_in, django_assert_num_queries):
    client = signed_in(cast.office)

    def asked() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            client.get("/selfcheck/checklists/")
        return len(queries)

    one = asked()
    for n in range(29):
        whole = {"campaign": cast.campaign, "name": "清单", "pledge": "承诺", "number": n + 2, "published_at": timezone.now(), "content_hash": "x"}
        ChecklistVersion.objects.create(**whole)
    assert asked() == one


def test_checklist_edit_saves_every_line(cast, draft, signed_in):
    client = signed_in(cast.office)
    answer = edit(client, draft, "save", question__belief_loss__text="是否动摇？", question__belief_loss__sensitivity="normal", aspect__belief_loss="理想信念", notice="甲：乙\r\n丙：丁")
    assert answer["Location"] == f"/selfcheck/checklists/{draft.pk}/edit/"
    now = text_of(ChecklistVersion.objects.get(pk=draft.pk))
    first = now.aspects[0]
    assert (first.label, first.questions[0].text, first.questions[0].sensitivity, now.notice) == ("理想信念", "是否动摇？", "normal", "甲：乙\n丙：丁")
    assert now.aspects[1:] == first_text().aspects[1:]


@pytest.mark.parametrize(("do", "keys", "place"), [
    ("up aspect integrity_lapse", [], "aspect-integrity_lapse"),
    ("down question belief_loss", [], "question-belief_loss"),
    ("add question belief_loss", ["question_1"], "id_question-question_1-text"),
    ("remove aspect belief_loss", ["-belief_loss"], "lines"),
    ("add aspect", ["aspect_1"], "id_aspect-aspect_1"),
    ("up aspect nothing", [], "aspect-nothing"),
    ("up", [], ""),
    ("nonsense", [], ""),
])  # fmt: skip
def test_checklist_edit_buttons_save_first(cast, draft, signed_in, do, keys, place):
    client = signed_in(cast.office)
    answer = edit(client, draft, do, pledge="先保存")
    now = text_of(ChecklistVersion.objects.get(pk=draft.pk))
    lines = {*now.questions, *(one.key for one in now.aspects)}
    assert answer["Location"].endswith(f"/edit/#{place}" if place else "/edit/")
    assert now.pledge == "先保存"
    assert lines == (set(first_text().questions) | {key for key in keys if key[0] != "-"}) - {key[1:] for key in keys if key[0] == "-"}


def test_checklist_edit_knows_an_aspect_from_the_question_of_the_same_key(cast, draft, signed_in):
    client = signed_in(cast.office)
    edit(client, draft, "up aspect integrity_lapse")
    assert [one.key for one in text_of(draft).aspects][-2:] == ["integrity_lapse", "abuse_of_power"]
    edit(client, draft, "remove question integrity_lapse")
    now = text_of(draft)
    assert ([one.key for one in now.aspects][-2:], "integrity_lapse" in now.questions) == (["integrity_lapse", "abuse_of_power"], False)


@pytest.mark.parametrize(("do", "page"), [("preview", "preview"), ("publish", "publish")])
def test_checklist_edit_goes_on(cast, draft, signed_in, do, page):
    assert edit(signed_in(cast.office), draft, do)["Location"] == f"/selfcheck/checklists/{draft.pk}/{page}/"


def test_checklist_edit_refuses_what_is_too_long_and_keeps_it(cast, draft, signed_in):
    answer = edit(signed_in(cast.office), draft, "save", question__belief_loss__text="是" * 201, name="")
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"name", "question-belief_loss-text"} and "是" * 201 in answer.content.decode()
    assert text_of(draft) == first_text()


def test_checklist_edit_two_editors_the_second_is_told(cast, draft, signed_in):
    client = signed_in(cast.office)
    mine = typed(client, draft, question__belief_loss__text="我写的问题", question__abuse_of_power__help="写在删去的一问里") | {"do": "save"}
    theirs = with_question(without_aspect(first_text(), "abuse_of_power"), "integrity_lapse", "question_1")
    theirs = theirs.__class__(theirs.name, "别人的承诺", theirs.notice, theirs.aspects)
    save_checklist(draft, text=theirs, **deed(cast))
    told = client.post(f"/selfcheck/checklists/{draft.pk}/edit/", mine)
    html = told.content.decode()
    assert (told.status_code, text_of(ChecklistVersion.objects.get(pk=draft.pk))) == (409, theirs)
    assert "我写的问题" in html and "别人的承诺" in html and "写在删去的一问里" in html
    assert told.context["form"].newer == {"pledge": "别人的承诺"}
    again = told.context["form"]
    sent = {one.html_name: one.value() or "" for one in again} | {"read": again.reading, "do": "save"}
    assert client.post(f"/selfcheck/checklists/{draft.pk}/edit/", sent).status_code == 302
    now = text_of(ChecklistVersion.objects.get(pk=draft.pk))
    assert (now.questions["belief_loss"].text, set(now.questions) == set(theirs.questions)) == ("我写的问题", True)


def test_checklist_edit_after_publication_is_not_found(cast, draft, signed_in):
    client = signed_in(cast.office)
    mine = typed(client, draft) | {"do": "save"}
    publish_draft(save_checklist(draft, text=grown(first_text()), **deed(cast)), **deed(cast))
    assert client.post(f"/selfcheck/checklists/{draft.pk}/edit/", mine).status_code == 404


def test_checklist_preview_is_the_form_itself(cast, draft, signed_in):
    save_checklist(draft, text=grown(first_text()), **deed(cast))
    answer = signed_in(cast.office).get(f"/selfcheck/checklists/{draft.pk}/preview/")
    text = answer.content.decode()
    assert "一、信仰缺失（2）" in text and "是否在报告中隐瞒？" in text and "佐证材料：排班表" in text and "新承诺" in text and "填写目的" in text
    assert "七、其他需要向组织说明的事项" in text and "八、本人承诺" in text  # numbered after the aspects, however many questions they have
    assert text.count('<div id="part-') == 7 and "hidden>" not in text.split('id="part-')[1][:40]
    assert SelfCheck.objects.filter(pk=0).count() == 0


def test_checklist_publish_shows_the_difference_and_its_class(cast, draft, stage, signed_in):
    client, url = signed_in(cast.office), f"/selfcheck/checklists/{draft.pk}/publish/"
    assert "草稿与第 1 版一样，不用发布" in client.get(url).content.decode()
    save_checklist(draft, text=grown(first_text()), **deed(cast))
    text = client.get(url).content.decode()
    assert "与第 1 版相比有 2 处变动" in text and "新增问题“是否在报告中隐瞒？”" in text and "正在进行的轮次可以换用" in text
    stage.hand_in(cast.cadre)
    current = save_checklist(draft, text=without_aspect(grown(first_text()), "abuse_of_power"), **deed(cast))
    text = client.get(url).content.decode()
    assert "其中 1 处会丢失答案或放宽保护" in text and "不能换用" in text
    assert client.post(url, {"version": current.version - 1}).status_code == 409
    assert latest(cast.campaign).number == 1
    assert client.post(url, {"version": current.version})["Location"] == f"/selfcheck/checklists/{draft.pk}/"
    assert (latest(cast.campaign).pk, latest(cast.campaign).number) == (draft.pk, 2)
    page = client.get(f"/selfcheck/checklists/{draft.pk}/").content.decode()
    assert latest(cast.campaign).content_hash in page and "与发布时一致" in page


def test_checklist_publish_refuses_gaps(cast, draft, signed_in):
    current = save_checklist(draft, text=with_question(first_text(), "belief_loss", "question_1"), **deed(cast))
    answer = signed_in(cast.office).post(f"/selfcheck/checklists/{draft.pk}/publish/", {"version": current.version})
    assert answer.status_code == 200 and "还没有写文字" in answer.content.decode()


def test_checklist_discard_asks_for_the_version_read(cast, draft, signed_in):
    client, url = signed_in(cast.office), f"/selfcheck/checklists/{draft.pk}/discard/"
    save_checklist(draft, text=grown(first_text()), **deed(cast))
    assert client.post(url, {"version": 1})["Location"] == f"/selfcheck/checklists/{draft.pk}/edit/"
    assert cast.campaign.checklists.drafts().exists()
    assert client.post(url, {"version": 2})["Location"] == "/selfcheck/checklists/"
    assert not cast.campaign.checklists.drafts().exists()


def test_checklist_adopt_takes_the_round_along(cast, stage, signed_in):
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{stage.round.pk}/checklist/"
    assert "第一轮已经在用第 1 版" in client.get(url).content.decode()
    stage.hand_in(cast.cadre)
    new = published(cast, grown)
    assert "已发布第 2 版，看能不能换用" in client.get(f"/selfcheck/rounds/{stage.round.pk}/").content.decode()
    assert '第一轮换用第 2 版，</span><span class="nowrap">7 份报告跟着换' in client.get(url).content.decode()
    assert (client.post(url, {"checklist": new.pk, "version": 0}).status_code, stage.round.selfchecks.by_version()) == (409, [(1, 8)])
    assert client.post(url, {"checklist": new.pk, "version": 1})["Location"] == f"/selfcheck/rounds/{stage.round.pk}/"
    page = client.get(f"/selfcheck/rounds/{stage.round.pk}/").content.decode()
    assert "第 1 版 1 份" in page and "第 2 版 7 份" in page and "看能不能换用" not in page
    again = client.post(url, {"checklist": new.pk, "version": 2})
    assert again.status_code == 200 and "这一轮已经在用第 2 版" in again.content.decode()


def test_checklist_adopt_says_why_not(cast, stage, signed_in):
    stage.hand_in(cast.cadre)
    new = published(cast, lambda text: without_aspect(text, "abuse_of_power"))
    client, url = signed_in(cast.office), f"/selfcheck/rounds/{stage.round.pk}/checklist/"
    text = client.get(url).content.decode()
    assert "第一轮不能换用第 2 版" in text and f'value="{new.pk}"' not in text
    answer = client.post(url, {"checklist": new.pk, "version": 1})
    assert answer.status_code == 200 and stage.round.selfchecks.by_version() == [(1, 8)]


@pytest.mark.parametrize(("who", "code"), [("cadre", 403), ("reviewer", 403), ("outsider", 404)])
def test_checklist_adopt_is_the_offices(cast, stage, signed_in, who, code):
    assert signed_in(getattr(cast, who)).get(f"/selfcheck/rounds/{stage.round.pk}/checklist/").status_code == code


# --- a page that was open meanwhile ------------------------------------------------------------------------------------


def begun(cast, stage) -> SelfCheck:
    return save_draft(stage.report(cast.cadre), answers=stage.answers("improper_conduct"), statement="", by=cast.cadre, at=timezone.now())


def page_of(report: SelfCheck, stage, words: str) -> dict:
    """What the page open before sends."""
    name = f"q{stage.q['improper_conduct']}"
    return {name: "yes", f"{name}-items": "1", f"{name}-1-manifestation": words, f"{name}-1-track": "long_term", "version": report.version, "do": "save"}


def test_a_page_open_before_keeps_what_was_typed_and_is_told(cast, stage, signed_in):
    report = begun(cast, stage)
    client, url, sent = signed_in(cast.cadre), f"/selfcheck/{report.pk}/edit/", page_of(report, stage, "刚刚写的一段")
    adopt_checklist(stage.round, checklist=published(cast, grown), **deed(cast))
    answer = client.post(url, sent)
    html = answer.content.decode()
    assert answer.status_code == 409 and "刚刚写的一段" in html and "以电话代替上门走访。" in html
    name = f"q{stage.report(cast.cadre).checklist.questions.get(key='improper_conduct').pk}"
    assert answer.context["form"][f"{name}-1-manifestation"].value() == "刚刚写的一段"
    assert stage.report(cast.cadre).body.items[name[1:]][0]["manifestation"] == "以电话代替上门走访。"


def test_a_changed_notice_comes_before_going_on_but_loses_nothing(cast, stage, signed_in):
    from dataclasses import replace

    report = begun(cast, stage)
    client, url, sent = signed_in(cast.cadre), f"/selfcheck/{report.pk}/edit/", page_of(report, stage, "刚刚写的一段")
    adopt_checklist(stage.round, checklist=published(cast, lambda text: replace(text, notice="新的：告知")), **deed(cast))
    told = client.post(url, sent)
    assert told.status_code == 409 and "刚刚写的一段" in told.content.decode()
    again = {one.html_name: one.value() or "" for one in told.context["form"]} | {"version": stage.report(cast.cadre).version, "do": "submit"}
    assert client.post(url, again).status_code == 302
    assert (stage.report(cast.cadre).status, "刚刚写的一段" in str(stage.report(cast.cadre).body)) == ("draft", True)
    assert "填写前请先看这几条" in client.get(url).content.decode()
    client.post(url, {"do": "notice"})
    page = client.get(url).content.decode()
    assert "刚刚写的一段" in page and "填写前请先看这几条" not in page


def test_a_moved_report_says_so_until_it_is_saved(cast, stage, signed_in):
    report = begun(cast, stage)
    adopt_checklist(stage.round, checklist=published(cast, grown), **deed(cast))
    client, url = signed_in(cast.cadre), f"/selfcheck/{report.pk}/edit/"
    assert "检查清单换成了第 2 版" in client.get(url).content.decode()
    save_draft(stage.report(cast.cadre), answers={}, statement="", by=cast.cadre, at=timezone.now())
    assert "检查清单换成了第 2 版" not in client.get(url).content.decode()


def test_a_report_is_printed_with_the_questions_it_answered(cast, stage, signed_in):
    stage.hand_in(cast.cadre, "improper_conduct")
    adopt_checklist(stage.round, checklist=published(cast, grown), **deed(cast))
    page = signed_in(cast.cadre).get(f"/selfcheck/{stage.report(cast.cadre).pk}/").content.decode()
    assert "是否存在作风不正方面的问题？" in page and "是否在报告中隐瞒？" not in page
