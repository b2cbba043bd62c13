"""A briefing as bytes: which renderer, which file name; the job and the command both come here."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from jobs.registry import QUICK, Report, Result, job_kind

from .actions import FORMATS, document_of, report_document
from .document import Doc
from .models import Briefing
from .renderers.docx import render_docx
from .renderers.pdf import RenderError, render_pdf
from .renderers.preview import standalone_html


def render(document: Doc, fmt: str) -> bytes:
    """The document in a format of FORMATS. Raises ValidationError with a sentence when the PDF can't be made."""
    if fmt == "html":
        return standalone_html(document).encode()
    if fmt == "docx":
        return render_docx(document)
    try:
        return render_pdf(document)
    except RenderError as error:
        raise ValidationError(str(error)) from error


def file_name(briefing: Briefing, fmt: str) -> str:
    """“进展情况汇报（截至2026-09-18）.pdf”."""
    title = str(briefing).replace("/", "-")
    return f"{title}（截至{briefing.as_of:%Y-%m-%d}）.{fmt}"


@job_kind("reports.render", queue=QUICK, title=gettext_lazy("生成汇报文件"))
def render_job(args: dict, report: Report) -> Result:
    """Make the file of a briefing."""
    briefing = Briefing.objects.select_related("campaign__unit", "issued_version").get(pk=args["briefing"])
    report(10, "正在汇总数据")
    document = document_of(briefing)
    report(40, "正在排版")
    content = render(document, args["format"])
    return Result(content, file_name(briefing, args["format"]), FORMATS[args["format"]][0], "已生成，请下载。")


@job_kind("reports.report_now", queue=QUICK, title=gettext_lazy("生成进展情况汇报"))
def report_now_job(args: dict, report: Report) -> Result:
    """The progress report of a campaign with the numbers of a day."""
    campaign = Campaign.objects.select_related("unit").get(pk=args["campaign"])
    as_of = dt.date.fromisoformat(args["as_of"])
    report(10, "正在汇总数据")
    document = report_document(campaign, as_of)
    report(40, "正在排版")
    return Result(render(document, "pdf"), f"进展情况汇报（截至{as_of}）.pdf", FORMATS["pdf"][0], "已生成，请下载。")
