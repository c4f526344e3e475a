"""Who may do what."""

import pytest

from hub.roles import Right, Role, allowed, rights, role_of


def test_a_viewer_only_reads() -> None:
    assert rights(Role.VIEWER) == {Right.READ}


def test_operators_and_engineers_act_on_alarms_and_admins_do_not() -> None:
    acting = {role for role in Role if all(allowed(role, right) for right in (Right.ACK, Right.COMMENT, Right.RESET))}
    assert acting == {Role.OPERATOR, Role.ENGINEER}


def test_operators_and_engineers_may_give_commands_and_each_command_says_which_of_them() -> None:
    assert [role for role in Role if allowed(role, Right.COMMAND)] == [Role.OPERATOR, Role.ENGINEER]


@pytest.mark.parametrize("right", [Right.WRITE, Right.CONFIGURE])
def test_only_engineers_touch_devices_and_configuration(right: Right) -> None:
    assert [role for role in Role if allowed(role, right)] == [Role.ENGINEER]


def test_a_word_that_is_no_role_is_answered_with_the_roles() -> None:
    assert role_of("viewer") is Role.VIEWER
    with pytest.raises(ValueError, match="the roles are viewer, operator, engineer, admin"):
        role_of("root")


def test_only_who_works_with_alarms_can_be_granted_plates() -> None:
    assert [role for role in Role if allowed(role, Right.PLATES)] == [Role.OPERATOR, Role.ENGINEER]
