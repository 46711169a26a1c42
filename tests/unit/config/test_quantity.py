import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.config.quantity import Unit, parse, written


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("0", "octets", 0),
        ("65536", "octets", 65_536),
        ("64 MiB", "octets", 64 << 20),
        ("64M", "octets", 64 << 20),
        ("1.5k", "octets", 1536),
        ("2 GB", "octets", 2e9),
        ("30 min", "seconds", 1800),
        ("250ms", "seconds", 0.25),
        ("1.5 h", "seconds", 5400),
        ("14 Days", "seconds", 14 * 86_400),
    ],
)
def test_parse(text: str, unit: Unit, expected: float) -> None:
    assert parse(text, unit) == expected


@pytest.mark.parametrize("text", ["", "MiB", "-1", "1 2", "1 MiB s", "1e3", "5 parsecs", "٣"])
@pytest.mark.parametrize("unit", ["octets", "seconds"])
def test_refuses(text: str, unit: Unit) -> None:
    with pytest.raises(ValueError, match=f"not a number of {unit}"):
        parse(text, unit)


@given(st.integers(0, 1 << 50), st.sampled_from(["octets", "seconds"]))
def test_what_is_written_reads_back(number: int, unit: Unit) -> None:
    assert parse(written(number, unit), unit) == number


@pytest.mark.parametrize(
    ("number", "text"), [(86_400, "1 day"), (172_800, "2 days"), (0.25, "0.25"), (0, "0"), (61, "61 s")]
)
def test_written(number: float, text: str) -> None:
    assert written(number, "seconds") == text
