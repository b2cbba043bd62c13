"""What is typed about problems."""

import re

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm, RowsField, VersionedForm, dress, needed_sometimes
from accounts.models import User
from accounts.templatetags.page import day
from campaigns.models import Campaign
from files.models import StoredFile
from organizations.choosing import CadreField, UnitField, offered
from organizations.models import Cadre, Unit, scope_paths, within
from organizations.roles import Permission as P

from .actions import verifiers_at
from .models import Comment, Milestone, Numbering, Problem, ProblemQuerySet, SavedView, known_files

# The six aspects every campaign of this kind examines; a campaign's own ones are added from its ledger.
SIX_ASPECTS = {
    "belief_loss": "信仰缺失",
    "political_wavering": "政治动摇",
    "principle_abandonment": "放弃原则",
    "improper_conduct": "作风不正",
    "abuse_of_power": "滥用权力",
    "integrity_lapse": "清廉失守",
}
# The labels that occur, by leaping from each to the next along an index instead of reading every problem.
ASPECTS_USED = """
WITH RECURSIVE used(label) AS (
    SELECT min(aspect_label) FROM ledger_problem WHERE campaign_id = %(campaign)s AND aspect_label > ''
    UNION ALL
    SELECT (SELECT min(aspect_label) FROM ledger_problem WHERE campaign_id = %(campaign)s AND aspect_label > used.label)
    FROM used WHERE used.label IS NOT NULL
)
SELECT label, (SELECT max(aspect_key) FROM ledger_problem WHERE campaign_id = %(campaign)s AND aspect_label = label)
FROM used WHERE label IS NOT NULL
"""
CODE = re.compile(r"(\d{4})\s*[-—－]\s*(\d{1,9})(?!\d)")


def aspects_of(campaign: Campaign) -> dict[str, str]:
    """key → label: the six, then what else stands in this campaign's ledger."""
    with connection.cursor() as cursor:
        cursor.execute(ASPECTS_USED, {"campaign": campaign.pk})
        used = {key or label: label for label, key in cursor.fetchall()}
    return SIX_ASPECTS | {key: label for key, label in used.items() if key not in SIX_ASPECTS}


def units_within(campaign: Campaign, user, permission: P) -> "Unit.objects":
    """The campaign's open units over which the user holds the permission, in 机构序列."""
    mine = within(scope_paths(user, permission, campaign.pk), "path")
    return Unit.objects.under(campaign.unit).open_on(timezone.localdate()).filter(mine)


def cadres_within(campaign: Campaign, user, permission: P):
    mine = within(scope_paths(user, permission, campaign.pk), "unit__path")
    return Cadre.objects.under(campaign.unit).filter(mine, left_on__isnull=True).select_related("unit").in_order()


class ProblemField(forms.ModelChoiceField):
    def label_from_instance(self, problem):
        return f"{problem.code}　{problem.title}（{problem.responsible_unit}）"


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files."""

    widget = FilesInput

    def clean(self, data, initial=None):
        return [super(FilesField, self).clean(one, initial) for one in data or []]


class KnownFilesField(RowsField):
    """Files the ledger holds already, to be ticked."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, stored):
        return _("%(name)s（%(day)s，校验值 %(sha)s）") % {"name": stored.name, "day": day(stored.stored_at), "sha": stored.sha256[:8]}


def recent_files(problem: Problem, user, most: int = 12):
    """The latest files of the problems one works on, each content once, without those this problem has."""
    held = set(problem.evidence.values_list("sha256", flat=True))
    found: dict[str, int] = {}
    for pk, sha256 in known_files(problem.campaign, user).order_by("-stored_at", "-pk").values_list("pk", "sha256")[:200]:
        if sha256 not in held and len(found) < most:
            found.setdefault(sha256, pk)
    return StoredFile.objects.filter(pk__in=found.values()).order_by("-stored_at", "-pk")


# --- the list ---------------------------------------------------------------


class ProblemFilterForm(forms.Form):
    """The filters above the ledger, kept in the address. The first five stand open, the others behind 更多条件."""

    q = forms.CharField(label=_("问题、编号、责任人"), required=False, max_length=60)
    unit = forms.TypedChoiceField(label=_("责任单位"), required=False, empty_value=None)  # chosen from what is read once
    aspect = forms.ChoiceField(label=_("方面"), required=False)
    source = forms.ChoiceField(label=_("来源"), choices=[("", _("全部来源")), *Problem.Source.choices], required=False)
    track = forms.ChoiceField(label=_("整改方式"), choices=[("", _("全部方式")), *Problem.Track.choices], required=False)
    status = forms.ChoiceField(label=_("状态"), choices=[("", _("全部状态")), *Problem.Status.choices], required=False)
    level = forms.ChoiceField(label=_("层面"), choices=[("", _("全部层面")), *Problem.Level.choices], required=False)
    person = forms.CharField(label=_("责任人"), required=False, max_length=20)
    leader = forms.CharField(label=_("责任领导"), required=False, max_length=20)
    due_from = forms.DateField(label=_("时限从"), required=False)
    due_to = forms.DateField(label=_("时限到"), required=False)

    OPEN = ("q", "unit", "aspect", "source", "track")
    EQUAL = ("source", "track", "status", "level")  # fields of the same name
    NAMED = {"person": "responsible_person", "leader": "lead_official"}

    def __init__(self, data, *, campaign: Campaign, user):
        super().__init__(data)
        dress(self)
        self.people: dict[str, list[int]] = {}  # whom a part of a name fits
        self.campaign, self.units = campaign, {unit.pk: unit for unit in offered(units_within(campaign, user, P.SEE_LEDGER), data.get("unit"))}
        self.fields["unit"].choices = [("", _("全部单位")), *((pk, "　" * (unit.depth - 1) + str(unit)) for pk, unit in self.units.items())]
        self.fields["unit"].coerce = lambda pk: self.units[int(pk)]
        self.labels = aspects_of(campaign)
        self.fields["aspect"].choices = [("", _("全部方面")), *self.labels.items()]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField | forms.ModelChoiceField) else "form-control"
        self.fields["q"].widget.input_type = "search"

    def clean_person(self) -> str:
        return self._fitting("person")

    def clean_leader(self) -> str:
        return self._fitting("leader")

    def _fitting(self, name: str) -> str:
        """Few people by number: each one's problems are read. Raises ValidationError when the part fits too many."""
        text = self.cleaned_data[name]
        if text:
            fits = list(_named(text).values_list("pk", flat=True)[: NAMESAKES + 1])
            if len(fits) > NAMESAKES:  # a whole name that many hold in theirs is looked for alone
                fits = list(Cadre.objects.filter(name=text).order_by().values_list("pk", flat=True))
                if not fits:
                    raise ValidationError(_("姓名里有“%(text)s”的超过 %(n)s 人，没有按它筛选；请写全姓名，或再多写几个字。") % {"text": text, "n": NAMESAKES})
            self.people[name] = fits
        return text

    @property
    def chosen(self) -> bool:
        return any(self.cleaned_data.values())

    @property
    def text(self) -> str:
        return self.cleaned_data.get("q", "")

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in self.OPEN]

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.OPEN]

    @property
    def more_chosen(self) -> bool:
        return any(self.cleaned_data.get(field.name) or field.errors for field in self.more)

    def narrow(self, rows: ProblemQuerySet) -> ProblemQuerySet:
        """All filters but the unit, which the list says in numbers (listing.in_units), and the text."""
        facts = self.cleaned_data
        rows = rows.filter(**{name: facts[name] for name in self.EQUAL if facts.get(name)})
        for name, field in self.NAMED.items():
            if facts.get(name):
                rows = rows.filter(**{f"{field}__in": self.people[name]})
        if facts.get("aspect"):
            rows = rows.filter(self._aspect(facts["aspect"]))
        if facts.get("due_from"):
            rows = rows.filter(due_on__gte=facts["due_from"])
        if facts.get("due_to"):
            rows = rows.filter(due_on__lte=facts["due_to"])
        return rows

    def _aspect(self, key: str) -> Q:
        """By key; what was entered without one, by its label."""
        return Q(aspect_key=key) if self.labels[key] != key else Q(aspect_key=key) | Q(aspect_key="", aspect_label=key)

    def search(self, rows: ProblemQuerySet, read: ProblemQuerySet) -> ProblemQuerySet:
        """Of `rows` those with the text in title or person's name, which are read in `read` only, or with the code as printed or its number alone."""
        found = read.filter(Q(title__icontains=self.text) | Q(responsible_person__in=_named(self.text)))
        code = CODE.fullmatch(self.text)
        if code:
            numbered = rows.filter(year=int(code[1]), number=int(code[2]))
        elif self.text.isdecimal() and len(self.text) < 10:
            numbered = rows.filter(year__in=Numbering.objects.filter(campaign=self.campaign).values("year"), number=int(self.text))
        else:
            return found
        return rows.filter(pk__in=found.order_by().values("pk").union(numbered.order_by().values("pk")))


NAMESAKES = 20  # people whose problems are read along one another


def _named(text: str):
    return Cadre.objects.filter(name__icontains=text).order_by().values("pk")


class SavedViewForm(PageForm):
    """The name under which filters are kept."""

    name = forms.CharField(label=_("名称"), max_length=20, help_text=SavedView._meta.get_field("name").help_text)
    query = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper.render_hidden_fields = True


class BulkForm(PageForm):
    """What an act on many rows needs to know, and how many its reader saw."""

    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("不改"))
    verifier = forms.ModelChoiceField(label=_("验收人"), queryset=User.objects.none(), required=False, empty_label=_("不改"), help_text=_("不能是责任人本人"))
    opinion = forms.CharField(label=_("验收意见"), widget=forms.Textarea, max_length=2000, help_text=_("写入每一件的验收记录"))
    expected = forms.IntegerField(widget=forms.HiddenInput)

    ASKS = {"assign": ("responsible_person", "verifier"), "verify": ("opinion",), "remind": ()}

    def __init__(self, *args, act: str, campaign: Campaign, user, rows: list[int], **kwargs):
        super().__init__(*args, initial={"expected": len(rows)}, **kwargs)
        self.rows = rows
        for name in {"responsible_person", "verifier", "opinion"} - set(self.ASKS[act]):
            del self.fields[name]
        if act == "assign":
            self.fields["responsible_person"].queryset = cadres_within(campaign, user, P.MANAGE_LEDGER)
            self.fields["verifier"].queryset = verifiers_at(campaign.unit.path, campaign)
        self.helper.render_hidden_fields = True

    def clean(self):
        facts = super().clean()
        if facts.get("expected") not in (None, len(self.rows)):
            self.data = self.data.copy()
            self.data["expected"] = str(len(self.rows))
            raise ValidationError(_("符合条件的问题刚才有变化，现在是 %(n)s 件。请核对后再办。"), params={"n": len(self.rows)})
        return facts

    def facts(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "expected"}


# --- a new problem ----------------------------------------------------------


class ProblemForm(PageModelForm):
    """Register a problem by hand."""

    aspect = forms.ChoiceField(label=_("方面"), required=False)
    measures = forms.CharField(label=_("整改措施"), widget=forms.Textarea, required=False, help_text=_("一行一条"))
    responsible_unit = UnitField(label=_("责任单位"), queryset=Unit.objects.none(), empty_label=_("请选择"))
    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    field_order = ["title", "source", "aspect", "level", "manifestation", "cause", "responsible_unit", "responsible_person", "measures", "track", "due_on", "deadline_text", "rectified_as_found"]

    class Meta:
        model = Problem
        fields = ["title", "source", "level", "manifestation", "cause", "responsible_unit", "responsible_person", "track", "due_on", "deadline_text", "rectified_as_found"]
        widgets = {"track": forms.RadioSelect, "level": forms.RadioSelect}
        help_texts = {
            "manifestation": _("写清时间、次数、情形；不得录入问题线索内容和涉密信息"),
            "due_on": _("限期整改必填"),
        }

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.aspects = aspects_of(campaign)
        self.fields["aspect"].choices = [("", _("不归入某一方面")), *self.aspects.items()]
        self.fields["responsible_unit"].queryset = units_within(campaign, user, P.REPORT_PROBLEMS)
        self.fields["responsible_person"].queryset = cadres_within(campaign, user, P.REPORT_PROBLEMS)
        self.fields["track"].choices = Problem.Track.choices
        needed_sometimes(self.fields["due_on"])
        self.fields["source"].choices = [("", _("请选择")), *Problem.Source.choices]
        self.helper.layout = Layout(
            Fieldset(_("一、问题情况"), "title", Div("source", "aspect", css_class="row-2"), "level", "manifestation", "cause"),
            Fieldset(_("二、责任"), Div("responsible_unit", "responsible_person", css_class="row-2")),
            Fieldset(_("三、整改"), "measures", "track", Div("due_on", "deadline_text", css_class="row-2"), "rectified_as_found"),
        )

    def clean(self):
        facts = super().clean()
        if facts.get("track") == Problem.Track.DATED and not facts.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", _("选“限期整改”的，须填写整改时限。"))
        return facts

    def facts(self) -> dict:
        """As report_problem takes them."""
        facts = dict(self.cleaned_data)
        key = facts.pop("aspect")
        return facts | {"aspect_key": key, "aspect_label": self.aspects.get(key, ""), "measures": facts["measures"].splitlines()}


# --- moves ------------------------------------------------------------------


class OnProblem(VersionedForm):
    """Mixin of a form about a problem: the version is the problem's, whatever the form writes."""

    def __init__(self, *args, problem: Problem, **kwargs):
        super().__init__(*args, row=problem, **kwargs)

    def facts(self) -> dict:
        """As the deed takes them."""
        return self.cleaned_data


class MoveForm(OnProblem, PageForm):
    """A move that needs no words."""


STANDARD_HELP = _("做到什么程度算改好了")
VERIFIER_HELP = _("不能是责任人本人；不指定的，由有验收权限的人员验收")


class RegisterForm(OnProblem, PageModelForm):
    """确认立项: who answers for it, until when, who verifies by which standard."""

    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    lead_official = CadreField(label=_("责任领导"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    verifier = forms.ModelChoiceField(label=_("验收人"), queryset=User.objects.none(), required=False, empty_label=_("未指定"), help_text=VERIFIER_HELP)

    class Meta:
        model = Problem
        fields = ["seriousness", "track", "due_on", "deadline_text", "responsible_person", "lead_official", "verifier", "acceptance_standard"]
        widgets = {"track": forms.RadioSelect, "seriousness": forms.RadioSelect}
        help_texts = {"due_on": _("限期整改必填"), "acceptance_standard": STANDARD_HELP}

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        people = cadres_within(problem.campaign, user, P.MANAGE_LEDGER)
        self.fields["responsible_person"].queryset = people
        self.fields["lead_official"].queryset = people
        self.fields["verifier"].queryset = verifiers_at(problem.responsible_unit.path, problem.campaign)
        self.fields["track"].choices = Problem.Track.choices
        needed_sometimes(self.fields["due_on"])
        self.fields["seriousness"].choices = Problem.Seriousness.choices


class ChangeForm(OnProblem, PageModelForm):
    """更正问题要素: everything but the deadline, which moves by an extension only."""

    responsible_unit = UnitField(label=_("责任单位"), queryset=Unit.objects.none(), empty_label=_("请选择"))
    responsible_person = CadreField(label=_("责任人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    lead_official = CadreField(label=_("责任领导"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    verifier = forms.ModelChoiceField(label=_("验收人"), queryset=User.objects.none(), required=False, empty_label=_("未指定"), help_text=VERIFIER_HELP)

    class Meta:
        model = Problem
        fields = ["title", "manifestation", "cause", "acceptance_standard", "seriousness", "responsible_unit", "responsible_person", "lead_official", "verifier"]
        widgets = {"seriousness": forms.RadioSelect}
        help_texts = {"acceptance_standard": STANDARD_HELP}

    def __init__(self, *args, problem: Problem, user, **kwargs):
        self.measures = list(problem.measures.all())
        super().__init__(*args, problem=problem, **kwargs)
        people = cadres_within(problem.campaign, user, P.MANAGE_LEDGER)
        for name in ("responsible_person", "lead_official"):
            self.fields[name].queryset = people
        self.fields["responsible_unit"].queryset = units_within(problem.campaign, user, P.MANAGE_LEDGER)
        self.fields["verifier"].queryset = verifiers_at(problem.responsible_unit.path, problem.campaign)
        self.fields["seriousness"].choices = Problem.Seriousness.choices
        for measure in self.measures:
            label = _("第 %(n)s 条措施的落实人") % {"n": measure.order}
            self.fields[f"owner_{measure.pk}"] = CadreField(label=label, queryset=people, required=False, empty_label=_("未指定"), help_text=measure.text[:40])
            self.initial[f"owner_{measure.pk}"] = measure.owner_id
        self.fields["version"] = self.fields.pop("version")  # hidden, and so the last

    def facts(self) -> dict:
        facts = dict(self.cleaned_data)
        return facts | {"owners": {measure.pk: facts.pop(f"owner_{measure.pk}") for measure in self.measures}}


class MilestoneForm(MoveForm):
    """设阶段节点."""

    text = forms.CharField(label=_("到这一步要做到什么"), max_length=120, help_text=Milestone._meta.get_field("text").help_text)
    due_on = forms.DateField(label=_("时间"))


class CommentForm(PageModelForm):
    """留言."""

    class Meta:
        model = Comment
        fields = ["text"]
        help_texts = {"text": _("有关的人会收到提醒；看得到这件问题的人都看得到，留言后不能修改。不得写问题线索内容和涉密信息")}


class ReasonForm(MoveForm):
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea)


class DeferForm(ReasonForm):
    until = forms.DateField(label=_("暂缓至"), help_text=_("到这一天自动恢复整改"))
    field_order = ["until", "reason"]


class MergeForm(MoveForm):
    into = ProblemField(label=_("并入哪一件"), queryset=Problem.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        others = Problem.objects.visible_to(user).filter(campaign=problem.campaign).exclude(pk=problem.pk)
        over = [Problem.Status.CLOSED, Problem.Status.DISMISSED, Problem.Status.MERGED]
        self.fields["into"].queryset = others.exclude(status__in=over).select_related("responsible_unit").order_by("year", "number")


class MeasureForm(MoveForm):
    text = forms.CharField(label=_("措施"), widget=forms.Textarea)
    owner = CadreField(label=_("落实人"), queryset=Cadre.objects.none(), required=False, empty_label=_("未指定"))
    due_on = forms.DateField(label=_("时限"), required=False)

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        seen = Cadre.objects.visible_to(user).under(problem.responsible_unit).filter(left_on__isnull=True)
        self.fields["owner"].queryset = seen.select_related("unit").in_order()


class ProgressForm(MoveForm):
    text = forms.CharField(label=_("进展"), widget=forms.Textarea, help_text=_("做了什么，改到什么程度"))
    made_on = forms.DateField(label=_("日期"), help_text=_("实际做这件事的日期；早于今天的，记为补录"))
    uploads = FilesField(label=_("材料"), required=False, help_text=_("可选多份；收 PDF、PNG、JPG、DOCX、XLSX、PPTX，每份不超过 50 MB"))

    chosen = KnownFilesField(label=_("用已有的材料"), queryset=StoredFile.objects.none(), required=False, help_text=_("同一份材料已在本台账里的，勾选即可，不必再传"))

    def __init__(self, *args, problem: Problem, user, **kwargs):
        super().__init__(*args, problem=problem, **kwargs)
        self.fields["made_on"].initial = timezone.localdate
        known = recent_files(problem, user)
        self.fields["chosen"].queryset = known
        if not known:
            del self.fields["chosen"]


class SubmitForm(MoveForm):
    note = forms.CharField(label=_("整改完成情况"), widget=forms.Textarea, help_text=_("对照措施和验收标准写，供验收人核对"))


class OpinionForm(MoveForm):
    opinion = forms.CharField(label=_("意见"), widget=forms.Textarea)

    def __init__(self, *args, label: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["opinion"].label = label


class CloseForm(MoveForm):
    outcome = forms.ChoiceField(label=_("整改结果"), choices=[c for c in Problem.Outcome.choices if c[0] != "undone"], widget=forms.RadioSelect)
    note = forms.CharField(label=_("说明"), widget=forms.Textarea, required=False)


class ExtensionForm(MoveForm):
    until = forms.DateField(label=_("拟延至"))
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea, help_text=_("写明目前进展和延期的原因"))


class DecisionForm(MoveForm):
    granted = forms.TypedChoiceField(label=_("批复"), choices=[("yes", _("同意延期")), ("no", _("不同意"))], coerce=lambda v: v == "yes", widget=forms.RadioSelect)
    opinion = forms.CharField(label=_("批复意见"), required=False, max_length=200, help_text=_("不同意的，写明理由"))


class RecurForm(MoveForm):
    manifestation = forms.CharField(label=_("反弹的具体表现"), widget=forms.Textarea)
    track = forms.ChoiceField(label=_("整改方式"), choices=Problem.Track.choices, widget=forms.RadioSelect, help_text=Problem._meta.get_field("track").help_text)
    due_on = needed_sometimes(forms.DateField(label=_("整改时限"), required=False, help_text=_("限期整改必填")))
