"""Benchmarks of bridges measure what they say, on things of a few numbers."""

import importlib
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from unisono.simulators.pairs import Pairs

REPOSITORY = Path(__file__).parents[1]
Load = Callable[[str], ModuleType]

pytestmark = pytest.mark.slow


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Load]:
    """Import a benchmark that writes what it keeps to a temporary folder."""
    monkeypatch.syspath_prepend(str(REPOSITORY / "benchmarks"))
    before = set(sys.modules)

    def imported(name: str) -> ModuleType:
        module = importlib.import_module(name)
        for one in (module, importlib.import_module("_bridge_arms")):
            monkeypatch.setattr(one, "RUNS", tmp_path, raising=False)
        return module

    yield imported
    for name in set(sys.modules) - before:
        if (REPOSITORY / "benchmarks" / f"{name}.py").exists():
            del sys.modules[name]


def digits(count: int, rng: np.random.Generator) -> Pairs:
    large = rng.uniform(-1, 1, (count, 1, 8, 8)).astype(np.float32)
    small = large.reshape(count, 1, 4, 2, 4, 2).mean(axis=(3, 5))
    names = np.arange(count).astype(str)
    return Pairs(small, large, names, names, {})


def test_a_cell_is_measured_once(load: Load) -> None:
    cell, calls = load("_bridge_arms").cell, []
    for _ in range(2):
        found = cell("folder/one", lambda: calls.append(1) or {"error": 0.25})
        assert found.found == {"error": 0.25} and found.seconds >= 0
    assert len(calls) == 1


@pytest.mark.parametrize("method", ["lddbm", "llma", "ridge", "mlp"])
def test_sequences_are_scored_by_group(
    load: Load, method: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The target is the source at another rate, which a linear map finds."""
    module = load("sequence_pairs")
    monkeypatch.setattr(
        module, "Mlp", lambda: importlib.import_module("unisono.evaluation.mlp").Mlp(steps=5)
    )
    time, shift = np.arange(40) / 100, rng.uniform(0, 6, (72, 1, 2))
    source = np.sin(12 * time[None, :, None] + shift)
    target = 30 * np.sin(12 * np.arange(16)[None, :, None] / 40 + shift)
    group = np.repeat([f"p{i}" for i in range(12)], 6)
    names = {"source": ("a", "b"), "target": ("c", "d")}
    pairs = Pairs(source.astype(np.float32), target.astype(np.float32), group, group, names)
    parts = module.parted(pairs)
    groups = [set(p.group) for p in (parts.train, parts.calibration, parts.test)]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    budget = module.Budget(2, 8, 1e-3, "fp32")
    found = module.measured(method, "imu", parts, "sequences", budget, 0)
    assert len(found["rmse"]) == len(found["coverage"]) == len(groups[2])
    assert np.isfinite(found["rmse"]).all() and found["width"] > 0 and found["answer"] > 0
    assert 0.5 < np.mean(found["coverage"]) <= 1  # calibrated, so that even bad answers are covered
    assert np.isfinite(found["energy"]) == (method in ("lddbm", "llma"))
    assert np.mean(found["rmse"]) < (1 if method == "ridge" else 40)


def test_shares_of_pairs(load: Load, rng: np.random.Generator) -> None:
    module = load("unpaired_pairs")
    pairs = digits(40, rng).as_set()
    paired, semi = (module.seen(pairs, arm, 10) for arm in ("paired", "semi"))
    assert len(paired) == 4 and paired.paired.all()
    assert semi.paired.mean() == pytest.approx(0.5, abs=0.05)
    parts = module.Parts(digits(24, rng), digits(8, rng), digits(8, rng))
    budget = module.Budget(2, 8, 1e-3, "fp32")
    found = module.measured(parts, "semi", 0, 0, budget=budget, place="unpaired")
    truth = parts.test.target
    blank = float(np.sqrt(((truth - parts.train.target.mean(axis=0)) ** 2).mean()))
    assert found["error"] == pytest.approx(blank, rel=0.6)


@pytest.mark.parametrize("arm", ["iterative", "free reconstruction"])
def test_regimes_and_losses(
    load: Load, arm: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("bridge_regimes")
    parts = module.Parts(digits(24, rng), digits(8, rng), digits(8, rng))
    task = module.Task(parts, 60, 4, "regimes")
    regime = arm == "iterative"
    if regime:
        monkeypatch.setattr(module, "TIMED", 1)
        assert all(module.cost(module.merged(module.NETWORKS, t), task) > 0
                   for t in module.REGIMES.values())  # fmt: skip
        dear = {"end_to_end": 1.0, "iterative": 2.0}  # of twice the cost: half of the steps
        tables = {name: module.merged(module.NETWORKS, module.REGIMES[name]) for name in dear}
        costs = {str(table): dear[name] for name, table in tables.items()}
        monkeypatch.setattr(module, "cost", lambda table, _: costs[str(table)])
    found = module.measured(task, "regimes" if regime else "losses", arm, 0)
    assert np.isfinite(list(found.values())).all()
    assert found["steps"] == (30 if regime else 60)
    assert 0 <= found["top-1"] <= 1 and 0 <= found["coverage"] <= 1


def test_solids(load: Load) -> None:
    module = load("views_to_solid")
    told = Namespace(size=8, solids=40, tested=12, steps=2, batch=8)
    task = module.prepared(told)
    assert 0.3 < (task.seen.all(axis=1)).mean() < 0.7 and task.seen.any(axis=1).all()
    learned, held = task.pairs("ours")
    assert len(learned) + len(held) == 40
    tested = task.whole("ours", task.tested)
    assert tested.size == 12 and tested.mask["source"].all()
    assert not set(learned.subject) & set(held.subject)
    simple = module.simple_rows(task, seed=0)
    assert 0 < simple["copy"].iou.mean() < simple["hull"].iou.mean() < 1
    said = module.votes(task.solids, task.seen)
    solid = task.solids.voxels > 0
    all_seen, none_says_no = (
        task.seen.all(axis=1),
        said >= 0.5 + task.seen.mean(axis=1)[:, None, None, None] / 2,
    )
    assert set(np.unique(said[all_seen])) <= {0, 0.25, 0.5, 0.75, 1}
    assert none_says_no[solid].mean() > 0.9  # whoever sees a voxel of the solid says so
    pictures = task.pairs("pictures")[0].batch(np.arange(4))
    assert pictures.data["source"].shape == (4, 4, 1, 8, 8)
    found = module.measured(task, "ours", 0)
    assert set(found["rows"]) == {"ours", "gaussian"}
    assert found["rows"]["ours"][0] == found["rows"]["gaussian"][0]  # one answer, other samples
    assert len(found["rows"]["ours"][0]) == 12 and len(found["spreads"]) == 4
    kept = module._row(found["rows"]["ours"])
    assert 0.1 <= kept.level <= 0.7 and kept.iou.tolist() == found["rows"]["ours"][0]


def test_images(load: Load, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("super_resolution")
    monkeypatch.setattr(module, "WALKS", [("heun", 2), ("student", 1)])
    monkeypatch.setattr(module, "WALKED", 4)
    parts = module.Parts(digits(24, rng), digits(12, rng), digits(10, rng))
    options = module.FeatureOptions(hidden=2, steps=1, batch=4)
    net = module.train_feature_net(
        parts.train.target, generator=module.generator(0, "test"), options=options
    )
    task = module.Task(parts, net, 2.0, module.Budget(6, 8, 1e-3, "fp32"), "super")
    ours = module.measured(task, "ours", 0)
    assert set(ours["rows"]) == {"ours", "gaussian"} and len(ours["walks"]) == 2
    rows = {name: module._row(row) for name, row in ours["rows"].items()}
    assert np.array_equal(rows["ours"].psnr, rows["gaussian"].psnr)
    assert (rows["ours"].psnr_of_balanced > rows["ours"].psnr_of_mean).mean() > 0.5
    alone = module.measured(task, "regression", 0)
    assert {"regression + gaussian", "regression + borrowed"} < set(alone["rows"])
    kept = module.measured(task, "pretrained", 0)
    assert np.isfinite(kept["rows"]["pretrained"][0]).all()
