"""Accounts as several processes see them, and as files break."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.web import passwords
from adapters.web.accounts import SESSIONS_PER_USER, Accounts
from adapters.web.passwords import Throttle, _matches
from hub.cli import token, user
from hub.model import MINUTE, SECOND, ManualClock, StorageError, SystemClock
from hub.roles import Role

PASSWORD = "một câu dài dễ nhớ hơn"


def test_the_oldest_of_too_many_sessions_ends(tmp_path: Path) -> None:
    clock = ManualClock()
    accounts = Accounts(tmp_path, clock)
    secrets = []
    for _ in range(SESSIONS_PER_USER + 1):
        clock.advance(SECOND)
        secrets.append(accounts.open_session("anh", Role.OPERATOR))
    assert [accounts.session(secret) is not None for secret in secrets] == [False] + [True] * SESSIONS_PER_USER


def test_a_code_is_taken_once_also_by_two_processes(tmp_path: Path) -> None:
    clock = ManualClock()
    one, two = Accounts(tmp_path, clock), Accounts(tmp_path, clock)
    code = one.issue_code("anh", Role.ENGINEER)
    assert two.take_code(code) == ("anh", Role.ENGINEER)
    assert one.take_code(code) is None


def test_a_user_who_is_removed_or_changed_is_signed_out(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path, ManualClock())
    accounts.add_user("anh", Role.OPERATOR, "hash")
    secret = accounts.open_session("anh", Role.OPERATOR)
    who = accounts.session(secret)
    assert who is not None
    assert accounts.still(who) is Role.OPERATOR
    accounts.add_user("anh", Role.VIEWER, "hash")
    assert accounts.still(who) is None
    assert accounts.remove_user("anh")
    assert not accounts.remove_user("anh")


def test_a_damaged_key_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "web.key").write_bytes(b"short")
    with pytest.raises(StorageError, match=r"web\.key is damaged; remove it"):
        Accounts(tmp_path, ManualClock())


def test_a_damaged_database_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "web.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match=r"web\.db cannot be read"):
        Accounts(tmp_path, ManualClock())


def test_the_delay_doubles_from_the_fifth_failure_and_ends_at_five_minutes() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(16):
        throttle.failed("anh", "192.0.2.1")
        waits.append(throttle.wait("anh", "192.0.2.1") // SECOND)
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == 5 * MINUTE // SECOND
    assert throttle.wait("anh", "192.0.2.2") == throttle.wait("tam", "192.0.2.1") == 0
    throttle.passed("anh", "192.0.2.1")
    assert throttle.wait("anh", "192.0.2.1") == 0


def test_checking_nobodys_password_is_a_whole_check(monkeypatch: pytest.MonkeyPatch) -> None:
    from argon2 import PasswordHasher, exceptions

    with pytest.raises(exceptions.VerifyMismatchError):  # and not InvalidHashError, which would be quick
        PasswordHasher().verify(passwords._NOBODY, "x")
    assert not _matches(passwords._NOBODY, "x")


def test_the_command_makes_lists_and_ends_tokens(tmp_path: Path) -> None:
    run = CliRunner().invoke
    made = run(token.app, ["create", "wall", "--role", "operator", "--state", str(tmp_path)])
    assert made.exit_code == 0
    accounts = Accounts(tmp_path, SystemClock())
    who = accounts.token(made.output.strip())
    assert who is not None
    assert (who.user, who.role) == ("wall", Role.OPERATOR)
    assert "wall\toperator\tuntil" in run(token.app, ["list", "--state", str(tmp_path)]).output
    assert run(token.app, ["revoke", "wall", "--state", str(tmp_path)]).exit_code == 0
    assert accounts.still(who) is None
    assert run(token.app, ["revoke", "wall", "--state", str(tmp_path)]).exit_code == 1
    assert run(token.app, ["create", "x", "--role", "root", "--state", str(tmp_path)]).exit_code == 2


def test_the_command_adds_lists_and_removes_users(tmp_path: Path) -> None:
    run, arguments = CliRunner().invoke, ["--role", "engineer", "--state", str(tmp_path), "--password-stdin"]
    assert run(user.app, ["add", "anh", *arguments], input="short\n").exit_code == 1
    assert run(user.app, ["add", "anh", *arguments], input=PASSWORD + "\n").exit_code == 0
    known = Accounts(tmp_path, SystemClock()).user("anh")
    assert known is not None
    assert known[0] is Role.ENGINEER
    assert _matches(known[1], PASSWORD)
    assert run(user.app, ["list", "--state", str(tmp_path)]).output == "anh\tengineer\n"
    assert run(user.app, ["remove", "anh", "--state", str(tmp_path)]).exit_code == 0
    assert run(user.app, ["remove", "anh", "--state", str(tmp_path)]).exit_code == 1
