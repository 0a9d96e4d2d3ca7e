"""How results and models present themselves in a notebook: a small card, safe from any name."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from unisono.api import plot
from unisono.viewing.blocks import facts, number, table, text, text_list
from unisono.viewing.drawing import to_png, to_svg
from unisono.viewing.page_style import card_style
from unisono.viewing.quick import curves_figure

if TYPE_CHECKING:
    from unisono.api.generated import Generated
    from unisono.api.mapping import MapModel
    from unisono.api.model import Model
    from unisono.api.motion_model import MotionModel
    from unisono.api.translating import Translator

__all__ = ["bridge_card", "generated_card", "map_card", "model_card", "motion_card"]


_CURVES = 6


def _card(title: str, body: str) -> str:
    return (
        f'<div class="unisono-card"><style>{card_style()}</style><h3>{text(title)}</h3>{body}</div>'
    )


def generated_card(result: "Generated") -> str:
    """Curves with bands of what was generated, its widths, its physics and its doubts."""
    rows = []
    for name, part in result.parts.items():
        widest = int(np.argmax(part.levels)) if len(part.levels) else -1
        for i, (channel, unit) in enumerate(zip(part.channels, part.units, strict=True)):
            width = (
                part.upper[widest, :, i] - part.lower[widest, :, i] if widest >= 0 else np.zeros(0)
            )
            width = width[np.isfinite(width)]
            half = number(float(np.median(width)) / 2 if len(width) else None)
            rows.append([name, channel, unit, half])
    level = max((max(p.levels) for p in result.parts.values() if len(p.levels)), default=None)
    head = "" if level is None else f"{level:.0%} band, ± median"
    made = result.provenance
    said = {
        "method": made.get("method", ""),
        "given": ", ".join(made.get("given", [])),
        "samples": made.get("samples", ""),
        "seed": made.get("seed", ""),
    }
    curves = plot.curves_of(result)[:_CURVES]
    drawing = to_svg(curves_figure(curves), name="generated", label="Generated curves")
    doubts = text_list(result.doubts, "doubts") if result.doubts else ""
    body = facts({k: v for k, v in said.items() if v != ""}) + drawing
    body += table(["stream", "channel", "unit", head], rows) + doubts
    return _card(f"Generated for {result.source.get('recording', 'a recording')}", body)


def model_card(model: "Model") -> str:
    """What a person asks of a model first."""
    about = model.about()
    made: Mapping[str, Any] = about["made"]
    said = {
        "method": about["method"],
        "given": ", ".join(about["given"]),
        "generates": ", ".join(about["want"]),
        **{f"subjects, {part}": count for part, count in about["subjects"].items()},
        "commit": str(made.get("commit", ""))[:12],
        "made": made.get("date", ""),
    }
    rows = [
        [
            name,
            info.kind,
            str(len(info.channels)),
            f"{info.rate_hz:g}",
            ", ".join(sorted(set(info.units))),
        ]
        for name, info in model.streams.items()
    ]
    body = facts({k: v for k, v in said.items() if v not in ("", None)})
    body += table(["stream", "kind", "channels", "Hz", "units"], rows)
    return _card(f"Model {model.folder.name}", body)


def bridge_card(model: "Translator") -> str:
    """What a bridge carries into what, and the shapes of both."""
    data = model.recipe.data
    said = {
        "method": model.recipe.method,
        "given": ", ".join(data.given),
        "makes": ", ".join(data.want),
        "made": str(model.sealed.made.get("date", "")),
    }
    rows = [[name, " x ".join(map(str, shape))] for name, shape in model.shapes.items()]
    return _card(f"Bridge {model.folder.name}", facts(said) + table(["thing", "shape"], rows))


def motion_card(model: "MotionModel") -> str:
    """What a model of text to motion makes, and which words it has learned."""
    said = {
        "method": model.recipe.method,
        "joints": len(model.rig.names),
        "rate": f"{model.layout.rate_hz:g} Hz",
        "frames at once": model.method.frames,
        "learned words": ", ".join(model.encoder.words),
        "made": str(model.sealed.made.get("date", "")),
    }
    known = facts({k: v for k, v in said.items() if v != ""})
    return _card(f"Text to motion {model.folder.name}", known)


def map_card(model: "MapModel") -> str:
    """A map coloured by its first label, and what it was made of."""
    chart = model.map
    said = {
        "dimensions": chart.dims,
        "frames": len(chart.bank),
        "made by": ", ".join(model.request.by),
        "labels": ", ".join(chart.labels),
    }
    coded = base64.b64encode(to_png(plot.map(chart), dots_per_inch=110)).decode("ascii")
    picture = f'<img alt="The map, a dot a frame" src="data:image/png;base64,{coded}">'
    return _card(f"Map {model.folder.name}", facts(said) + picture)
