"""The progress report of the demo says everything the seed states in words or numbers, the same in every format."""

import io
import re

import pypdf
import pytest
from django.utils import timezone
from docx import Document as Word

from reports.actions import document_of
from reports.document import plain_text
from reports.files import render
from reports.models import Briefing

FACTS = """
按照督导组工作安排，我代表|汇报如下
一、工作进展情况|（一）高调安排部署，高标准启动开局。|（二）狠抓学习教育，在凝心铸魂上下功夫。|（三）坚持问题导向，开展自查自纠。
二、纪检监察干部队伍监督管理情况|（一）内控机构不健全，监督力量薄弱。|（二）制度机制不完善，监督不够经常。|（三）主动监督意识不强，工作创新不够。|三、下一步打算
一是第一时间召开会议|×月×日，市纪检监察干部队伍教育整顿工作部署会议之后，×月×日，区纪检监察工委召开会议
传达学习中央、省市关于开展全国纪检监察干部队伍教育整顿有关部署精神|研究审议《云澜开放先导区纪检监察工委开展纪检监察干部队伍教育整顿的实施方案》
同日，提报区党工委会议|党中央《意见》|省市教育整顿动员部署会议精神|审议区纪检监察工委开展教育整顿的实施方案
区党工委书记特别要求，要从讲政治讲大局的高度|自剜腐肉、自揭疮疤|组织召开全区纪检监察干部队伍教育整顿动员部署会议，传达学习上级会议精神，部署区教育整顿实施方案|思想发动|提出要求
学习教育、检视整改、巩固提升三个关键环节|明确时间、地点、任务、负责人|成立云澜开放先导区纪检监察工委纪检监察干部教育整顿领导小组，负责组织领导、统筹推进
领导小组由××任组长，由纪检监察工委副书记兼纪检监察室主任××任副组长，纪检监察室副主任、街道纪工委书记任成员|领导小组办公室设在纪检监察室
下设综合协调组、线索处置组、教育培训组、宣传舆情组、督导检查组5个组|领导小组工作《规则》《机制》|明确了各小组的负责人及工作任务|目前教育整顿各项工作已全面展开
学习材料和阅读书目|供大家自主学习|截止目前，以党的二十大报告、《时刻保持解决大党独有难题的清醒和坚定》等为主要内容|进行了5次集中学习
《中国共产党章程》、《纪律处分条例》、《宪法》、《监察法》|必修课|“执纪者必先守纪，律人者必先律己”
×月×日，组织全区纪检监察干部到市廉政教育基地、廉洁文化主题车站，开展廉洁警示教育和参观学习|×月×日，组织纪检监察干部参观××同志纪念馆，接受革命传统教育
集中观看近年来我市领导干部违纪违法典型案例警示教育片|通报全市纪检监察干部违纪违法典型案例
信仰缺失、政治动摇、放弃原则、作风不正、滥用权力、清廉失守等6个方面|6个“是否”|以工作提示单形式，下发全区每名纪检监察干部|形成自查自纠报告，列出问题清单，边查边改，立行立改
共有在编在岗纪检监察干部24人|区纪检监察机关8人|4个街道纪工委两专纪检干部16人|仅设一个纪检监察室|纪检监察科、案件审理科两个科室|没有专门的干部监督管理机构|干部监督职能由纪检监察科负责|人员编制只有3人|兼职问题
《云澜开放先导区纪检监察干部日常监督管理办法》一项制度|自由裁量权|绩效考核、述职述廉、谈心谈话|注重工作层面的多，思想层面的监督少|开放先导区
几点建议：一是建议上级纪委加大|机构设置、人员配备|二是加大对先导区纪检监察工作指导力度|学习教育、检视整治、巩固提升三个环节融会贯通，一体推进
应交自查自纠报告24份，已交19份，其中审核通过16份|确认整改13件|已销号5件，销号率38.5%|整改逾期3件
"""


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture
def report(demo_entered, db) -> Briefing:
    return Briefing.objects.get(status=Briefing.Status.DRAFT)


@pytest.fixture
def issued(report) -> Briefing:
    return Briefing.objects.get(status=Briefing.Status.ISSUED)


def pdf_text(data: bytes) -> str:
    """Text of the body: page numbers left out."""
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]
    return squeezed("".join(re.sub(r"—\s*\d+\s*—", "", page) for page in pages))


def test_pdf_says_every_fact_of_the_seed(report):
    text = pdf_text(render(document_of(report), "pdf"))
    missing = [fact for line in FACTS.strip().splitlines() for fact in line.split("|") if squeezed(fact) not in text]
    assert missing == []


def test_the_fact_check_can_fail(report):
    text = squeezed(plain_text(document_of(report)))
    assert "进行了6次集中学习" not in text


def test_pdf_docx_html_carry_the_same_text(report):
    document = document_of(report)
    expected = squeezed(plain_text(document))
    word = squeezed("".join(p.text for p in Word(io.BytesIO(render(document, "docx"))).paragraphs))
    html = render(document, "html").decode()
    body = squeezed(re.sub(r"<[^>]+>", "", html[html.index("<article") :]))
    assert pdf_text(render(document, "pdf")) == expected
    assert word == expected
    assert body == expected


def test_an_issued_report_prints_the_same_for_ever(issued):
    before = render(document_of(issued), "pdf")
    issued.campaign.problems.all().update(title="改了")
    issued.campaign.plan_items.first().delete()
    assert render(document_of(issued), "pdf") == before


def test_an_issued_report_has_red_head_and_colophon(issued):
    text = pdf_text(render(document_of(issued), "pdf"))
    year = timezone.localdate().year
    assert text.startswith(f"云澜开放先导区纪检监察工委文件云纪工发〔{year}〕12号签发人：赵念安关于纪检监察干部队伍教育整顿工作进展情况的汇报市纪委监委：")
    assert "抄送：区党工委，市委督导组。" in text


def test_blanks_are_blanks_never_today(report):
    runs = [run for block in document_of(report).blocks for run in block.runs if run.blank]
    assert {run.text for run in runs} == {"×月×日", "××"}
    assert len(runs) == 8


def test_as_of_word_follows_the_setting(report):
    campaign = report.campaign
    campaign.as_of_word = "截至"
    campaign.save()
    text = plain_text(document_of(Briefing.objects.get(pk=report.pk)))
    assert "截至目前" in text
    assert "截止目前" not in text
