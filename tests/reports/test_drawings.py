"""A drawing in a text: the dashboard's trend, with its table, on paper as on the page."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from reports.compose import compose
from reports.dashboard import weekly_trend
from reports.document import Doc, Figure, Table
from reports.figures import Scope
from reports.models import Briefing
from reports.renderers.docx import render_docx
from reports.renderers.pdf import render_pdf
from reports.renderers.preview import preview_html
from tests.reports.measure import text_of

TEXT = "# 工作进展情况\n应整改{{problems}}件。\n@走势图\n# 下一步打算\n认真落实。"


@pytest.fixture
def briefing(demo_entered, db) -> Briefing:
    return Briefing.objects.first()


def test_the_drawing_and_its_table_say_what_the_dashboard_says(briefing):
    doc, _used = compose(briefing, TEXT)
    points = weekly_trend(Scope(briefing.campaign), briefing.as_of)
    drawing, table = doc.blocks[3:5]
    assert isinstance(drawing, Figure) and isinstance(table, Table)
    assert [row[1:] for row in table.rows] == [(str(p.found), str(p.closed)) for p in points]
    assert table.rows[-1][1:] == ("13", "5")
    assert "由 0 件增至 13 件" in re.search(r"<title[^>]*>([^<]+)", drawing.svg)[1]
    assert Doc.from_data(doc.to_data()) == doc


def test_the_drawing_stands_in_pdf_word_and_preview(briefing):
    doc, _used = compose(briefing, TEXT)
    assert "问题与销号走势（每周累计，件）" in re.sub(r"\s", "", text_of(render_pdf(doc)))
    assert render_docx(doc)[:2] == b"PK"
    assert '<path class="l2" ' in preview_html(doc)


def test_no_drawing_where_there_is_nothing_to_draw(cast):
    empty = Briefing(campaign=cast.campaign, title="汇报", as_of=timezone.localdate(), organ="区机关")
    doc, _used = compose(empty, "# 情况\n正文。\n@走势图")
    assert not [block for block in doc.blocks if isinstance(block, Figure | Table)]
    with pytest.raises(ValidationError, match="走势图"):
        compose(empty, "@没有的段落")
