"""Rules draw what they say, in one go, and never across a border; checked against slow loops."""

import pytest
import torch

from unisono.alignment.positives import (
    FrameRows,
    LabelStep,
    Mixed,
    NearInTime,
    NearLabel,
    SameClass,
    Shuffled,
)
from unisono.core.errors import UnisonoError

SEQUENCE = torch.tensor([0] * 7 + [2] * 5 + [3] * 8)
MANY = torch.arange(20).repeat(400)


def rows(labels: int = 0, classes: bool = False) -> FrameRows:
    g = torch.Generator().manual_seed(3)
    return FrameRows(
        SEQUENCE,
        torch.randn(20, labels, generator=g) if labels else None,
        torch.randint(0, 3, (20,), generator=g) if classes else None,
    )


def test_spans_are_those_of_the_sequences() -> None:
    start, stop = rows().spans
    assert start.tolist() == [0] * 7 + [7] * 5 + [12] * 8
    assert stop.tolist() == [7] * 7 + [12] * 5 + [20] * 8


@pytest.mark.parametrize("offset", [1, 3, 50])
def test_neighbours_in_time_are_all_and_only_those_within_reach(
    offset: int, generator: torch.Generator
) -> None:
    drawn = NearInTime(rows(), offset).draw(MANY, generator=generator)
    for row in range(20):
        found = set(drawn[row::20].tolist())
        want = {
            j
            for j in range(20)
            if j != row and abs(j - row) <= offset and SEQUENCE[j] == SEQUENCE[row]
        }
        assert found == want


def test_exact_offsets_stop_at_the_border(generator: torch.Generator) -> None:
    drawn = NearInTime(rows(), 3, exact=True).draw(torch.arange(20), generator=generator)
    assert drawn[:7].tolist() == [3, 4, 5, 6, 6, 6, 3]
    assert (SEQUENCE[drawn] == SEQUENCE).all() and (drawn != torch.arange(20)).all()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("classes", [False, True])
def test_near_labels_are_the_nearest_to_the_query(count: int, classes: bool) -> None:
    table = rows(count, classes)
    assert table.labels is not None
    drawn = NearLabel(table, 0.3).draw(MANY[:200], generator=torch.Generator().manual_seed(5))
    noise = torch.randn(200, count, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    for i in range(200):
        query = table.labels[MANY[i]].double() + 0.3 * noise[i]
        away = (table.labels.double() - query).norm(dim=1)
        if table.classes is not None:
            away[table.classes != table.classes[MANY[i]]] = torch.inf
        assert away[drawn[i]] <= away.min() + 1e-9


@pytest.mark.parametrize("count", [1, 2])
def test_ties_are_broken_evenly(count: int, generator: torch.Generator) -> None:
    table = FrameRows(SEQUENCE, torch.arange(4.0).repeat_interleave(5)[:, None].repeat(1, count))
    drawn = NearLabel(table, 1e-6).draw(torch.full((5000,), 7), generator=generator)
    found = torch.bincount(drawn, minlength=20)
    assert found[5:10].min() > 850 and found[:5].sum() + found[10:].sum() == 0


def test_label_steps_stay_within_sequences(generator: torch.Generator) -> None:
    """Labels rise by 1 a frame within sequences and jump by 100 between them."""
    labels = torch.arange(20.0)[:, None] + 100 * SEQUENCE[:, None]
    drawn = LabelStep(FrameRows(SEQUENCE, labels), 2).draw(MANY, generator=generator)
    inner = MANY[(MANY < 5) | ((MANY > 6) & (MANY < 10)) | ((MANY > 11) & (MANY < 18))]
    kept = drawn[(MANY < 5) | ((MANY > 6) & (MANY < 10)) | ((MANY > 11) & (MANY < 18))]
    assert torch.equal(kept, inner + 2)


def test_class_mates_are_all_and_only_the_others(generator: torch.Generator) -> None:
    table = rows(classes=True)
    assert table.classes is not None
    drawn = SameClass(table).draw(MANY, generator=generator)
    for row in range(20):
        want = {j for j in range(20) if j != row and table.classes[j] == table.classes[row]}
        assert set(drawn[row::20].tolist()) == want


def test_mixtures_draw_from_every_rule_and_shuffling_breaks_it(generator: torch.Generator) -> None:
    table = rows(classes=True)
    near, mates = NearInTime(table, 1), SameClass(table)
    drawn = Mixed([near, mates]).draw(MANY, generator=generator)
    close = (drawn - MANY).abs() == 1
    assert 0.45 < close.float().mean() < 0.75
    broken = Shuffled(near, 20, generator=generator).draw(MANY, generator=generator)
    assert ((broken - MANY).abs() > 1).float().mean() > 0.7


def test_what_cannot_be_drawn_is_one_line() -> None:
    with pytest.raises(UnisonoError, match="need labels"):
        NearLabel(rows())
    with pytest.raises(UnisonoError, match="need a label of words"):
        SameClass(rows())
    with pytest.raises(UnisonoError, match="no sequence is longer than 9"):
        LabelStep(rows(1), 9)
    with pytest.raises(UnisonoError, match="single frame"):
        NearInTime(FrameRows(torch.tensor([0, 0, 1])))
    with pytest.raises(UnisonoError, match="not finite"):
        NearLabel(FrameRows(SEQUENCE, torch.full((20, 1), torch.nan)))
    with pytest.raises(UnisonoError, match="time or labels"):
        Mixed([])
