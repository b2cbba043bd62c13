"""The browser preview: semantic, escaped, without script or style."""

import re

import lxml.html
import pytest

from reports.document import Doc, Figure, Head, Para, Run
from reports.renderers.preview import preview_html, standalone_html
from reports.renderers.svg import SvgError, safe_svg
from tests.reports import samples

SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
PARTS = "article header p h2 span a section div table thead tbody tr th td figure svg figcaption footer"
TAGS = PARTS.split()
EVIL = "<script>alert(1)</script>\"'&<img src=x onerror=y>"


def test_preview_of_a_short_document():
    blocks = [
        Para([Run("某办")], "byline"),
        Para([Run("督导组：")], "to"),
        Para([Run("一、工作")], "h1"),
        Para([Run("（一）部署", "kai")], "h2"),
        Para(
            [Run("组织学习"), Run("12次", fact="sessions.held"), Run("，于"), Run("×月×日", blank=True), Run("完成。")]
        ),
    ]
    assert preview_html(Doc("汇报", blocks=blocks), lambda key: f"/figures/{key}/") == (
        '<article class="a4" lang="zh-CN"><h2>汇报</h2><p class="by">某办</p><p class="to">督导组：</p><h3 id="part-2">一、工作</h3>'
        '<h4 id="part-3"><span class="kai">（一）部署</span></h4>'
        '<p>组织学习<a class="fact" href="/figures/sessions.held/">12次</a>，于<span class="blank">×月×日</span>完成。</p></article>'
    )


def test_preview_links_nothing_without_addresses():
    assert "<a " not in preview_html(Doc("t", blocks=[Para([Run("12次", fact="x")])]))


def test_preview_escapes_every_text():
    evil = dict.fromkeys(("mark", "number", "signer", "copy_no", "secret", "urgency"), EVIL)
    blocks = [Para([Run(EVIL, fact=EVIL)]), samples.ledger(1, title=EVIL), Figure(SVG, EVIL)]
    html = preview_html(Doc(EVIL, Head("red", **evil), blocks, samples.FOOT, EVIL), lambda key: f"/?{key}")
    page = lxml.html.fromstring(html)
    assert {element.tag for element in page.iter()} == set(TAGS)
    assert {name for element in page.iter() for name in element.attrib} == {"class", "lang", "href", "scope", "xmlns"}
    assert page.xpath("string(//h2)") == EVIL


def test_standalone_file_needs_nothing_else():
    html = standalone_html(samples.letter())
    assert html.startswith("<!doctype html>")
    assert html.count("<style>") == 1
    assert not re.search(r"https?:|src=|<link|<script|url\(|@import", html)


def test_safe_svg_keeps_shapes_and_drops_the_rest():
    text = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="x()"><script>x()</script><style>*{}</style>'
        '<image href="http://a/b.png"/><a href="x"><rect/></a><rect x="1" fill="url(http://a)" style="x"/><text y="2">甲&amp;</text></svg>'
    )
    assert safe_svg(text) == (
        '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg"><rect x="1" /><text y="2">甲&amp;</text></svg>'
    )


@pytest.mark.parametrize("text", ["", "no xml", "<html/>", "<svg"])
def test_safe_svg_refuses_what_is_no_drawing(text):
    with pytest.raises(SvgError):
        safe_svg(text)
