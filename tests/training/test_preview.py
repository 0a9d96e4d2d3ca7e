from pathlib import Path

import numpy as np
import torch
from training_toys import ToyMethod, same, toy_source, weights

from unisono.training.preview import Preview, write_preview


def test_preview_holds_samples_and_truth_and_leaves_no_trace(tmp_path: Path) -> None:
    method, source, shown = ToyMethod(dropout=0.5), toy_source(), []

    def draw(path: Path) -> bytes:
        shown.append(path)
        return path.name.encode()

    method.encoder.eval()
    rows = np.array([3, 1])
    preview = Preview(rows, ("grf",), samples=5, draw=draw)
    before, modes = weights(method), [m.training for m in method.modules()]
    state = torch.get_rng_state()
    for name in ("a", "b"):
        batch = source.windows.batch(rows)
        picture = write_preview(method, batch, preview, tmp_path / f"{name}.npz", seed=1)
        assert picture == (tmp_path / f"{name}.png").read_bytes() == f"{name}.npz".encode()
    assert shown == [tmp_path / "a.npz", tmp_path / "b.npz"]
    assert same(before, weights(method)) and torch.equal(state, torch.get_rng_state())
    assert modes == [m.training for m in method.modules()]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as one, np.load(shown[1]) as two:
        assert one["grf/samples"].shape == (5, 2, 6, 2) and (one["rows"] == rows).all()
        np.testing.assert_allclose(one["grf/samples"].mean(axis=0), one["grf/mean"], atol=1e-6)
        np.testing.assert_array_equal(one["grf/truth"], source.windows.batch(rows).data["grf"])
        # the same seed, and no dropout: what differs between previews is the method alone
        np.testing.assert_array_equal(one["grf/samples"], two["grf/samples"])
        assert one["grf/valid"].dtype == bool
