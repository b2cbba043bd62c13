"""Filters kept under a name."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit.models import Event
from ledger.actions.saved import drop_view, keep_view, kept, rename_view
from ledger.models import SavedView
from tests.cast import NOW
from tests.ledger.plays import opened

NEW = "/ledger/problems/views/new/"


def keep(cast, name="逾期的", query="view=overdue&track=dated&page=3&q=", by=None):
    return keep_view(cast.campaign, name=name, query=query, by=by or cast.office, at=NOW)


def test_what_is_kept_are_view_and_filters():
    assert kept("view=overdue&page=3&q=&source=visit&evil=1") == "view=overdue&source=visit"
    assert kept("view=all&page=2") == ""


def test_keep_view_once_under_a_name(cast):
    view = keep(cast)
    assert (view.user, view.name, view.query) == (cast.office, "逾期的", "view=overdue&track=dated")
    with pytest.raises(ValidationError, match="已有同名的"):
        keep(cast, name=" 逾期的 ")
    assert keep(cast, by=cast.liaison).name == "逾期的"  # somebody else's names are theirs
    event = Event.objects.filter(action="ledger.keep_view").first()
    assert (event.subject_label, event.detail) == ("常用条件", {})
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(user=cast.office, campaign=cast.campaign, name="逾期的", query="q=1")


def test_no_more_than_twenty_and_none_without_filters(cast):
    for n in range(SavedView.MOST):
        keep(cast, name=f"{n}")
    with pytest.raises(ValidationError, match="最多存 20 个"):
        keep(cast)
    with pytest.raises(ValidationError, match="没有任何条件"):
        keep(cast, query="page=2", by=cast.liaison)


def test_rename_and_drop(cast):
    view, other = keep(cast), keep(cast, name="别的")
    assert rename_view(view, name="到期的", by=cast.office, at=NOW).name == "到期的"
    with pytest.raises(ValidationError, match="已有同名的"):
        rename_view(view, name="别的", by=cast.office, at=NOW)
    drop_view(other, by=cast.office, at=NOW)
    assert list(SavedView.objects.values_list("name", flat=True)) == ["到期的"]


def test_saved_view_from_the_list_and_back_by_undo(cast, signed_in):
    opened(cast, track="immediate", due_on=None)
    client = signed_in(cast.office)
    html = client.get("/ledger/problems/?track=immediate").content.decode()
    assert f'href="{NEW}?query=track%3Dimmediate"' in html
    assert "track=immediate" in client.get(f"{NEW}?query=track%3Dimmediate").content.decode()
    assert client.post(NEW, {"name": "立行立改的", "query": "track=immediate"}).url == "/ledger/problems/?track=immediate"
    html = client.get("/ledger/problems/?track=immediate").content.decode()
    assert 'class="kept" aria-current="page">立行立改的</a>' in html and html.count('aria-current="page">立行立改的') == 1
    view = SavedView.objects.get()
    assert f'href="/ledger/problems/views/{view.pk}/">改名或删去</a>' in html and "保存条件" not in html
    dropped = client.post(f"/ledger/problems/views/{view.pk}/drop/", follow=True).content.decode()
    assert "已删去常用条件“立行立改的”。" in dropped and f'action="{NEW}"' in dropped and not SavedView.objects.exists()
    client.post(NEW, {"name": "立行立改的", "query": "track=immediate"})
    assert SavedView.objects.get().name == "立行立改的"


def test_saved_view_is_ones_own(cast, signed_in):
    view = keep(cast)
    client = signed_in(cast.liaison)
    assert "逾期的" not in client.get("/ledger/problems/").content.decode()
    assert [client.get(f"/ledger/problems/views/{view.pk}/").status_code, client.post(f"/ledger/problems/views/{view.pk}/drop/").status_code] == [404, 404]
    assert client.post(f"/ledger/problems/views/{view.pk}/", {"name": "我的"}).status_code == 404
    office = signed_in(cast.office)
    assert office.post(f"/ledger/problems/views/{view.pk}/", {"name": "改了"}).status_code == 302
    assert SavedView.objects.get().name == "改了"
