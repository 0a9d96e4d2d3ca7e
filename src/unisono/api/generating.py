"""Generating for a recording of any length, and bringing the result back to its own terms."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.forces import body_weights, force_layout
from unisono.api.generated import Generated, GeneratedStream
from unisono.api.inputs import given_side, make_inputs
from unisono.api.mechanics import settle
from unisono.api.missing import calibrated_bands, share_missing
from unisono.api.one_sided import on_its_side, signs_known
from unisono.api.placing import Answer, along_heading, place_on_grid, place_windows
from unisono.api.recipe import Sampling
from unisono.api.synchrony import lag_doubts
from unisono.core.contracts import Draws, StreamInfo
from unisono.core.provenance import provenance
from unisono.core.random import generator
from unisono.evaluation.calibration import sample_bands
from unisono.evaluation.physics import PhysicsContext, PhysicsReport, check_forces
from unisono.recordings.schema import events_of
from unisono.training.sealed import hash_subject

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["generate"]


def generate(
    model: "Model", recording: xr.DataTree, want: tuple[str, ...], options: Sampling
) -> Generated:
    """Generate streams for one recording; see ``Model.generate``."""
    inputs = make_inputs(model, recording, want)
    steps = options.steps or model.recipe.bands.steps
    drawn = model.method.generate(
        inputs.batch,
        want,
        samples=options.samples,
        steps=steps,
        generator=generator(options.seed, "generate", str(recording.attrs["recording"])),
        timeline=inputs.timeline,
    )
    doubts = [*inputs.doubts, *lag_doubts(model, recording), *_met(model, recording)]
    parts, physics = {}, {}
    told: dict[str, dict[str, Any]] = {}
    widths = {name: model.streams[name].width for name in given_side(model, want)}
    gone = share_missing(inputs.batch, widths, inputs.timeline)
    for name in want:
        answer = _calibrated(model, name, drawn[name], gone, options.physics)
        info = model.streams[name]
        place = place_windows if inputs.timeline is None else place_on_grid
        parts[name] = place(model, info, answer, inputs, recording)
        if along_heading(model, info) and inputs.table["heading_rad"].isna().any():
            doubts.append(
                f"{name}: no markers tell the heading, so its x is forward, not the lab's"
            )
        before = _physics(info, parts[name], recording)
        settled = None
        if options.physics == "balance":
            lab = not (along_heading(model, info) and inputs.table["heading_rad"].isna().any())
            settled = settle(parts[name], recording, lab=lab)
        if settled is not None:
            parts[name] = settled.part
            told[name] = settled.told
        report = _physics(info, parts[name], recording)
        if settled is not None and before is not None and report is not None:
            told[name] |= {"before": _values(before), "after": _values(report)}
        if report is not None:
            physics[name] = report
            doubts += [
                f"{name}: {c.name} fails ({c.note})" for c in report.checks if c.passed is False
            ]
        if name not in model.tables:
            doubts.append(f"{name}: the bands were never calibrated")
    made = asdict(provenance()) | {
        "model": str(model.sealed.card.name),
        "method": model.recipe.method,
        "model_commit": str(model.sealed.made.get("commit", "unknown")),
        "samples": options.samples,
        "steps": steps,
        "seed": options.seed,
        "given": list(inputs.batch.data),
        "physics": {"option": options.physics, **told},
    }
    attrs = {str(k): v for k, v in recording.attrs.items()}
    return Generated(attrs, parts, made, doubts, physics, recording)


def _met(model: "Model", recording: xr.DataTree) -> list[str]:
    """That the model knows this person, so that its answer says little of people it never met."""
    split, who = model.sealed.split, str(recording.attrs.get("subject", ""))
    name = hash_subject(who, salt=split.get("digest", ""))
    parts = [p for p in ("train", "calibration") if name in split.get("subjects", {}).get(p, [])]
    return [
        f"{who!r}, or a namesake, is in the model's {part} part: expect larger errors for people "
        "it never met"
        for part in parts
    ]


def _values(report: PhysicsReport) -> dict[str, float | None]:
    """Figures of a report by check; None where one could not be taken."""
    return {c.name: (None if np.isnan(c.value) else float(c.value)) for c in report.checks}


def _calibrated(
    model: "Model", name: str, drawn: Draws, gone: npt.NDArray[np.float64], physics: str
) -> Answer:
    samples = drawn.samples.numpy()
    mean = drawn.mean.numpy().astype(np.float64)
    bands = sample_bands(samples, mean, model.recipe.bands.levels)
    answer = Answer(mean, samples, calibrated_bands(model.tables, name, bands, gone))
    return answer if physics == "none" else on_its_side(answer, signs_known(model, name))


def _physics(
    info: StreamInfo, part: GeneratedStream, recording: xr.DataTree
) -> PhysicsReport | None:
    """Check a generated force over whole strides, or all of it where there are none."""
    own = StreamInfo(
        info.name, part.channels, part.units, part.kind, info.rate_hz, part.attrs["frame"]
    )
    layout = force_layout(own)
    if layout is None:
        return None
    events = events_of(recording)
    strikes = events["time"].values[
        (events["name"].values == "foot_strike") & (events["side"].values == "right")
    ]
    strikes = strikes[(strikes >= part.time[0]) & (strikes <= part.time[-1])]
    whole = len(strikes) > 1
    span = (part.time >= strikes[0]) & (part.time < strikes[-1]) if whole else part.time > -np.inf
    force = part.mean[None, span]
    valid = np.isfinite(force)
    mass = np.array([float(recording.attrs.get("mass_kg", "nan"))])
    context = PhysicsContext(
        weight=body_weights(own, layout, mass),
        whole_stride=np.array([whole and len(layout.vertical) > 1]),
    )
    return check_forces(np.where(valid, force, 0.0), valid, layout=layout, context=context)
