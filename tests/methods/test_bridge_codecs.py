"""Mirrors src/unisono/methods/bridge_codecs.py."""

from pathlib import Path

import pytest
import torch

from unisono.codecs.pretrained import save_codec
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid
from unisono.core.contracts import TrainedCodec
from unisono.core.errors import ConfigError
from unisono.methods.bridge_codecs import PlainCodec, kind_of, make_end, sealable
from unisono.methods.lddbm_settings import EndSettings, LDDBMSettings


@pytest.mark.parametrize(
    ("shape", "kind", "axes"),
    [
        ((20, 3), "streams", 1), ((1, 7, 7), "image", 2), ((3, 16, 16), "image", 2),
        ((8, 8, 8), "voxels", 3), ((3, 1, 16, 16), "views", 2),
    ],
)  # fmt: skip
def test_every_thing_comes_to_the_same_grid(
    shape: tuple[int, ...], kind: str, axes: int, generator: torch.Generator
) -> None:
    assert kind_of(shape, "auto") == kind
    end = make_end(shape, EndSettings(hidden=2), TokenGrid(8, 4))
    assert isinstance(end.codec, TrainedCodec)
    assert len(end.sizes) == axes
    assert int(torch.tensor(end.sizes).prod()) == 8
    data = torch.rand(2, *shape, generator=generator)
    found = end.codec.encode(data, torch.ones_like(data, dtype=torch.bool))
    assert found.z.shape == (2, 8, 4)
    assert end.codec.decode(found).shape == data.shape


def test_plain_channels_are_their_own_latents(generator: torch.Generator) -> None:
    codec = PlainCodec((5, 2))
    data = 3 + 2 * torch.randn(40, 5, 2, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    z = codec.encode(data, mask)
    assert (codec.tokens, codec.width) == (5, 2)
    torch.testing.assert_close(codec.decode(z), data)
    assert codec.distance(data.mean((0, 1)).expand_as(data), data, mask).item() == pytest.approx(
        1, rel=1e-4
    )
    assert codec.loss(data, mask, generator=generator).total == 0


def test_shapes_without_a_codec_are_refused() -> None:
    with pytest.raises(ConfigError, match="no codec is for things of shape"):
        kind_of((3,), "auto")
    with pytest.raises(ConfigError, match="'identity' is for sequences"):
        make_end((1, 8, 8), EndSettings("identity"), TokenGrid(8, 4))
    with pytest.raises(ConfigError, match="codec 'image'"):
        make_end((20, 3), EndSettings("image"), TokenGrid(8, 4))


def test_a_pretrained_end_is_sealed_by_its_card(tmp_path: Path, generator: torch.Generator) -> None:
    grid = TokenGrid(4, 4)
    codec = StreamCodec((8, 2), grid, hidden=4)
    data = 9 * torch.randn(5, 8, 2, generator=generator)
    mask = torch.ones_like(data, dtype=torch.bool)
    codec.fit(data, mask)
    said = EndSettings("pretrained", path=str(save_codec(codec, tmp_path / "codec")))
    end = make_end((8, 2), said, grid)
    assert end.sizes == (4,) and isinstance(end.codec, TrainedCodec)
    z = end.codec.encode(data, mask)
    torch.testing.assert_close(z.z, codec.eval().encode(data, mask).z)
    sealed = sealable(LDDBMSettings(source=said)).source
    assert sealed.path == "" and sealed.card is not None
    again = make_end((8, 2), sealed, grid)
    again.module.load_state_dict(end.module.state_dict())
    torch.testing.assert_close(again.codec.encode(data, mask).z, z.z)


def test_a_path_without_its_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="belong together"):
        EndSettings(path="codec")
    with pytest.raises(ConfigError, match="belong together"):
        EndSettings("pretrained")
