"""What somebody may do here: the rights of their role, plates only where the site grants them."""

from hub.model import Site
from hub.model.looking import granted
from hub.roles import Right, Role, rights


def entitled(site: Site, user: str, role: Role) -> list[str]:
    """Return the names of somebody's rights, in order."""
    mine = set(rights(role))
    if not granted(site.guarded.grants, user, role.value):
        mine.discard(Right.PLATES)
    return sorted(mine)
