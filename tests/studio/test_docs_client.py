"""The client in docs/studio.md is ten lines that work."""

import re
import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

DOCS = Path(__file__).parents[2] / "docs" / "studio.md"


@pytest.mark.slow
def test_ten_lines(
    studio: Any,  # noqa: ANN401
    tiny_model: Any,  # noqa: ANN401
    walk_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = re.findall(r"^```python no-run\n(.*?)^```", DOCS.read_text(), re.MULTILINE | re.DOTALL)[
        0
    ]
    assert len([line for line in code.splitlines() if line and "import" not in line]) == 10
    shutil.copytree(tiny_model.folder, studio.root / "runs" / "forces")
    walk_file.rename(tmp_path / "trial.npz")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(httpx, "Client", lambda **_: studio.client)
    monkeypatch.setattr(time, "sleep", lambda _: studio.work())
    exec(compile(code, "docs/studio.md", "exec"), {})
    assert (tmp_path / "trial_forces.mot").stat().st_size > 1000
