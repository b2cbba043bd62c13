"""One document, one text: PDF, DOCX and HTML say what the model says, word for word."""

import dataclasses
import io

import docx
import lxml.html
import pypdf
import pytest
from docx.oxml.ns import qn

from reports.document import Foot, Para, Run, plain_text
from reports.renderers.docx import render_docx
from reports.renderers.pdf import render_pdf
from reports.renderers.preview import preview_html
from tests.reports import samples
from tests.reports.measure import squeeze


def everything():
    """A letter with every kind of paragraph, blanks, rare names, a table inside and two annexes."""
    blocks = (
        Para([Run("某办公室")], "byline"),
        *samples.letter().blocks[:-2],
        Para([Run("附件：1.整改台账")], "attach"),
        Para([Run("2.问题清单及其很长很长很长很长很长很长很长很长很长很长的名称")], "attach"),
        *samples.letter().blocks[-2:],
        Para([Run("（联系人："), Run(samples.RARE, "kai"), Run("，"), Run("×月×日", blank=True), Run("）")], "note"),
        Para((), "blank"),
        Para([Run("甲<b>&乙 3.5%，GDP")], "h4", 0),
        samples.ledger(6, title="文内小表", annex=False),
        samples.ledger(40),
        samples.ledger(12, title="问题清单", landscape=False),
    )
    return dataclasses.replace(samples.letter(), blocks=blocks, subtitle="——以某街道为例")


DOCS = {
    "seed letter": samples.letter,
    "bulletin": samples.brief,
    "everything": everything,
    "headless": lambda: samples.letter(head=samples.Head(), foot=None),
    "long foot": lambda: samples.letter(
        foot=Foot((("主送：", "各单位、" * 40), ("抄送：", "某单位。")), "某办", "2026年1月1日印发", "共印9份")
    ),
    "no signer": lambda: samples.letter(head=dataclasses.replace(samples.RED, signer="", urgency="特急")),
}


def pdf_text(doc):
    """Text of the pages without page numbers and repeated table heads."""
    heads = {squeeze("".join(block.head)) for block in doc.blocks if hasattr(block, "head")}
    out = []
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(render_pdf(doc))).pages, 1):
        text = squeeze(page.extract_text())
        text = text.replace(f"—{number}—", "", 1) if f"—{number}—" in text else text
        for head in heads:
            if text.startswith(head):
                text = text[len(head) :]
        out.append(text)
    return "".join(out)


def docx_text(doc):
    body = docx.Document(io.BytesIO(render_docx(doc))).element.body
    return squeeze("".join(found.text or "" for found in body.iter(qn("w:t"))))


def html_text(doc):
    return squeeze(lxml.html.fromstring(preview_html(doc)).text_content())


@pytest.mark.parametrize("name", DOCS)
def test_html_says_what_the_model_says(name):
    doc = DOCS[name]()
    assert html_text(doc) == squeeze(plain_text(doc))


@pytest.mark.parametrize("name", DOCS)
def test_docx_says_what_the_model_says(name):
    doc = DOCS[name]()
    assert docx_text(doc) == squeeze(plain_text(doc))


@pytest.mark.parametrize("name", DOCS)
def test_pdf_says_what_the_model_says(name):
    doc = DOCS[name]()
    assert pdf_text(doc) == squeeze(plain_text(doc))
