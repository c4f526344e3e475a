"""The shape of `plates:` and `watchlists:`: who may look at whole plates, and which are looked for."""

from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema, model_validator

from hub.config.shape import Id, Strict, Title, said

_LIST: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "secret": {"type": "string", "description": "A name in secrets.yaml. / Tên trong secrets.yaml."},
        "env": {"type": "string", "description": "An environment variable. / Biến môi trường."},
        "file": {"type": "string", "description": "A file of mode 0600. / Tệp có quyền 0600."},
    },
}


class GrantEntry(Strict):
    """Who may look at whole plates, and where."""

    roles: list[Literal["operator", "engineer"]] = said(
        "Everybody of these roles.", "Mọi tài khoản có vai trò này.", default=[], example=["operator"]
    )
    users: list[str] = said(
        "These accounts or tokens, if they are operators or engineers.",
        "Các tài khoản hoặc mã truy cập này, nếu là trực ban hoặc kỹ sư.",
        default=[],
        example=["hoa"],
    )
    zones: list[str] = said(
        "Where, with everything inside.", "Ở vùng nào, gồm cả vùng con.", min_length=1, example=["tn/ct07"]
    )

    @model_validator(mode="after")
    def _somebody(self) -> "GrantEntry":
        if not self.roles and not self.users:
            raise ValueError("this grants the right to nobody; name roles or users")
        return self


class PlatesEntry(Strict):
    """Who may look at whole plates; without it nobody may, and everybody sees them masked."""

    looks: list[GrantEntry] = said("Who may look, and where.", "Ai được xem và ở đâu.", default=[])


class WatchListEntry(Strict):
    """Plates that somebody with a reason looks for, until a day."""

    id: Id = said("Short name of the list.", "Mã danh sách.", example="stolen")
    name: Title | None = said("Name that people read.", "Tên hiển thị.", default=None, example="Xe mất cắp")
    reason: Title = said("By whose order and why.", "Căn cứ và lý do.", example="Công văn 12/CSGT")
    until: str = said(
        "Last day, or a time with offset, after which nothing is looked for.",
        "Ngày cuối, hoặc thời điểm có múi giờ; sau đó không theo dõi nữa.",
        example="2026-12-31",
    )
    priority: Literal["high", "medium"] = said(
        "Priority of an exact match.", "Mức ưu tiên khi trùng khớp.", default="high", example="high"
    )
    zones: list[str] = said("Where; absent: everywhere.", "Vùng theo dõi; bỏ trống: mọi nơi.", default=[])
    near: bool = said(
        "Tell plates with one other character too, to be verified.",
        "Báo cả biển sai khác một ký tự để xác minh.",
        default=True,
        example=True,
    )
    plates: Annotated[Any, WithJsonSchema(_LIST)] = said(
        "Where the plates are, never written here: one a line, perhaps followed by its own last day.",
        "Nơi chứa biển số, không ghi tại đây: mỗi dòng một biển, có thể kèm ngày cuối riêng.",
        example={"file": "watchlists/stolen.txt"},
    )
