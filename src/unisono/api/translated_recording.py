r"""A recording carried window by window, and the windows blended into one.

Windows overlap by half, and a last one ends with the recording. At an instant covered by windows
``w`` with answers :math:`x_w`,

.. math:: x = \sum_w h_w x_w / \sum_w h_w, \qquad h(i) = \min(i, L - 1 - i) + 1

(a triangle over the window), for the mean and for every sample by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from unisono.api.inputs import matched
from unisono.api.translated import Translated
from unisono.core.contracts import StreamInfo
from unisono.core.errors import ModelError, OutputError
from unisono.core.files import atomic_file
from unisono.recordings.formats.registry import write
from unisono.recordings.schema import make_recording, make_stream
from unisono.recordings.window_spans import fixed_spans
from unisono.recordings.windows import Cut, cut_windows

__all__ = ["RecordingTranslation", "SourceWindows", "assemble_windows", "cut_source"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SourceWindows:
    """Windows of a recording.

    Args:
        data: Masked arrays ``(n, L, D)`` by stream.
        starts: First instant of each window, s.
    """

    data: Mapping[str, Any]
    starts: Array


@dataclass(frozen=True)
class RecordingTranslation:
    """A translated recording.

    Args:
        recording: The answers' means, on the model's clock.
        samples: By stream, ``(S, time, channel)``.
        spread: By stream, standard deviation over samples, of which one less is counted; 0 of a
            single one, ``(time, channel)``.
    """

    recording: xr.DataTree
    samples: Mapping[str, Array]
    spread: Mapping[str, Array]

    def summary(self) -> str:
        """A line a stream."""
        return "\n".join(
            f"{name}: {drawn.shape[1]} frames of {drawn.shape[2]} channels, {len(drawn)} samples, "
            f"spread {self.spread[name].mean():.4g}"
            for name, drawn in self.samples.items()
        )

    def save(self, path: str | Path) -> list[Path]:
        """Write the means in the format that the ending names, samples as ``.npz`` beside them.

        Raises:
            OutputError: If a file exists, or the format cannot hold the streams.
        """
        path = Path(path)
        beside = path.with_name(f"{path.stem}_samples.npz")
        for file in (path, beside):
            if file.exists():
                raise OutputError(f"{file} exists; choose another name, or remove it.")
        written = write(self.recording, path)
        arrays: dict[str, Any] = {}
        for name, drawn in self.samples.items():
            arrays |= {f"{name}/samples": drawn, f"{name}/spread": self.spread[name]}
        with atomic_file(beside, overwrite=False) as part, part.open("wb") as handle:
            np.savez_compressed(handle, **arrays)
        return [*written, beside]


def cut_source(
    recording: xr.DataTree, cut: Cut, streams: Mapping[str, StreamInfo]
) -> SourceWindows:
    """Cut a recording as a model's given side was, overlapping by half, in the model's units.

    Where these do not come out even, one more window lies at the end.

    Raises:
        ModelError: If it is shorter than a window, lacks a channel, or a stream's kind or axes are
            not the model's.
        UnitError: If a unit cannot be converted.
    """
    overlapping = replace(cut, stride=max(1, cut.length // 2), min_valid=0.0)
    found = cut_windows(recording, overlapping)
    if not len(found):
        raise ModelError(
            f"the recording is shorter than a window of {cut.length / cut.rate_hz:g} s; give a "
            "longer one."
        )
    pieces, last = [(found, slice(None))], len(fixed_spans(recording, cut)[0]) - cut.length
    if last % overlapping.stride:  # windows so far apart are the first and the one at the end
        end = cut_windows(recording, replace(overlapping, stride=last))
        if end.table["start_s"].iloc[-1] > found.table["start_s"].iloc[-1]:
            pieces.append((end, slice(-1, None)))
    data, mass = {}, float(found.table["mass_kg"].iloc[0])
    for name in cut.streams:
        have, need = found.streams[name].channels, streams[name].channels
        missing = [channel for channel in need if channel not in have]
        if missing:
            raise ModelError(f"stream {name!r} lacks channel {missing[0]!r}, which is needed.")
        values, masks = [], []
        for windows, rows in pieces:
            found_here, valid, _ = matched(windows.streams[name], streams[name], windows, mass)
            values.append(found_here[rows])
            masks.append(~valid[rows])
        data[name] = np.ma.masked_array(np.concatenate(values), np.concatenate(masks))
    starts = [windows.table["start_s"].iloc[rows].to_numpy(np.float64) for windows, rows in pieces]
    return SourceWindows(data, np.concatenate(starts))


def assemble_windows(
    recording: xr.DataTree,
    source: SourceWindows,
    parts: Mapping[str, Translated],
    streams: Mapping[str, StreamInfo],
    *,
    want_cut: Cut,
) -> RecordingTranslation:
    """Blend answers of windows into one recording.

    Args:
        recording: Where they came from.
        source: Its windows.
        parts: Answers by stream, ``(S, n, L, D)``.
        streams: What is known of each stream.
        want_cut: How the wanted side was cut.
    """
    rate, length = want_cut.rate_hz, want_cut.length
    first = np.rint((source.starts - source.starts[0]) * rate).astype(int)
    total = int(first.max()) + length
    height = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    weight = np.zeros(total)
    for start in first:
        weight[start : start + length] += height
    time = source.starts[0] + np.arange(total) / rate
    covered = weight > 0

    def blended(windows: npt.NDArray[np.float32]) -> Array:
        out = np.zeros((*windows.shape[:-3], total, windows.shape[-1]))
        for i, start in enumerate(first):
            out[..., start : start + length, :] += windows[..., i, :, :] * height[:, None]
        return np.asarray(out[..., covered, :] / weight[covered, None])

    made, samples, spread = {}, {}, {}
    for name, part in parts.items():
        info = streams[name]
        samples[name] = blended(part.samples)
        several = len(samples[name]) > 1
        spread[name] = samples[name].std(axis=0, ddof=1) if several else 0 * samples[name][0]
        made[name] = make_stream(
            blended(part.mean), time=time[covered], channels=list(info.channels),
            units=list(info.units), kind=info.kind, frame=dict(info.frame),
        )  # fmt: skip
    about = {
        str(k): v for k, v in recording.attrs.items()
        if k in ("subject", "session", "mass_kg", "height_m", "labels")
    }  # fmt: skip
    name = f"{recording.attrs.get('recording', 'recording')}_translated"
    return RecordingTranslation(make_recording(made, recording=name, **about), samples, spread)
