"""Mirrors src/unisono/viewing/scene.py."""

import json
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from unisono.core.errors import SchemaError
from unisono.recordings.schema import make_events, make_recording, make_stream
from unisono.viewing.packing import Packer
from unisono.viewing.scene import Overlay, build_scene
from unisono.viewing.scene_streams import OverlayStream


def test_a_scene_is_json_with_facts_events_and_doubts(
    make_walk: Callable[..., xr.DataTree],
) -> None:
    walk = make_walk("a", 1)
    walk["events"] = xr.DataTree(make_events([0.5], ["foot_strike"], ["left"], "given"))
    one = make_stream([[1.0]], time=[-0.5], channels=["late"], units="V", kind="emg")
    walk["emg"] = xr.DataTree(one)
    scene = build_scene(walk, Packer(), Overlay({}, {"model": "m"}, ["a doubt"]))
    assert json.loads(json.dumps(scene, allow_nan=False))["title"] == "a"
    assert scene["start"] == -0.5 and scene["stop"] == pytest.approx(2.99)
    assert scene["events"] == [{"time": 0.5, "name": "foot_strike", "side": "left", "how": "given"}]
    facts = dict(scene["facts"])
    assert facts["mass"] == "61 kg" and facts["condition"] == "slow" and facts["model"] == "m"
    assert facts["100 Hz"] == "angles, grf"
    assert scene["notes"][0] == "a doubt"
    assert [s["name"] for s in scene["streams"]] == ["angles", "grf", "emg"]


def test_a_generated_mean_alone_is_not_shown_twice() -> None:
    stream = make_stream(
        np.ones((5, 1)), time=np.arange(5) / 10, channels=["a"], units="N", kind="force"
    )
    tree = make_recording({"grf": stream}, recording="a", subject="s")
    tree.attrs["generated"] = {"model": "m"}
    made = OverlayStream(stream, (), np.empty((0, 5, 1)), np.empty((0, 5, 1)), np.empty((0, 5, 1)))
    scene = build_scene(tree, Packer(), Overlay({"grf": made}))
    assert [s["origin"] for s in scene["streams"]] == ["generated"]
    assert scene["streams"][0]["samples"] is None


def test_what_cannot_be_shown() -> None:
    picture = xr.Dataset(
        {
            "data": (("row", "column"), np.zeros((2, 2))),
            "valid": (("row", "column"), np.ones((2, 2), bool)),
        },
        attrs={"kind": "image"},
    )
    tree = make_recording({"photo": picture}, recording="a", subject="s")
    with pytest.raises(SchemaError, match="no stream over time"):
        build_scene(tree, Packer())
    tree["x"] = xr.DataTree(make_stream([[1.0]], time=[0], channels=["a"], units="V", kind="emg"))
    scene = build_scene(tree, Packer())
    assert dict(scene["facts"])["not shown"].startswith("photo")
    with pytest.raises(SchemaError):
        build_scene(xr.DataTree(), Packer())
