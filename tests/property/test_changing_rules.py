"""Whatever happens while the rules change under it, an alarm keeps its promises (reliability C6)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from msgspec.structs import replace

from hub.model import Test as Comparison
from hub.model import Transition
from rules.succession import succeed
from tests.property.test_alarm_machine import RULE_OF, RULES, SITE, AlarmMachine
from tests.support.rulesite import site


class ChangingMachine(AlarmMachine):
    """The same while the rules change: what is unchanged keeps every promise, what is gone ends in a record."""

    @rule(without=st.sets(st.sampled_from(sorted(RULE_OF)), max_size=3), limit=st.sampled_from([50.0, 60.0]))
    def apply(self, without: set[str], limit: float) -> None:
        """Take other rules over, and journal what that says."""
        hot = Comparison("above", limit, deadband=5.0)
        rules = (replace(r, when=hot) if r.id == "hot" else r for r in RULES if r.id not in without)
        changed, now, before = site(tuple(rules), *SITE.devices.values()), self.now, self.truth.copy()
        next_ = succeed(self.engine, changed, now, who="an")
        self.script.append((lambda e: succeed(e, changed, now, who="an"), next_.records))
        self.site, self.engine = changed, next_.engine
        self.write(next_.records)
        for t in (r for r in next_.records if isinstance(r, Transition) and r.input == "remove"):
            assert t.rule in without
            assert t.who == "an"
        stood = {alarm for alarm, known in before.items() if known.retained and known.last.rule in without}
        assert stood <= {t.alarm for t in next_.records if isinstance(t, Transition) and t.input == "remove"}

    @invariant()
    def nothing_stands_without_a_rule(self) -> None:
        assert {alarm.last.alarm for alarm in self.engine.alarms()} <= self.engine.possible


TestChangingMachine = ChangingMachine.TestCase
TestChangingMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
