"""What the tests of this room start from."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns.actions import form_leading_group, plan_item

PDF = b"%PDF-1.4 paper"


@pytest.fixture
def deed(cast):
    """Who does it and when, as actions take it."""
    return {"by": cast.office, "at": timezone.now()}


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def item(cast, deed, today):
    """A plan line due in three days, handed to both units."""
    return plan_item(
        cast.campaign, task="开展警示教育", when_text="6 月上旬", place="市廉政教育基地", owner=cast.person(cast.director),
        due_on=today + dt.timedelta(days=3), units=[cast.unit_a, cast.unit_b], **deed,
    )


@pytest.fixture
def group(cast, deed):
    return form_leading_group(cast.campaign, name="教育整顿领导小组", mandate="组织领导、统筹推进", office_unit=cast.bureau, **deed)


@pytest.fixture
def pdf():
    return SimpleUploadedFile("实施方案.pdf", PDF, content_type="application/pdf")
