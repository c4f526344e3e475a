"""`contacts:`, `rosters:`, `channels:` and `escalations:` of a site: who is told of alarms, how, and when."""
