"""Mirrors src/unisono/studio/answers.py."""

from dataclasses import asdict

import numpy as np
import pytest
from pydantic import ValidationError

from unisono.core.errors import UnisonoError
from unisono.recordings.plausibility import doubts
from unisono.recordings.schema import make_recording, make_stream
from unisono.studio.answers import Answers, offers_of, read_options


def test_a_real_doubt_offers_its_remedy() -> None:
    """Forces that are by mass and say that they are not: the offer is what the doubt suggests."""
    time = np.arange(100) / 100
    values = 9.8 * np.abs(np.sin(time * 6))[:, None]
    grf = make_stream(values, time=time, channels=["r_fz"], units="N", kind="force")
    found = [d.to_dict() for d in doubts(make_recording({"grf": grf}, recording="w", subject="s"))]
    offers = {offer.label: offer.answer for one in found for offer in offers_of(one)}
    assert offers["grf in N/kg"] == {"units": {"grf": "N/kg"}}


@pytest.mark.parametrize(
    ("remedy", "labels"),
    [
        ("state it with --up y", ["y is up", "z is up", "x is up"]),
        ("if so, say --reverse grf", ["grf acts on the plate"]),
        ("if the labels are, say --swap markers", ["left and right of markers are swapped"]),
        ("give it with --mass-kg 70, else nothing", ["Give the body mass"]),
        ("check its unit (--unit grf=mm) and its frame", ["grf in mm"]),
        ("if so, say --unit 'plates/*NormalisedGRF*=percent'",
         ["plates/*NormalisedGRF* in percent"]),
        ("check the labels", []),
        ("", []),
    ],
)  # fmt: skip
def test_offers(remedy: str, labels: list[str]) -> None:
    assert [offer.label for offer in offers_of({"remedy": remedy})] == labels


def test_answers_reach_the_readers() -> None:
    said = {
        "units": {"grf": "N/kg"},
        "up": "z",
        "reverse": ["grf"],
        "swap": ["markers"],
        "mass_kg": 61.0,
    }
    options = asdict(read_options(said))
    assert {k: options[k] for k in said} == {
        **said, "reverse": ("grf",), "swap": ("markers",),
    }  # fmt: skip
    with pytest.raises(UnisonoError):
        read_options({"units": {"grf": "bananas"}})


@pytest.mark.parametrize(
    "wrong", [{"up": "q"}, {"mass_kg": 0}, {"path": "/etc/passwd"}, {"subject": ""}]
)
def test_answers_that_are_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Answers.model_validate(wrong)
