"""What visitors type about units, cadres, rosters and accounts."""

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import PageForm, PageModelForm, VersionedForm
from accounts.models import User

from .choosing import UnitField
from .models import Cadre, DutyAssignment, RoleGrant, Unit, UnitQuerySet, access_of
from .roles import Permission, Role
from .sheets import Titles


def unit_field(units: UnitQuerySet, **options) -> UnitField:
    return UnitField(units.order_by("path"), empty_label=_("请选择"), **options)


class UnitForm(PageModelForm):
    """A new unit, always below one of the visitor's own."""

    class Meta:
        model = Unit
        fields = ["parent", "code", "name", "short_name", "kind", "authorised_posts"]
        widgets = {"authorised_posts": forms.NumberInput(attrs={"class": "w-short"})}
        help_texts = {"code": _("名册用它对应单位，定下后不再改"), "short_name": _("列表中显示，不填则显示全称"), "authorised_posts": _("不清楚可不填，按“未填”统计，不算 0")}
        error_messages = {"code": {"unique": _("这个编码已被别的单位使用，请换一个。")}}

    def __init__(self, *args, units: UnitQuerySet, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"] = unit_field(units, label=_("上级单位"))


class UnitChangeForm(VersionedForm, PageModelForm):
    """A unit's facts; code and place in the tree stay."""

    class Meta:
        model = Unit
        fields = ["name", "short_name", "kind", "authorised_posts", "closed_on"]
        widgets = UnitForm.Meta.widgets
        help_texts = {name: UnitForm.Meta.help_texts[name] for name in ("short_name", "authorised_posts")} | {"closed_on": _("撤销后不再能往里加人；历史数据不变")}


class UnitMoveForm(VersionedForm, PageForm):
    """Under which unit a unit hangs from now on."""

    def __init__(self, *args, units: UnitQuerySet, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["parent"] = unit_field(units, label=_("划入哪个单位"))


class HandOverForm(PageForm):
    """Who takes over, by staff number: names repeat."""

    staff_no = forms.CharField(label=_("接手人工号"), max_length=30, help_text=_("填接手人的工号；须是在册干部"))
    with_roles = forms.BooleanField(label=_("连同角色一并移交"), required=False, help_text=_("离任人的角色收回，授予接手人；管理员角色不移交"))

    def __init__(self, *args, by: User, may_grant: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        if not may_grant:
            del self.fields["with_roles"]

    def clean_staff_no(self) -> str:
        staff_no = self.cleaned_data["staff_no"].strip()
        self.successor = Cadre.objects.visible_to(self.by).present().select_related("user", "unit").filter(staff_no=staff_no).first()
        if self.successor is None:
            raise ValidationError(_("您能看到的名册中没有工号“%(no)s”的在册干部，请核对。"), params={"no": staff_no})
        return staff_no


class DutyForm(PageModelForm):
    """A duty the unit carries."""

    class Meta:
        model = DutyAssignment
        fields = ["duty", "is_dedicated", "note"]
        help_texts = {"duty": _("如：干部监督、案件审理、信访受理"), "is_dedicated": _("只为这项职责而设；兼着办的不勾选")}


class TitlesField(forms.CharField):
    """Several posts in one line, with 、 between them."""

    def clean(self, value: str) -> tuple[str, ...]:
        try:
            return Titles(300).clean(super().clean(value))
        except ValueError as refusal:
            raise ValidationError(str(refusal))

    def prepare_value(self, value):
        return "、".join(value) if isinstance(value, (tuple, list)) else value


class CadreForm(PageModelForm):
    """A person for the roster."""

    post = forms.CharField(label=_("职务"), max_length=60, required=False)
    concurrent_posts = TitlesField(label=_("兼任职务"), max_length=300, required=False, help_text=_("几个职务之间用顿号“、”隔开"))

    class Meta:
        model = Cadre
        fields = ["staff_no", "name", "unit", "post", "concurrent_posts", "political_status", "category", "on_establishment", "on_duty"]
        error_messages = {"staff_no": {"unique": _("这个工号已在名册中，请核对，或到该干部的页面修改。")}}

    def __init__(self, *args, units: UnitQuerySet, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"] = unit_field(units, label=_("单位"))
        first = [name for name in ("staff_no", "name") if name in self.fields]
        last = ["left_on"] if "left_on" in self.fields else []
        self.helper.layout = Layout(
            Fieldset(_("一、本人"), *first, "political_status"),
            Fieldset(_("二、单位和职务"), "unit", "post", "concurrent_posts"),
            Fieldset(_("三、在册情况"), "category", "on_establishment", "on_duty", *last),
        )


class CadreChangeForm(VersionedForm, CadreForm):
    """The same person later: moved, corrected, or left."""

    class Meta(CadreForm.Meta):
        fields = ["name", "unit", "post", "concurrent_posts", "political_status", "category", "on_establishment", "on_duty", "left_on"]
        help_texts = {"left_on": _("调出、退休、辞职等离开本单位队伍时填写；填写后现任职务同日终止，不再计入统计")}

    def stored(self, row: Cadre) -> dict:
        held = list(row.posts.filter(until__isnull=True))
        posts = {"post": next((p.title for p in held if not p.is_concurrent), ""), "concurrent_posts": [p.title for p in held if p.is_concurrent]}
        return super().stored(row) | posts


class RosterUploadForm(PageForm):
    """A roster to look through."""

    file = forms.FileField(label=_("名册文件"), help_text=_("xlsx、xls 或 csv，不超过 10 MB；第 1 行是表头"))


class GrantForm(PageForm):
    """A role over a unit and everything below it."""

    role = forms.ChoiceField(label=_("角色"))
    campaign_id = forms.TypedChoiceField(label=RoleGrant._meta.get_field("campaign_id").verbose_name, required=False, coerce=int, empty_value=None, help_text=RoleGrant._meta.get_field("campaign_id").help_text)
    since = forms.DateField(label=_("起始日期"), required=False, help_text=_("不填则即时生效"))
    until = forms.DateField(label=_("截止日期"), required=False, help_text=_("当天仍有效；不填则长期有效"))
    field_order = ["role", "unit", "campaign_id", "since", "until"]

    def __init__(self, *args, units: UnitQuerySet, campaigns: dict[int, str], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["campaign_id"].choices = [("", _("各次都有效")), *campaigns.items()]
        self.fields["role"].choices = [("", _("请选择")), *Role.choices]
        self.fields["unit"] = unit_field(units, label=RoleGrant._meta.get_field("unit").verbose_name)
        self.order_fields(self.field_order)

    def clean(self):
        data = super().clean()
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", _("截止日期早于起始日期，请核对。"))
        return data


class AccountForm(PageForm):
    """A new account, for somebody on the roster or not."""

    staff_no = forms.CharField(label=_("工号"), max_length=30, required=False, help_text=_("名册中的干部填工号，姓名自动带出；外来人员（如督导组）不填"))
    name = forms.CharField(label=_("姓名"), max_length=40, required=False, help_text=_("填了工号的不用填"))
    username = forms.CharField(label=_("用户名"), max_length=40, required=False, help_text=_("不填则用工号"))
    role = forms.ChoiceField(label=_("角色"), required=False, help_text=_("普通干部不用选；外来人员没有角色看不到内容"))

    def __init__(self, *args, units: UnitQuerySet, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.by = by
        self.fields["role"].choices = [("", _("不授予角色")), *Role.choices]
        self.fields["unit"] = unit_field(units, label=_("范围（含下级）"), required=False)
        if not access_of(by).may(Permission.GRANT_ROLES):  # 三员分立: who opens accounts gives no roles
            del self.fields["role"], self.fields["unit"]

    def clean_staff_no(self) -> str:
        staff_no = self.cleaned_data["staff_no"].strip()
        self.cadre = Cadre.objects.in_scope(self.by, Permission.MANAGE_ACCOUNTS).present().select_related("user").filter(staff_no=staff_no).first() if staff_no else None
        if staff_no and self.cadre is None:
            raise ValidationError(_("您管理的名册中没有工号“%(no)s”的在册干部，请核对。"), params={"no": staff_no})
        if self.cadre and self.cadre.user:
            raise ValidationError(_("%(who)s 已有账号“%(name)s”，不用重复开通。"), params={"who": self.cadre, "name": self.cadre.user.username})
        return staff_no

    def clean(self):
        data = super().clean()
        if "staff_no" not in data:
            return data
        data["username"] = data.get("username") or data["staff_no"]
        data["name"] = self.cadre.name if self.cadre else data.get("name")
        if not data["username"]:
            self.add_error("username", _("请填写用户名。"))
        if not data["name"]:
            self.add_error("name", _("请填写姓名。"))
        if bool(data.get("role")) != bool(data.get("unit")) and "unit" not in self.errors:
            self.add_error("unit" if data.get("role") else "role", _("角色和范围要一起选。"))
        return data

    @property
    def facts(self) -> dict:
        """What the action takes."""
        return {name: self.cleaned_data[name] for name in ("username", "name")} | {"role": self.cleaned_data.get("role", ""), "unit": self.cleaned_data.get("unit"), "cadre": self.cadre}
