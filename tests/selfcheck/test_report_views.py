"""Writing one's own report, and who reads it."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone

from audit.models import Event
from selfcheck.actions import accept_report, return_report, save_draft, with_body
from selfcheck.models import SelfCheck
from selfcheck.report_form import ReportForm, blank_fields, item_fields

ITEM = {"manifestation": "以电话代替上门走访。", "cause": "图省事", "measure": "每月上门 4 户", "track": "immediate", "due_on": ""}


@pytest.fixture
def page(cast, stage, signed_in):
    """The cadre's form through the browser: `get`, and `send(do, **typed)` that answers 否 to whatever isn't named."""

    class Page:
        pk = stage.report(cast.cadre).pk
        url = f"/selfcheck/{pk}/edit/"
        client = signed_in(cast.cadre)

        def get(self, query=""):
            return self.client.get(self.url + query)

        def send(self, do, *, once=None, follow=False, **typed):
            body = {f"q{pk}": "no" for pk in stage.q.values()} | {"version": self.now.version, "statement": "", "do": do, "once": once or uuid.uuid4()}
            return self.client.post(self.url, body | typed, follow=follow)

        def yes(self, key="improper_conduct", **items):
            """Typed values of items under one aspect: yes(i1={...}, i2={...})."""
            q = f"q{stage.q[key]}"
            named = {f"{q}-{name[1:]}-{field}": value for name, item in items.items() for field, value in item.items()}
            return {q: "yes", f"{q}-items": len(items) or 1} | named

        @property
        def now(self) -> SelfCheck:
            return SelfCheck.objects.get(pk=self.pk)

    return Page()


def q(stage, key="improper_conduct") -> str:
    return f"q{stage.q[key]}"


def items(report, stage, key="improper_conduct"):
    return [item.manifestation for item in report.answers.get(question=stage.q[key]).items.all()]


def test_selfcheck_edit_shows_six_aspects_closed(page, stage):
    answer = page.get()
    text = answer.content.decode()
    for label in ["一、信仰缺失", "二、政治动摇", "三、放弃原则", "四、作风不正", "五、滥用权力", "六、清廉失守", "七、其他需要向组织说明的事项", "八、本人承诺"]:
        assert label in text
    assert text.count('data-opens="part-') == 12
    assert f'<div id="part-{stage.q["belief_loss"]}" hidden>' in text
    assert [row["state"] for row in answer.context["form"].outline()] == ["未答"] * 6
    assert answer.context["form"].standing() == "已答 0/6，还差 6 个方面、承诺"
    assert "answered-no" not in text
    assert "谁能看到：本人和审核人何书言" in text
    assert "选“是”后请按“保存草稿”" in text[text.index("<noscript>") : text.index("</noscript>")]


def test_selfcheck_edit_all_no_is_handed_in(page, cast):
    answer = page.send("submit", pledge="on", follow=True)
    assert answer.redirect_chain == [(f"/selfcheck/{page.pk}/", 302)]
    assert "已提交，由何书言审核。" in answer.content.decode()
    assert (page.now.status, page.now.submitted_by) == ("submitted", cast.cadre)
    assert set(page.now.answers.values_list("exists", flat=True)) == {False}


def test_selfcheck_edit_one_yes_with_two_items(page, stage):
    page.send("submit", pledge="on", **page.yes(i1=ITEM, i2=ITEM | {"manifestation": "会前不准备。", "track": "dated", "due_on": "2026-10-15"}))
    assert page.now.status == "submitted"
    second = page.now.answers.get(exists=True).items.get(order=2)
    assert (second.manifestation, second.cause, second.measure, second.track, second.due_on) == ("会前不准备。", "图省事", "每月上门 4 户", "dated", dt.date(2026, 10, 15))
    assert items(page.now, stage) == ["以电话代替上门走访。", "会前不准备。"]


def test_selfcheck_edit_presses_save_when_enter_is_pressed(page):
    """Browsers press the first button of the form on Enter."""
    text = page.get().content.decode()
    form = text[text.index('<form method="post" id="report"') :]
    first = form[form.index("<button") :].split(">")[0]
    assert 'name="do" value="save"' in first


def test_selfcheck_edit_save_opens_what_was_answered_yes(page, stage):
    answer = page.send("save", follow=True, **page.yes())
    text = answer.content.decode()
    assert "已保存草稿。" in text
    assert f'<div id="part-{stage.q["improper_conduct"]}">' in text
    assert f'<div id="part-{stage.q["belief_loss"]}" hidden>' in text
    assert page.now.status == "draft"


def test_selfcheck_edit_add_saves_and_comes_back_to_the_new_item(page, stage):
    name = q(stage)
    answer = page.send(f"add {name}", **page.yes(i1=ITEM))
    assert answer.url == f"{page.url}?more={stage.q['improper_conduct']}#id_{name}-2-manifestation"
    text = page.get(f"?more={stage.q['improper_conduct']}").content.decode()
    assert f'id="id_{name}-2-manifestation"' in text
    assert "以电话代替上门走访。" in text
    assert f'name="{name}-items" value="2"' in text
    assert items(page.now, stage) == ["以电话代替上门走访。"]


def test_selfcheck_edit_remove_takes_that_item_only(page, stage):
    name = q(stage)
    answer = page.send(f"remove {name}-1", **page.yes(i1=ITEM, i2=ITEM | {"manifestation": "会前不准备。"}))
    assert answer.url == f"{page.url}#aspect-{stage.q['improper_conduct']}"
    assert items(page.now, stage) == ["会前不准备。"]


def test_selfcheck_edit_change_to_no_keeps_the_items_in_the_draft_and_drops_them_at_submission(page, stage):
    typed = page.yes(i1=ITEM) | {q(stage): "no"}
    page.send("save", **typed)
    assert items(page.now, stage) == ["以电话代替上门走访。"]
    text = page.get().content.decode()
    assert "以电话代替上门走访。" in text
    assert f'<div id="part-{stage.q["improper_conduct"]}" hidden>' in text
    page.send("submit", pledge="on", **typed)
    assert (page.now.status, items(page.now, stage)) == ("submitted", [])


def test_selfcheck_edit_with_gaps_is_kept_as_draft_and_every_gap_is_linked(page, stage):
    name = q(stage)
    typed = page.yes(i1=ITEM | {"cause": "", "track": "dated"}) | {q(stage, "belief_loss"): ""}
    answer = page.send("submit", **typed)
    assert answer.url == f"{page.url}?check=1"
    assert (page.now.status, items(page.now, stage)) == ("draft", ["以电话代替上门走访。"])
    shown = page.get("?check=1")
    text = shown.content.decode()
    assert "还不能提交，有 4 处需要填写" in text
    assert "已写的内容已存为草稿" in text
    assert shown.context["faults"] == [
        {"id": f"id_{q(stage, 'belief_loss')}", "text": "一、信仰缺失：请选择“是”或“否”"},
        {"id": f"id_{name}-1-cause", "text": "四、作风不正 第 1 项：请分析原因"},
        {"id": f"id_{name}-1-due_on", "text": "四、作风不正 第 1 项：选“限期整改”的，须填写整改时限"},
        {"id": "id_pledge", "text": "本人承诺：请通读后勾选承诺"},
    ]
    for fault in shown.context["faults"]:
        assert f'href="#{fault["id"]}"' in text
        assert f'id="{fault["id"]}"' in text
    assert f'<div class="invalid-feedback" id="id_{name}-1-cause_error">请分析原因</div>' in text
    assert [row["state"] for row in shown.context["form"].outline()] == ["差 1 处", "否", "否", "差 2 处", "否", "否"]
    assert "<summary>已答 5/6，还差 1 个方面、2 处、承诺</summary>" in text
    assert text.count('class="aspect answered-no"') == 4


def test_selfcheck_edit_failed_submit_keeps_the_pledge_ticked(page, stage):
    answer = page.send("submit", pledge="on", **page.yes())
    assert answer.url == f"{page.url}?check=pledged"
    shown = page.get("?check=pledged")
    assert [fault["id"] for fault in shown.context["faults"]] == [f"id_{q(stage)}-1-manifestation"]
    assert shown.context["form"]["pledge"].value() is True
    assert shown.context["form"].standing() == "已答 6/6，还差 1 处"


def test_selfcheck_edit_says_when_nothing_is_missing(page):
    form = page.get("?check=pledged").context["form"]
    assert form.standing() == "已答 0/6，还差 6 个方面"
    page.send("save")
    assert page.get("?check=pledged").context["form"].standing() == "已答 6/6，可以提交"


def test_selfcheck_edit_what_cannot_be_saved_stays_on_the_screen(page, stage):
    answer = page.send("save", **page.yes(i1=ITEM | {"due_on": "下个月", "cause": "长" * 2001}))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "还没有保存，有 2 处需要改正" in text
    assert "以电话代替上门走访。" in text and 'value="下个月"' in text and "长" * 2001 in text
    assert 'data-dirty="1"' in text
    assert page.now.status == "pending"


def test_selfcheck_edit_from_an_older_copy_shows_both_texts_and_saves_nothing(page, cast, stage):
    before = page.now
    there = stage.answers("improper_conduct", "belief_loss")
    save_draft(before, answers=there, statement="另一台电脑写的", by=cast.cadre, at=timezone.now())
    answer = page.send("save", version=before.version, statement="这里写的", **page.yes(i1=ITEM | {"cause": "怕麻烦"}))
    text = answer.content.decode()
    assert "这份报告刚才在别处保存过，这里的内容还没有保存" in text
    assert "这里写的" in text and "怕麻烦" in text
    assert answer.context["form"].newer == {
        "statement": "另一台电脑写的", q(stage, "belief_loss"): "是", f"{q(stage, 'belief_loss')}-1-manifestation": "以电话代替上门走访。",
        f"{q(stage, 'belief_loss')}-1-cause": "图省事", f"{q(stage, 'belief_loss')}-1-measure": "每月上门 4 户",
        f"{q(stage, 'belief_loss')}-1-track": "限期整改", f"{q(stage, 'belief_loss')}-1-due_on": answer.context["form"].newer[f"{q(stage, 'belief_loss')}-1-due_on"],
        f"{q(stage)}-1-cause": "图省事", f"{q(stage)}-1-track": "限期整改", f"{q(stage)}-1-due_on": answer.context["form"].newer[f"{q(stage)}-1-due_on"],
    }
    assert text.count("另一处较新的内容") == 10
    assert page.now.statement == "另一台电脑写的"
    page.send("save", version=answer.context["version"], statement="这里写的")
    assert page.now.statement == "这里写的"


def test_selfcheck_edit_after_it_was_handed_in_elsewhere_keeps_the_text_on_the_screen(page, cast, stage):
    before = page.now
    stage.hand_in(cast.cadre)
    answer = page.send("save", version=before.version, statement="还没写完的话")
    text = answer.content.decode()
    assert "报告现在是“待审核”，不能再修改" in text
    assert "还没写完的话" in text
    assert 'value="submit"' not in text
    assert page.now.statement == ""


def test_selfcheck_edit_sent_twice_is_handed_in_once(page):
    once = uuid.uuid4()
    version = page.now.version
    first = page.send("submit", pledge="on", once=once, version=version)
    second = page.send("submit", pledge="on", once=once, version=version, follow=True)
    assert first.url == f"/selfcheck/{page.pk}/"
    assert second.redirect_chain[-1] == (f"/selfcheck/{page.pk}/", 302)
    assert "刚才已经提交成功，没有重复办理" in second.content.decode()
    assert Event.objects.filter(action="selfcheck.submit").count() == 1


@pytest.mark.parametrize("do", ["add q999-1", "remove", "remove qx", "nonsense", ""])
def test_selfcheck_edit_with_an_unknown_button_only_saves(page, do):
    assert page.send(do).status_code == 302
    assert page.now.status == "draft"


def test_selfcheck_edit_with_absurd_numbers_of_items(page, stage):
    answer = page.send("save", **{f"{q(stage)}-items": "9" * 5000})
    assert answer.status_code == 302


def test_selfcheck_edit_of_a_returned_report_shows_why(page, cast, stage, today):
    report = stage.hand_in(cast.cadre, "improper_conduct")
    return_report(report, comment="第四方面措施再具体一些", due_on=today + dt.timedelta(days=2), by=cast.reviewer, at=timezone.now())
    text = page.get().content.decode()
    assert "第四方面措施再具体一些" in text
    assert "补正时限" in text and "还剩 2 天" in text
    page.send("submit", pledge="on", **page.yes(i1=ITEM))
    assert page.now.status == "submitted"


def test_selfcheck_edit_of_a_submitted_report_leads_to_the_report(page, cast, stage):
    stage.hand_in(cast.cadre)
    assert page.get().url == f"/selfcheck/{page.pk}/"


@pytest.mark.parametrize("who", ["office", "director", "reviewer", "colleague", "stranger", "outsider", "supervisor"])
def test_selfcheck_edit_is_the_authors_alone(cast, stage, signed_in, who):
    url = f"/selfcheck/{stage.report(cast.cadre).pk}/edit/"
    client = signed_in(getattr(cast, who))
    assert client.get(url).status_code == 404
    assert client.post(url, {"do": "save"}).status_code == 404


def test_selfcheck_detail_is_for_author_and_reviewer_and_the_author_sees_who_read(cast, stage, client):
    pk = stage.hand_in(cast.cadre, "improper_conduct").pk
    seen = {}
    for who in ["cadre", "reviewer", "office", "director", "supervisor", "liaison", "colleague", "stranger", "outsider"]:
        client.force_login(getattr(cast, who))
        seen[who] = client.get(f"/selfcheck/{pk}/").status_code
    assert seen == {"cadre": 200, "reviewer": 200} | dict.fromkeys(["office", "director", "supervisor", "liaison", "colleague", "stranger", "outsider"], 404)
    client.force_login(cast.cadre)
    text = client.get(f"/selfcheck/{pk}/").content.decode()
    assert [event.actor_label for event in Event.objects.filter(action="selfcheck.read_body")] == ["何书言"]
    for words in ["自查自纠情况报告表", "林知夏", "纪检监察科", "以电话代替上门走访。", "每月上门 4 户", "限期整改", "本人承诺：以上自查内容属实", "谁看过", "何书言"]:
        assert words in text


def test_selfcheck_detail_of_a_draft_is_not_for_the_reviewer(cast, stage, signed_in):
    report = save_draft(stage.report(cast.cadre), answers=stage.answers(), statement="", by=cast.cadre, at=timezone.now())
    assert signed_in(cast.reviewer).get(f"/selfcheck/{report.pk}/").status_code == 404


def test_selfcheck_detail_shows_the_problem_it_became(cast, stage, signed_in):
    report = accept_report(stage.hand_in(cast.cadre, "improper_conduct"), by=cast.reviewer, at=timezone.now(), opinion="措施可行")
    text = signed_in(cast.cadre).get(f"/selfcheck/{report.pk}/").content.decode()
    assert "待确认" in text and "措施可行" in text and "谁看过" in text


def test_selfcheck_detail_without_any_permission_is_403(cast, stage, signed_in):
    assert signed_in(cast.administrator).get(f"/selfcheck/{stage.report(cast.cadre).pk}/").status_code == 403
    assert signed_in(cast.administrator).get(f"/selfcheck/{stage.report(cast.cadre).pk}/edit/").status_code == 403


def test_selfcheck_edit_holds_its_query_count(page, stage, cast, django_assert_max_num_queries):
    save_draft(page.now, answers=stage.answers(*stage.q), statement="", by=cast.cadre, at=timezone.now())
    with django_assert_max_num_queries(15):
        page.get()


def spaced(html: str) -> str:
    """With one space for any blank between: crispy closes gaps."""
    return " ".join(html.split())


def test_a_blank_item_looks_as_the_form_itself_shows_it(page):
    """It is written once and kept."""
    report = SelfCheck.objects.select_related("checklist").prefetch_related(with_body()).get(pk=page.pk)
    form = ReportForm(report=report)
    for part in form.parts:
        names = part.names(1)
        assert spaced(blank_fields(*names)) == spaced(item_fields(form, names)) and names[0] in blank_fields(*names)


def test_an_item_with_a_word_or_an_error_is_never_the_blank_one(page, stage):
    blank = spaced(blank_fields(*(f"{q(stage)}-1-{key}" for key in ITEM)))
    assert blank in spaced(page.get().content.decode())
    sent = page.send("save", **page.yes(i1={"due_on": "昨天"})).content.decode()
    assert blank not in spaced(sent) and "昨天" in sent
    page.send("save", **page.yes(i1={"cause": "图省事"}))
    kept = page.get().content.decode()
    assert blank not in spaced(kept) and "图省事" in kept
