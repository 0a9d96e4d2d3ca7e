from unisono.core.contracts import StreamInfo
from unisono.training.card import Card, render_card

STREAMS = (
    StreamInfo("angles", ("knee|flexion", "hip"), ("deg", "deg"), "angle", 0.0),
    StreamInfo("grf", ("fx", "copx"), ("N", "m"), "force", 100.0),
)


def test_the_page_says_what_is_known() -> None:
    card = Card(
        "children", "36 trials", "CC BY 4.0", "Apache-2.0", "10 children", ("No adults.",), ("A.",)
    )
    page = render_card(card, method="llma", streams=STREAMS, made={"unisono": "0.1", "commit": "c"})
    for words in ("# children", "36 trials", "- Data: CC BY 4.0", "- Weights: Apache-2.0"):
        assert words in page
    for words in ("10 children", "- No adults.", "- A.", "unisono 0.1 (commit c)", "`llma`"):
        assert words in page
    assert "| angles | knee\\|flexion, hip | deg | by event |" in page
    assert "| grf | fx, copx | N, m | 100 Hz |" in page


def test_what_nobody_said_is_said_to_be_so() -> None:
    page = render_card(Card(), method="llma", streams=(), made={})
    assert page.count("Not stated.") == 6
