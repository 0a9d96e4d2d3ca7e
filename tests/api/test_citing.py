"""Mirrors src/unisono/api/citing.py."""

from dataclasses import replace

from unisono import api
from unisono.api.citing import cite, references
from unisono.api.recipe import DataSettings, Recipe
from unisono.methods import LLMASettings
from unisono.methods.settings import FewSteps, ProcessSettings


def test_references_are_those_of_what_is_used(tiny_model: api.Model) -> None:
    flow = " ".join(references(Recipe()))
    assert "2210.02747" in flow and "2010.02502" not in flow
    vp = LLMASettings(process=ProcessSettings(name="vp", predict="v"), guidance=2.0, start="ridge")
    text = " ".join(references(Recipe(llma=vp, data=DataSettings(cite="Somebody 2020"))))
    for paper in ("2010.02502", "2102.09672", "2202.00512", "2207.12598", "Hoerl", "Somebody 2020"):
        assert paper in text
    assert "2210.02747" not in text
    paper = Recipe(llma=replace(LLMASettings(), mode="paper"))
    assert "2212.09748" not in " ".join(references(paper))
    assert cite(tiny_model).splitlines() == references(tiny_model.recipe)
    few = Recipe(llma=LLMASettings(few_steps=FewSteps(most=2)))
    assert "2410.12557" in " ".join(references(few)) and "2410.12557" not in flow
