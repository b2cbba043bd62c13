"""What the visitor types about teaching and learning."""

import datetime as dt
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import PageForm, PageModelForm, RowsField, VersionedForm
from campaigns.models import Campaign
from organizations.choosing import UnitField
from organizations.models import Cadre, Unit, scope_paths, within
from organizations.roles import Permission

from .actions import expected_cadres
from .models import Attendance, EducationActivity, KnowledgeTest, Reflection, StudyMaterial, StudySession

S = Attendance.Status


def units_for(user, permission: Permission, campaign: Campaign):
    """Units of the campaign where the user holds the permission, in 机构序列."""
    mine = within(scope_paths(user, permission, campaign.pk), "path")
    return Unit.objects.open_on(timezone.localdate()).filter(mine, within([campaign.unit.path], "path")).order_by("path")


class SessionForm(PageModelForm):
    """Topic, time, place, host; who came is asked on the next page."""

    unit = UnitField(label=gettext_lazy("组织单位"), queryset=Unit.objects.none(), help_text=gettext_lazy("应到人员按名册取该单位及下级在编在岗干部"))

    class Meta:
        model = StudySession
        fields = ["title", "held_on", "place", "host", "unit", "form", "topics"]
        widgets = {"topics": forms.CheckboxSelectMultiple}
        field_classes = {"topics": RowsField}

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        units = units_for(user, Permission.RUN_LEARNING, campaign)
        super().__init__(*args, initial={"unit": units.first(), "form": _("集体学习")}, **kwargs)
        self.fields["unit"].queryset = units
        self.fields["held_on"].help_text = _("还没有举行的填计划日期；日期不清的可空着")
        self.fields["topics"].queryset = campaign.materials.all()
        self.fields["topics"].help_text = _("一次学习有几项内容，仍计一次")
        if not campaign.materials.exists():
            del self.fields["topics"]


class AttendanceForm(VersionedForm, PageForm):
    """Everyone expected, 实到 by default: one select and one reason for each, numbered by the cadre."""

    def __init__(self, *args, session: StudySession, **kwargs):
        super().__init__(*args, row=session, **kwargs)
        self.marked = {row.cadre_id: row for row in session.attendance.select_related("cadre__unit")}
        people = {cadre.pk: cadre for cadre in expected_cadres(session).select_related("unit")} | {pk: row.cadre for pk, row in self.marked.items()}
        self.people = sorted(people.values(), key=lambda c: (c.unit.path, c.name_pinyin, c.pk))
        for cadre in self.people:
            self._add(cadre)

    def stored(self, row: StudySession) -> dict:
        """Status and reason of everyone listed, in words where the form may not offer the choice."""
        listed = row.attendance.values_list("cadre", "status", "note")
        return {f"status_{cadre}": status for cadre, status, _note in listed} | {f"note_{cadre}": note for cadre, _status, note in listed}

    def _add(self, cadre: Cadre) -> None:
        row = self.marked.get(cadre.pk)
        choices = [(s.value, s.label) for s in (S.PRESENT, S.LEAVE, S.ABSENT)]
        if row and row.status == S.MADE_UP:
            choices.append((S.MADE_UP.value, _("已补学")))
        newcomer = bool(self.marked) and row is None
        if newcomer:
            choices.insert(0, ("", _("不在应到之列")))
        self.fields[f"status_{cadre.pk}"] = forms.ChoiceField(
            label=cadre.name, choices=choices, required=not newcomer, initial=row.status if row else "" if newcomer else S.PRESENT,
            widget=forms.Select(attrs={"class": "form-select", "aria-label": _("%(name)s：到会情况") % {"name": cadre}}),
        )
        self.fields[f"note_{cadre.pk}"] = forms.CharField(
            label=_("%(name)s：原因") % {"name": cadre}, max_length=100, required=False, initial=row.note if row else "",
            widget=forms.TextInput(attrs={"class": "form-control", "placeholder": _("原因"), "aria-label": _("%(name)s：原因") % {"name": cadre}}),
        )

    def rows(self):
        """For the template: (cadre, status field, reason field)."""
        return [(cadre, self[f"status_{cadre.pk}"], self[f"note_{cadre.pk}"]) for cadre in self.people]

    def marks(self) -> dict[int, dict]:
        """What the action takes."""
        data, out = self.cleaned_data, {}
        for cadre in self.people:
            if status := data[f"status_{cadre.pk}"]:
                row = self.marked.get(cadre.pk)
                out[cadre.pk] = {"status": status, "note": data[f"note_{cadre.pk}"], "made_up_on": row.made_up_on if row else None}
        return out


class MakeUpForm(VersionedForm, PageForm):
    made_up_on = forms.DateField(label=gettext_lazy("补学日期"), initial=timezone.localdate)

    def stored(self, row: Attendance) -> dict:
        return {"made_up_on": row.made_up_on} if row.made_up_on else {}


class ReflectionForm(VersionedForm, PageModelForm):
    class Meta:
        model = Reflection
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 8})}
        help_texts = {"text": gettext_lazy("简短即可，不作篇幅要求；请勿填写涉密内容")}


class MaterialForm(PageModelForm):
    upload = forms.FileField(label=gettext_lazy("文件"), required=False, help_text=gettext_lazy("PDF、DOCX、XLSX、PPTX 或图片，不超过 50 MB；书目可不传"))

    class Meta:
        model = StudyMaterial
        fields = ["title", "kind", "category", "is_required", "is_sample"]


class ActivityForm(PageModelForm):
    class Meta:
        model = EducationActivity
        fields = ["title", "category", "kind", "held_on", "places", "participants", "is_held"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["held_on"].help_text = _("日期不清的可空着，汇报中显示为空白")


SCORE = re.compile(r"\d{1,3}(\.\d)?")
ABSENT_WORDS = {"未参加", "缺考", "请假"}


MOST_LINES = 1_000  # people a test's form lists by itself


class TestForm(PageModelForm):
    """A test and its marks: one line for each who was to sit it."""

    __test__ = False  # not a test class

    scores = forms.CharField(label=gettext_lazy("成绩"), widget=forms.Textarea(attrs={"rows": 16}))

    class Meta:
        model = KnowledgeTest
        fields = ["title", "held_on", "pass_mark"]

    def __init__(self, *args, campaign: Campaign, user, **kwargs):
        inside = within([campaign.unit.path], "unit__path")
        self.people = Cadre.objects.filter(inside, within(scope_paths(user, Permission.RUN_LEARNING, campaign.pk), "unit__path"))
        super().__init__(*args, **kwargs)
        self.fields["pass_mark"].widget.attrs["class"] = "w-short"
        whom = _("不应考的整行删去") if self.is_bound else self._fill_in()
        self.fields["scores"].help_text = _("每行一人：工号、姓名、成绩，中间用空格或制表符隔开，可从 Excel 粘贴；没有成绩的算未参加。%(whom)s") % {"whom": whom}

    def _fill_in(self) -> str:
        """Everybody in service, a line each, while they are so few that whoever marks them goes through the list; returns who is to be left there."""
        serving = self.people.serving()
        if len(serving.order_by().values_list("pk")[: MOST_LINES + 1]) > MOST_LINES:  # before a nation is sorted
            return _("在编在岗的超过 %(n)s 人，没有逐人列出，请只填应考的人") % {"n": MOST_LINES}
        self.fields["scores"].initial = "\n".join(f"{staff_no} {name} " for staff_no, name in serving.in_order().values_list("staff_no", "name"))
        return _("不应考的整行删去")

    def clean_scores(self) -> dict[Cadre, Decimal | None]:
        lines = [(number, words) for number, line in enumerate(self.cleaned_data["scores"].splitlines(), 1) if (words := re.split(r"[\s,，、;；]+", line.strip(" \t,，、;；　")))[0]]
        known = {cadre.staff_no: cadre for cadre in self.people.filter(staff_no__one_of={words[0] for _number, words in lines})}
        scores: dict[Cadre, Decimal | None] = {}
        errors = []
        for number, words in lines:
            try:
                cadre, score = read_score(words, known)
                if cadre in scores:
                    raise ValidationError(_("%(name)s出现了两次，请只留一行。"), params={"name": cadre})
                scores[cadre] = score
            except ValidationError as refusal:
                errors.append(_("第 %(n)s 行：%(why)s") % {"n": number, "why": refusal.messages[0]})
        if errors:
            raise ValidationError(errors[:20])
        return scores


def read_score(words: list[str], known: dict[str, Cadre]) -> tuple[Cadre, Decimal | None]:
    """One line: 工号, the name if given, the mark if there is one."""
    staff_no, *rest = words
    cadre = known.get(staff_no)
    if cadre is None:
        raise ValidationError(_("名册中没有工号“%(no)s”，或不在您的范围内。"), params={"no": staff_no})
    if rest and rest[0] == cadre.name:
        rest = rest[1:]
    if not rest or rest[0] in ABSENT_WORDS:
        return cadre, None
    if len(rest) > 1 or not SCORE.fullmatch(rest[0]) or Decimal(rest[0]) > 999:
        raise ValidationError(_("“%(text)s”读不成成绩，请写成“%(no)s %(name)s 85”。"), params={"text": " ".join(rest), "no": staff_no, "name": cadre.name})
    return cadre, Decimal(rest[0])


class SessionFilter(forms.Form):
    """What a list of sessions is narrowed by; nonsense in the address narrows nothing."""

    q = forms.CharField(label=gettext_lazy("主题、主持人"), required=False, max_length=60)
    state = forms.ChoiceField(
        label=gettext_lazy("情况"), required=False,
        choices=[("", gettext_lazy("全部")), ("held", gettext_lazy("已举行")), ("planned", gettext_lazy("未举行")), ("unrecorded", gettext_lazy("待登记考勤"))],
    )
    unit = UnitField(label=gettext_lazy("组织单位"), required=False, queryset=Unit.objects.none(), empty_label=gettext_lazy("全部单位"))

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
        self.is_valid()

    @property
    def counted_as(self) -> str | None:
        """The state that the sessions found are all those of, "listed" when nothing is asked for; None when more is."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return chosen.get("state", "listed") if chosen.keys() <= {"state"} else None

    def narrow(self, rows, today: dt.date):
        """The rows the visitor asked for."""
        data = self.cleaned_data
        if data.get("q"):
            rows = rows.filter(Q(title__icontains=data["q"]) | Q(host__icontains=data["q"]))
        if data.get("state"):
            rows = {"held": rows.held(today), "planned": rows.filter(is_held=False), "unrecorded": rows.unrecorded(today)}[data["state"]]
        return rows.filter(within([data["unit"].path], "unit__path")) if data.get("unit") else rows
