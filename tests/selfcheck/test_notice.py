"""填写告知: before the first answer the author reads why, by what right, who will read it, how long it is kept."""

import pytest
from django.utils import timezone

from audit.models import Event
from selfcheck.actions import take_notice
from selfcheck.models import SelfCheck
from tests.selfcheck.test_report_views import q


@pytest.fixture
def fresh(cast, stage) -> SelfCheck:
    SelfCheck.objects.update(noticed_at=None)
    return stage.report(cast.cadre)


def test_the_notice_comes_before_the_form(cast, stage, fresh, signed_in):
    client, address = signed_in(cast.cadre), f"/selfcheck/{fresh.pk}/edit/"
    page = client.get(address).content.decode()
    for words in ("填写目的", "填写依据", "对您的影响", "谁能看到", "怎样保存", "您可以"):
        assert words in page
    assert f'name="{q(stage)}"' not in page
    answer = client.post(address, {"do": "save", "version": 1, q(stage): "no"})  # who jumps over it has written nothing
    assert ("填写目的" in answer.content.decode(), stage.report(cast.cadre).status) == (True, "pending")
    assert client.post(address, {"do": "notice"})["Location"] == address
    assert f'name="{q(stage)}"' in client.get(address).content.decode()


def test_it_is_on_record_once_and_for_the_version_shown(cast, stage, fresh):
    first = take_notice(fresh, by=cast.cadre, at=timezone.now())
    again = take_notice(fresh, by=cast.cadre, at=timezone.now())
    assert first.noticed_at == again.noticed_at
    event = Event.objects.get(action="selfcheck.take_notice")
    assert (event.actor_id, event.detail) == (cast.cadre.pk, {"checklist": str(stage.round.checklist)})


def test_only_the_author_takes_it(cast, stage, fresh):
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="须由本人填写"):
        take_notice(fresh, by=cast.colleague, at=timezone.now())


def test_who_has_begun_is_not_asked(cast, stage, fresh, signed_in):
    SelfCheck.objects.filter(pk=fresh.pk).update(status="draft", saved_at=timezone.now())
    assert "填写目的" not in signed_in(cast.cadre).get(f"/selfcheck/{fresh.pk}/edit/").content.decode()
