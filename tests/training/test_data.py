import numpy as np
from training_toys import ToySampler, toy_source

from unisono.training.data import Source


def test_names_are_each_said_once_in_order() -> None:
    source = toy_source()
    assert source.names(np.array([9, 8, 1, 0, 11])) == ("trial02", "trial00")
    nameless = Source(source.windows, source.sampler, source.rows)
    assert nameless.names(np.array([1])) == ()


def test_batches_follow_the_rows() -> None:
    batch = toy_source().windows.batch(np.array([5, 2]))
    assert batch.index.tolist() == [5, 2] and batch.size == 2


def test_toy_sampler_is_a_function_of_the_step() -> None:
    sampler = ToySampler(16, 4)
    epoch = np.concatenate([sampler.at(k) for k in range(4, 8)])
    assert sorted(epoch) == list(range(16))
    assert (sampler.at(6) == ToySampler(16, 4).at(6)).all()
