"""Mirrors src/unisono/api/report_trials.py: whose trials a report plays, and what it leaves out."""

import json
import re

import pytest

from unisono import api
from unisono.api import report_trials as module
from unisono.api.evaluating import part_rows
from unisono.api.evaluation_input import Side, evaluation_input, model_windows, side_of
from unisono.api.report_trials import report_trials
from unisono.core.errors import ModelError
from unisono.evaluation.inputs import EvaluationInput
from unisono.viewing.panels import choose_panels
from unisono.viewing.timeline_page import timeline_frame

QUICK = api.Sampling(samples=4)


@pytest.fixture(scope="module")
def tested(tiny_model: api.Model, walks: api.Dataset) -> tuple[Side, EvaluationInput]:
    windows = model_windows(tiny_model, walks)
    parts = {p: side_of(tiny_model, windows, part_rows(tiny_model, windows.table, p))
             for p in ("test", "train")}  # fmt: skip
    inputs = evaluation_input(tiny_model, walks, parts["test"], parts["train"], QUICK)
    return parts["test"], inputs


def scenes(page: str) -> list[dict[str, object]]:
    found = re.search(r'id="scenes">(.*?)</script>', page)
    assert found is not None
    return list(json.loads(found[1]))


def test_the_worst_and_the_best_person_are_played_with_their_bands(
    tiny_model: api.Model, walks: api.Dataset, tested: tuple[Side, EvaluationInput]
) -> None:
    side, inputs = tested
    found = report_trials(tiny_model, walks, side, inputs, QUICK, 3)
    assert found.timeline is not None and found.doubts == ()
    shown = scenes(found.timeline.page)
    titles = [str(one["title"]) for one in shown]
    assert found.timeline.label == f"Timeline of {', '.join(titles)}"
    people = walks.table.set_index("recording").loc[titles, "subject"].tolist()
    assert len(set(people)) == len(people) == 2  # the test part has two people
    best, worst = (panel.subtitle for panel in choose_panels(inputs, "grf", channels=1))
    assert worst.startswith(f"{people[0]}, worst") and best.startswith(f"{people[1]}, best")
    for scene in shown:
        streams = scene["streams"]
        assert isinstance(streams, list)
        made = [s for s in streams if s["origin"] == "generated"]
        assert [s["name"] for s in made] == ["grf"] and len(made[0]["bands"]) == 3


def test_what_cannot_be_shown_is_said(
    tiny_model: api.Model,
    walks: api.Dataset,
    tested: tuple[Side, EvaluationInput],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert report_trials(tiny_model, walks, *tested, QUICK, 0) == (None, ())
    one = report_trials(tiny_model, walks, *tested, QUICK, 1)
    assert one.timeline is not None and len(scenes(one.timeline.page)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(module, "_LARGEST", len(timeline_frame(one.timeline.page, label="")))
        small = report_trials(tiny_model, walks, *tested, QUICK, 3)
    assert small.timeline == one.timeline
    (said,) = small.doubts
    assert said.endswith("it would make this page too large.")

    def refused(*_: object, **__: object) -> None:
        raise ModelError("the recording lacks\nangles")

    monkeypatch.setattr(api.Model, "generate", refused)
    none = report_trials(tiny_model, walks, *tested, QUICK, 3)
    assert none.timeline is None and len(none.doubts) == 2
    assert none.doubts[0].endswith("is not on the timeline: the recording lacks angles")
