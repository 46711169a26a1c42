import tomllib

from hypothesis import given
from hypothesis import strategies as st

from restante.config.position import line_of, positions


def test_lines_of_keys_and_headers() -> None:
    found = positions('[a]\nb = 1\n\n[ c . "d e" ]\nf.g = 2\n"" = 3\n')
    assert found == {
        ("a",): 1,
        ("a", "b"): 2,
        ("c", "d e"): 4,
        ("c", "d e", "f", "g"): 5,
        ("c", "d e", ""): 6,
    }


def test_strings_comments_and_brackets_hide_what_looks_like_keys() -> None:
    text = '# a = 1 """\nx = """\n[t]\nk = 1\n"""\ny = [ # ]\n "[u]",\n]\nz = \'\'\'\nq = 1\'\'\'\n[v]\nw = "#"\ni = { a = 1 }\n'
    tomllib.loads(text)
    assert positions(text) == {
        ("x",): 2,
        ("y",): 6,
        ("z",): 9,
        ("v",): 11,
        ("v", "w"): 12,
        ("v", "i"): 13,
    }


def test_quotes_at_the_end_of_a_long_string() -> None:
    text = 'a = """x"""""\nb = \'\'\'y\'\'\'\'\nc = "\\""\nd = \'\\\'\n'
    tomllib.loads(text)
    assert positions(text) == {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4}


def test_a_key_in_an_inline_table_is_found_by_its_table() -> None:
    found = positions("x = 1\nlimits = { line = 5 }\n")
    assert line_of(found, ("limits", "line")) == 2
    assert line_of(found, ("absent",)) == 1


def test_first_of_several_headers() -> None:
    assert positions("[[m]]\nx = 1\n[[m]]\nx = 2\n") == {("m",): 1, ("m", "x"): 2}


KEYS = ["a", "b-c", "1", '"q u"', "'='", '"#]"', "x.y", '"\\\\" . z', '""']
VALUES = [
    "1",
    '"[t]"',
    "'\"'",
    '"""\n[no]\nk = 1\n"""',
    "'''\n# ]\n'''",
    '[\n  1, # "]\n  2\n]',
    "{ a = 1, b = { c = '}' } }",
    '"\\\\"',
    '"""\\""" [ """""',
    "[[], [ '[' ]]",
]
TAILS = ["", "  # [c] = 'x", "\n\n# y = 1"]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES), st.sampled_from(TAILS)), max_size=12))
def test_every_key_is_found_where_it_was_written(entries: list[tuple[str, str, str]]) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for number, (key, value, tail) in enumerate(entries):
        line = text.count("\n") + 1
        table = tomllib.loads(f"[t{number}.{key}]\n")
        path: list[str] = []
        while table:
            name, table = next(iter(table.items()))
            path.append(name)
        text += f"[t{number}]\n{key} = {value}{tail}\n"
        expected.update({(path[0],): line, tuple(path): line + 1})
    tomllib.loads(text)
    assert positions(text) == expected


def test_large_values() -> None:
    for value in ('"' + "\\\\" * 200_000 + '"', "'''" + "''x" * 200_000 + "'''", "[" + "1,\n" * 200_000 + "]"):
        assert positions(f"a = {value}\nb = 1\n")[("b",)] == value.count("\n") + 2
