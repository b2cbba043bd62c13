"""Units and cadres are chosen from a list while it is short, and typed when it would be long."""

import pytest
from django import forms

from organizations import choosing
from organizations.actions import open_unit
from organizations.choosing import CadreField, UnitField, UnitsField, offered
from organizations.models import Cadre, Unit
from tests.cast import NOW, person

pytestmark = pytest.mark.django_db


class Asked(forms.Form):
    unit = UnitField(required=False)
    cadre = CadreField(required=False)


def asked(data=None, **initial):
    form = Asked(data, initial=initial)
    form.fields["unit"].queryset, form.fields["cadre"].queryset = Unit.objects.order_by("path"), Cadre.objects.select_related("unit").in_order()
    return form


@pytest.fixture
def long(monkeypatch):
    monkeypatch.setattr(choosing, "SHORT", 2)


def test_a_short_list_is_chosen_from_with_one_query_each(cast, django_assert_num_queries):
    form = asked()
    with django_assert_num_queries(2):
        page = str(form)
    assert page.count("<select") == 2 and page.count("<option") == Unit.objects.count() + Cadre.objects.count() + 2
    chosen = asked({"unit": cast.unit_a.pk, "cadre": cast.person(cast.cadre).pk})
    assert chosen.is_valid() and chosen.cleaned_data == {"unit": cast.unit_a, "cadre": cast.person(cast.cadre)}


def test_of_a_long_one_the_page_holds_no_row(cast, long):
    page = str(asked())
    assert "<select" not in page and "<option" not in page and 'hx-get="/organizations/cadres/offers/?of=cadre"' in page and "写单位名称或编码" in page


@pytest.mark.parametrize("written", ["{name}（{staff_no}）", "{name}({staff_no})", " {name} ", "{staff_no}"])
def test_a_cadre_is_known_by_name_or_number(cast, long, written):
    one = cast.person(cast.cadre)
    form = asked({"cadre": written.format(name=one.name, staff_no=one.staff_no)})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"unit": None, "cadre": one}


@pytest.mark.parametrize("written", ["{name}（{code}）", "{name}", "{code}"])
def test_a_unit_is_known_by_name_or_code(cast, long, written):
    form = asked({"unit": written.format(name=cast.unit_a.name, code=cast.unit_a.code)})
    assert form.is_valid() and form.cleaned_data["unit"] == cast.unit_a


def test_who_is_not_there_or_there_twice_is_refused_and_what_was_typed_stays(cast, long):
    one = cast.person(cast.cadre)
    form = asked({"cadre": "查无此人", "unit": "没有（X）"})
    assert form.errors == {"cadre": ["名册里没有“查无此人”，请核对姓名或工号。"], "unit": ["范围内没有“没有（X）”，请核对单位名称或编码。"]} and 'value="查无此人"' in str(form)
    person("another", one.name, cast.unit_b)
    assert asked({"cadre": one.name}).errors == {"cadre": [f"名册里不止一人叫“{one.name}”，请改填工号。"]}
    assert asked({"cadre": f"别人（{one.staff_no}）"}).errors["cadre"]  # the number of another name is a slip of the pen


def test_only_rows_that_were_given_are_taken(cast, long):
    form = asked({"cadre": cast.person(cast.stranger).name})
    form.fields["cadre"].queryset = Cadre.objects.exclude(user=cast.stranger)
    assert "cadre" in form.errors


def test_what_stood_there_is_written_out(cast, long):
    one = cast.person(cast.cadre)
    assert f'value="{one.name}（{one.staff_no}）"' in str(asked(cadre=one.pk)) and f"{cast.unit_a.name}（{cast.unit_a.code}）" in str(asked(unit=cast.unit_a))


def test_a_long_list_of_units_is_led_through_level_by_level(cast, long, monkeypatch):
    units = Unit.objects.order_by("path")
    monkeypatch.setattr(choosing, "SHORT", Unit.objects.filter(parent=None).count())
    assert {unit.parent_id for unit in offered(units, None)} == {None}
    assert set(offered(units, str(cast.bureau.pk))) >= {cast.bureau, *cast.bureau.children.all()}


def test_boxes_of_many_units_are_the_upper_ones_and_every_one_may_be_sent(cast, monkeypatch):
    class Ticked(forms.Form):
        units = UnitsField(queryset=Unit.objects.order_by("path"), required=False)

    monkeypatch.setattr(choosing, "SHORT", Unit.objects.filter(parent=None).count())
    assert str(Ticked()).count('type="checkbox"') == Unit.objects.filter(parent=None).count()
    sent = Ticked({"units": [cast.unit_a.pk]})
    assert sent.is_valid() and list(sent.cleaned_data["units"]) == [cast.unit_a]


@pytest.mark.parametrize(("url", "typed", "found"), [
    ("/organizations/cadres/offers/", "lzx", "林知夏（"), ("/organizations/cadres/offers/", "林知", "林知夏（"), ("/organizations/units/offers/", "石桥", "石桥街道纪工委（"),
    ("/organizations/cadres/offers/", "", ""), ("/organizations/cadres/offers/", "林" * 41, ""), ("/organizations/units/offers/", "没有这样的", ""),
])
def test_what_fits_is_offered(cast, signed_in, url, typed, found):
    page = signed_in(cast.office).get(url, {"of": "who", "who": typed}).content.decode()
    assert (f'<option value="{found}' in page) if found else "<option" not in page


def test_offers_end_at_ones_scope(cast, signed_in):
    client = signed_in(cast.liaison)
    stranger = cast.person(cast.stranger)
    assert "<option" not in client.get("/organizations/cadres/offers/", {"of": "q", "q": stranger.name}).content.decode()
    assert "<option" not in client.get("/organizations/units/offers/", {"of": "q", "q": cast.unit_b.name}).content.decode()
    for n in range(25):
        open_unit(code=f"G{n:02}", name=f"某组{n}", parent=cast.unit_a, by=None, at=NOW)
    assert client.get("/organizations/units/offers/", {"of": "q", "q": "某组"}).content.decode().count("<option") == choosing.OFFERED
