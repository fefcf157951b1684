"""Amounts as people write them: thousands and millions by a letter, round ones with a dash."""

import pyarrow as pa
import pytest

from churngrid.features.ingest.coerce import read_amounts


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["$12k", "$1.2M", "$950"], [12_000, 1_200_000, 950]),
        (["12k", "9.5K", "800"], [12_000, 9_500, 800]),
        (["€1,2 Mio.", "€ 900 Tsd", "3,5 Mio €"], [1_200_000, 900_000, 3_500_000]),
        (["€ 3.400,-", "€ 12,50", "900,-- €"], [3_400, 12.5, 900]),
        (["CHF 1'200.\u2013", "CHF 12.50"], [1_200, 12.5]),
        (["($3k)", "-$2k", "1.5bn"], [-3_000, -2_000, 1_500_000_000]),
        (["1,200.50-", "3.25"], [-1_200.5, 3.25]),
    ],
)
def test_short_amounts_are_read_as_they_are_meant(written, meant):
    assert read_amounts(pa.chunked_array([written])).to_pylist() == pytest.approx(meant)


@pytest.mark.parametrize("written", [["12m", "3m"], ["5b", "6b"], ["3k%", "4k%"], ["$1.234k"]])
def test_what_may_mean_something_else_is_no_amount(written):
    assert read_amounts(pa.chunked_array([written])).null_count == len(written)
