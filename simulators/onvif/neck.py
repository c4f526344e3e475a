"""The PTZ service of a simulated camera: presets that it goes to, and says when it is there."""

import re
from collections.abc import Callable, Mapping

from simulators.onvif import templates

Answer = tuple[int, str]
HOME = "home"
PRESETS = {"1": "Toàn cảnh", "2": "Cổng chính", "3": "Bãi xe"}
_TOPIC = "tns1:PTZController/PTZPresets"


class Neck:
    """Where the camera looks; `tell` reports what happens."""

    def __init__(self, tell: Callable[[str, Mapping[str, str], Mapping[str, str]], None]) -> None:
        self.named: Mapping[str, str] = PRESETS
        """Preset token → name."""
        self.at = ""
        """Token of the preset that it stands at."""
        self.stuck = False
        """Whether it does not move, though it says that it will."""
        self._tell = tell

    def presets(self, _body: str, _query: str = "") -> Answer:
        """Answer GetPresets."""
        return 200, templates.presets(self.named)

    def go(self, body: str, _query: str = "") -> Answer:
        """Answer GotoPreset; it is there at once."""
        asked = re.search(r"PresetToken[^>]*>([^<]*)<", body)
        if asked is None or asked[1] not in self.named:
            return 500, templates.fault("ter:NoToken", "The requested preset token does not exist")
        self._move(asked[1])
        return 200, templates.empty("tptz:GotoPresetResponse")

    def home(self, _body: str, _query: str = "") -> Answer:
        """Answer GotoHomePosition."""
        self._move(HOME)
        return 200, templates.empty("tptz:GotoHomePositionResponse")

    def _move(self, token: str) -> None:
        data = {"PresetToken": token, "PresetName": self.named.get(token, token)}
        self._tell(f"{_TOPIC}/Invoked", {"PTZConfigurationToken": "ptz"}, data)
        if not self.stuck:
            self.at = token
            self._tell(f"{_TOPIC}/Reached", {"PTZConfigurationToken": "ptz"}, data)
