"""Generating for a recording of any length, and bringing the result back to its own terms."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from unisono.api.forces import body_weights, force_layout
from unisono.api.generated import Generated, GeneratedStream
from unisono.api.inputs import Inputs, make_inputs
from unisono.api.recipe import Sampling
from unisono.core.contracts import Draws, StreamInfo
from unisono.core.provenance import provenance
from unisono.core.random import generator
from unisono.evaluation.calibration import Bands, sample_bands
from unisono.evaluation.physics import PhysicsContext, PhysicsReport, check_forces
from unisono.recordings.schema import events_of, make_recording, make_stream
from unisono.recordings.signals.heading import from_heading
from unisono.recordings.signals.mirroring import undo_leg_view

if TYPE_CHECKING:
    from unisono.api.model import Model

__all__ = ["generate"]

Array = npt.NDArray[np.float64]


class _Answer(NamedTuple):
    """Everything about one stream with a common set of axes ``(..., L, D)``."""

    mean: Array  # (n, L, D)
    samples: npt.NDArray[np.float32]  # (S, n, L, D)
    bands: Bands


def generate(
    model: "Model", recording: xr.DataTree, want: tuple[str, ...], options: Sampling
) -> Generated:
    """Generate streams for one recording; see ``Model.generate``."""
    inputs = make_inputs(model, recording)
    steps = options.steps or model.recipe.bands.steps
    drawn = model.method.generate(
        inputs.batch,
        want,
        samples=options.samples,
        steps=steps,
        generator=generator(options.seed, "generate", str(recording.attrs["recording"])),
        timeline=inputs.timeline,
    )
    doubts = list(inputs.doubts)
    parts, physics = {}, {}
    for name in want:
        answer = _calibrated(model, name, drawn[name])
        info = model.streams[name]
        if inputs.timeline is not None:
            parts[name] = _on_grid(info, answer, inputs.grid)
        else:
            parts[name] = _placed(model, info, answer, inputs, recording)
        report = _physics(info, parts[name], recording)
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
        "given": [s for s in model.given if s in inputs.batch.data],
    }
    return Generated({str(k): v for k, v in recording.attrs.items()}, parts, made, doubts, physics)


def _calibrated(model: "Model", name: str, drawn: Draws) -> _Answer:
    samples = drawn.samples.numpy()
    mean = drawn.mean.numpy().astype(np.float64)
    bands = sample_bands(samples, mean, model.recipe.bands.levels)
    table = model.tables.get(name)
    return _Answer(mean, samples, bands if table is None else table.apply(bands))


def _attributes(info: StreamInfo) -> dict[str, Any]:
    return {"frame": dict(info.frame), "filter": dict(info.filter)}


def _on_grid(info: StreamInfo, answer: _Answer, grid: Array) -> GeneratedStream:
    """A result on the common clock, without what padding added."""
    count = len(grid)
    return GeneratedStream(
        grid,
        info.channels,
        info.units,
        info.kind,
        _attributes(info) | {"rate_hz": info.rate_hz},
        answer.mean[0, :count],
        answer.samples[:, 0, :count],
        answer.bands.levels,
        answer.bands.lower[:, 0, :count],
        answer.bands.upper[:, 0, :count],
    )


class _Back(NamedTuple):
    """How one side's channels go back: names, signs, and frame of the result."""

    names: tuple[str, ...]
    signs: Array
    frame: Mapping[str, str]


def _placed(
    model: "Model", info: StreamInfo, answer: _Answer, inputs: Inputs, recording: xr.DataTree
) -> GeneratedStream:
    """Windows cut by events, each back at its own time, side and heading."""
    given = next(name for name in model.given if name in inputs.batch.data)
    clock = np.asarray(recording[given]["time"].values, dtype=np.float64)
    sides = list(dict.fromkeys(inputs.table["side"]))
    backs = {side: _back(model, info, str(side)) for side in sides}
    names = tuple(dict.fromkeys(n for back in backs.values() for n in back.names))
    unit_of = {n: u for b in backs.values() for n, u in zip(b.names, info.units, strict=True)}
    k, s = len(answer.bands.levels), len(answer.samples)
    planes = np.full((1 + 2 * k + s, len(clock), len(names)), np.nan)
    for row in range(len(inputs.table)):
        window = inputs.table.iloc[row]
        stack = np.concatenate(
            [
                answer.mean[None, row],
                answer.bands.lower[:, row],
                answer.bands.upper[:, row],
                answer.samples[:, row],
            ]
        )
        back = backs[window["side"]]
        turned = _turned(stack * back.signs, back, info, window)
        # a sign turns a band's lower bound into its upper one
        low, high = turned[1 : 1 + k].copy(), turned[1 + k : 1 + 2 * k].copy()
        turned[1 : 1 + k], turned[1 + k : 1 + 2 * k] = np.minimum(low, high), np.maximum(low, high)
        inside = (clock >= window["start_s"] - 1e-9) & (clock <= window["stop_s"] + 1e-9)
        at = np.linspace(window["start_s"], window["stop_s"], stack.shape[1])
        columns = [names.index(n) for n in back.names]
        for p, plane in enumerate(turned):
            for c, column in enumerate(columns):
                planes[p, inside, column] = np.interp(clock[inside], at, plane[:, c])
    frame = dict(next(iter(backs.values())).frame)
    return GeneratedStream(
        clock,
        names,
        tuple(unit_of[n] for n in names),
        info.kind,
        {"frame": frame, "filter": dict(info.filter)},
        planes[0],
        planes[1 + 2 * k :].astype(np.float32),
        answer.bands.levels,
        planes[1 : 1 + k],
        planes[1 + k : 1 + 2 * k],
    )


def _back(model: "Model", info: StreamInfo, side: str) -> _Back:
    """Undo the leg view on a stream of ones: what happens to it happens to every sample."""
    if not (model.cut.mirror and side):
        return _Back(info.channels, np.ones(info.width), info.frame)
    lateral = model.sealed.extra.get("lateral", {}).get(info.name, "")
    ones = make_stream(
        np.ones((1, info.width)),
        time=[0.0],
        channels=info.channels,
        units=info.units,
        kind=info.kind,
        frame=dict(info.frame),
    )
    plain = {c: _named(c) for c in info.channels if c != _named(c)}
    ones.attrs["leg_view"] = {"side": side, "lateral": lateral, "names": plain}
    tree = undo_leg_view(make_recording({info.name: ones}, recording="w", subject="w"))
    node = tree[info.name].to_dataset()
    return _Back(tuple(str(c) for c in node["channel"].values), node["data"].values[0], info.frame)


def _named(channel: str) -> str:
    for view, plain in (("ipsi_", "r_"), ("contra_", "l_")):
        if channel.startswith(view):
            return plain + channel.removeprefix(view)
    return channel


def _turned(stack: Array, back: _Back, info: StreamInfo, window: "pd.Series[Any]") -> Array:
    """Turn vectors from the heading frame back to the laboratory's, where the heading is known."""
    angle = float(window.get("heading_rad", np.nan))
    if not np.isfinite(angle) or angle == 0:
        return stack
    planes, frames, width = stack.shape
    flat = make_stream(
        stack.reshape(-1, width),
        time=np.arange(planes * frames, dtype=np.float64),
        channels=back.names,
        units=info.units,
        kind=info.kind,
        frame=dict(back.frame),
    )
    lab = from_heading(flat, angle)
    return np.asarray(lab["data"].values, dtype=np.float64).reshape(planes, frames, width)


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
