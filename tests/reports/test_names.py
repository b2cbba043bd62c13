"""A text names its numbers in Chinese on the page and keeps their keys."""

import pytest
from django.core.exceptions import ValidationError

from reports.facts import FACTS
from reports.names import FACT_WORDS, keyed, named, names
from reports.outlines import OUTLINES


def test_every_number_and_sentence_has_a_name_of_its_own():
    assert set(FACT_WORDS) == set(FACTS)
    assert len(set(names().values())) == len(names())


@pytest.mark.parametrize("kind", OUTLINES)
def test_an_outline_comes_back_as_it_was(kind):
    shown = named(OUTLINES[kind])
    assert keyed(shown) == OUTLINES[kind]
    assert "_" not in shown


def test_names_and_keys_are_both_taken():
    assert named("共{{cadres_total}}人，{{phases|cn}}个环节。") == "共{{在编在岗干部}}人，{{环节|汉字}}个环节。"
    assert keyed("共{{ 在编在岗干部 }}人，{{环节|汉字}}个，{{problems|cn}}件。") == "共{{cadres_total}}人，{{phases|cn}}个，{{problems|cn}}件。"


@pytest.mark.parametrize("text", ["{{没有的数}}", "{{nope}}", "{{环节|大写}}"])
def test_an_unknown_name_is_refused_by_name(text):
    with pytest.raises(ValidationError) as refusal:
        keyed(text)
    assert refusal.value.messages == [f"没有名为“{text.strip('{}')}”的数据，请核对双花括号里的名称。"]
