from collections.abc import Mapping
from pathlib import Path

import pytest

from restante.config import Config, ConfigError, Flag, Loaded, load
from restante.config.address import Address
from restante.config.model import SECTIONS
from restante.config.place import default_data_dir, default_file
from restante.config.reference import effective
from restante.config.source import SETTINGS
from restante.store.model import SpecialUse


def loaded(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None, *flags: Flag) -> Loaded:
    file = tmp_path / "restante.toml"
    file.write_text(text)
    return load(file, environ=environ or {}, flags=flags)


def problems(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None, *flags: Flag) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text, environ, *flags)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_defaults_without_a_file(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    found = load(environ=environ)
    assert found.config == Config(data=found.config.data)
    assert found.config.data.dir == default_data_dir(environ)
    assert found.file is None
    assert {str(origin) for origin in found.origins.values()} == {"default"}
    assert set(found.origins) == set(SETTINGS)


def test_every_default_is_a_value_that_may_be_set(tmp_path: Path) -> None:
    found = load(environ={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    again = loaded(tmp_path, effective(found))
    assert again.config == found.config
    assert {origin.kind for origin in again.origins.values()} == {"file"}


def test_flags_over_environment_over_file(tmp_path: Path) -> None:
    text = '[limits]\nline = "16 KiB"\nnesting = 5\narguments = 500\n'
    environ = {"RESTANTE_LIMITS_NESTING": "6", "RESTANTE_LIMITS_ARGUMENTS": "600", "PATH": "/bin"}
    found = loaded(tmp_path, text, environ, Flag("limits.arguments", "700", "--set"))
    limits = found.config.limits
    assert (limits.line, limits.nesting, limits.arguments) == (16_384, 6, 700)
    assert str(found.origins["limits.line"]) == f"{tmp_path}/restante.toml:2"
    assert str(found.origins["limits.nesting"]) == "RESTANTE_LIMITS_NESTING"
    assert str(found.origins["limits.arguments"]) == "--set"


def test_types(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "[data]\ndir = 'mail'\n[listen]\nimap = ['*:143', '[::1]:143']\nimaps = ''\nlmtp_socket = '/run/x'\n"
        "[limits]\nlogin_timeout = 5\nidle_timeout = '1 h'\n[id]\nversion = false\n[mailboxes]\njunk = ''\nsent = 'S/T'\n"
        "[auth]\nthrottle_exempt = '192.0.2.0/24, 2001:db8::/32'\n[tls]\nminimum_version = '1.3'\n",
        {
            "RESTANTE_ID_NAME": "off",
            "RESTANTE_LISTEN_LMTP": "127.0.0.1:24,localhost:25",
            "RESTANTE_DELIVERY_DOMAINS": "A, b.c.",
        },
    ).config
    assert found.data.dir == tmp_path / "mail"
    assert found.listen.imap == (Address("*", 143), Address("::1", 143))
    assert found.listen.imaps == ()
    assert found.listen.lmtp == (Address("127.0.0.1", 24), Address("localhost", 25))
    assert found.listen.lmtp_socket == Path("/run/x")
    assert found.listen.socket_mode == 0o660
    assert (found.limits.login_timeout, found.limits.idle_timeout) == (5.0, 3600.0)
    assert (found.id.name, found.id.version) == (False, False)
    assert found.mailboxes.junk is None
    assert found.mailboxes.by_use()[SpecialUse.SENT] == "S/T"
    assert SpecialUse.JUNK not in found.mailboxes.by_use()
    assert [str(each) for each in found.auth.throttle_exempt] == ["192.0.2.0/24", "2001:db8::/32"]
    assert found.tls.minimum_version == "1.3"
    assert found.delivery.domains == ("a", "b.c")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[limits]\n\nlien = 4\n", "restante.toml:3: unknown setting limits.lien; did you mean line?"),
        ("[log]\nappend = 4\n", "restante.toml:2: unknown setting log.append; did you mean limits.append?"),
        ("line = 4\n", "restante.toml:1: unknown table line; did you mean limits.line?"),
        ("\n[limit]\n", "restante.toml:2: unknown table limit; did you mean limits?"),
        ("limits = 4\n", "restante.toml:1: limits is a table: write [limits] and its settings below"),
        ("[[limits]]\n", "restante.toml:1: limits is a table: write [limits] and its settings below"),
        ("[limits]\nnesting = 3\n", "restante.toml:2: limits.nesting must be a whole number from 4 to 100, not 3"),
        (
            "[limits]\nnesting = true\n",
            "restante.toml:2: limits.nesting must be a whole number from 4 to 100, not true",
        ),
        ("[limits]\nnesting = '9'\n", 'restante.toml:2: limits.nesting must be a whole number from 4 to 100, not "9"'),
        ("[limits]\nnesting = 9.5\n", "restante.toml:2: limits.nesting must be a whole number from 4 to 100, not 9.5"),
        (
            "[limits]\nidle_timeout = '29 min'\n",
            'restante.toml:2: limits.idle_timeout must be a number of seconds from 30 min to 7 days, not "29 min"',
        ),
        (
            "limits = { nesting = nan }\n",
            "restante.toml:1: limits.nesting must be a whole number from 4 to 100, not NaN",
        ),
        (
            "[log]\nlevel = 'loud'\n",
            'restante.toml:2: log.level must be one of "debug", "info", "warning", "error", not "loud"',
        ),
        ("[tls]\nminimum_version = 1.2\n", 'restante.toml:2: tls.minimum_version must be one of "1.2", "1.3", not 1.2'),
        ("[id]\nname = 'yes'\n", 'restante.toml:2: id.name must be true or false, not "yes"'),
        ("[data]\ndir = ''\n", 'restante.toml:2: data.dir must be a path, not ""'),
        ("[data]\ndir = 1979-05-27\n", 'restante.toml:2: data.dir must be a path, not "1979-05-27"'),
        ("a = 1\na = 2\n", "restante.toml:2: not TOML: Cannot overwrite a value (column 6)"),
        ("[limits\n", "restante.toml:1: not TOML: Expected ']' at the end of a table declaration (column 8)"),
        ("a = [\n\n", "restante.toml:3: not TOML: Invalid value (at end of document)"),
        ("[tls]\nkey = 'k'\n", "restante.toml:2: tls.certificate and tls.key go together: set both or neither"),
        (
            "[auth]\nscram_iterations = 100\n",
            "restante.toml:2: auth.scram_iterations must be 4096 at least, or 0 for no SCRAM (RFC 7677 §4)",
        ),
        (
            "[data]\ndir = '~nobody-here/x'\n",
            'restante.toml:2: data.dir must be a path, not "~nobody-here/x": the system knows no such user',
        ),
        ("[mailboxes]\nsent = 'Junk'\n", "restante.toml:2: two mailboxes have the same name"),
        (
            "[delivery]\ndomains = ['a', 'b@c']\n",
            """restante.toml:2: delivery.domains must be a domain, or a list of them, not ["a", "b@c"]: \
a domain is made of letters, digits and hyphens""",
        ),
        (
            "[auth]\nthrottle_max_delay = 0\n",
            "restante.toml:2: auth.throttle_max_delay must not be below auth.throttle_first_delay",
        ),
    ],
)
def test_one_problem(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, text) == [expected]


@pytest.mark.parametrize("setting", list(SETTINGS.values()), ids=list(SETTINGS))
@pytest.mark.parametrize(
    "value", ["{}", "[[]]", "[1]", "-1e400", "0001-01-01T00:00:00", "9" * 400, '"\\u0000"', "inf", "nan"]
)
def test_nonsense_is_refused_with_its_place(tmp_path: Path, setting: object, value: str) -> None:
    name = str(getattr(setting, "path", ""))
    found = problems(tmp_path, f"[{name.split('.')[0]}]\n# here\n{name.split('.')[1]} = {value}\n")
    assert found[0].startswith("restante.toml:3: ")
    assert name in found[0]


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    environ = {
        "RESTANTE_COMMAND": "./restante",
        "RESTANTE_LIMITS_LIEN": "1",
        "RESTANTE_LOG_LEVEL": "x",
        "RESTANTE_PORT_143_TCP": "x",
        "RESTANTE_SERVICE_HOST": "y",
    }
    found = problems(tmp_path, "[x]\n[y]\n", environ, Flag("log.lvl", "debug", "--set"))
    assert [line.split(": ")[0] for line in found] == [
        "restante.toml:1",
        "restante.toml:2",
        "RESTANTE_LIMITS_LIEN",
        "RESTANTE_LOG_LEVEL",
        "--set",
    ]
    assert found[2].endswith("did you mean RESTANTE_LIMITS_LINE?")
    assert found[4].endswith("did you mean log.level?")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for file, reason in (
        (tmp_path / "absent", "No such file"),
        (tmp_path, "Is a directory"),
        (Path("/dev/zero"), "larger"),
    ):
        with pytest.raises(ConfigError, match=reason):
            load(file, environ={})
    odd = tmp_path / "odd.toml"
    odd.write_text("a = " + "[" * 50_000)
    with pytest.raises(ConfigError, match="nested too deeply"):
        load(odd, environ={})
    odd.write_text("a = " + "9" * 5000)
    with pytest.raises(ConfigError, match="not TOML"):
        load(odd, environ={})
    odd.write_bytes(b"# a\n# \xe9\n")
    with pytest.raises(ConfigError, match=r"odd\.toml:2: is not UTF-8"):
        load(odd, environ={})


def test_the_file_is_chosen_by_flag_then_variable_then_place(tmp_path: Path) -> None:
    for name, level in (("a.toml", "debug"), ("b.toml", "error")):
        (tmp_path / name).write_text(f"[log]\nlevel = '{level}'\n")
    environ = {"RESTANTE_CONFIG": str(tmp_path / "b.toml")}
    assert load(environ=environ).config.log.level == "error"
    assert load(tmp_path / "a.toml", environ=environ).config.log.level == "debug"


def test_places_follow_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (tmp_path / "restante").mkdir()
    file = tmp_path / "restante" / "restante.toml"
    file.write_text("[id]\nname = false\n")
    environ = {"HOME": "/home/ann", "XDG_CONFIG_HOME": str(tmp_path)}
    found = load(environ=environ)
    assert found.file == file
    assert found.config.data.dir == Path("/home/ann/.local/state/restante")
    assert default_file({"HOME": "/home/ann", "XDG_CONFIG_HOME": "relative"}) == Path(
        "/home/ann/.config/restante/restante.toml"
    )
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert default_data_dir({}) == Path("/.local/state/restante")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert load(environ={"HOME": "/root"}).config.data.dir == Path("/var/lib/restante")


def test_environment_variables_are_distinct() -> None:
    variables = [setting.environment for setting in SETTINGS.values()]
    assert len(set(variables)) == len(variables)
    assert SETTINGS["data.dir"].environment == "RESTANTE_DATA"
    assert SETTINGS["limits.line"].environment == "RESTANTE_LIMITS_LINE"


def test_every_table_and_setting_says_what_it_means() -> None:
    assert list(SECTIONS) == list(Config.__struct_fields__)
    assert all(table.__doc__ for table in SECTIONS.values())
    assert all(setting.description.meaning.endswith((".", "`.")) for setting in SETTINGS.values())
