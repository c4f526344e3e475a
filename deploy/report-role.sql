-- A role for dashboards and reports that may read the views and nothing else. Run it once the hub has made its tables:
--   psql "$(citywatch db url SITE --state DIR --show-password)" -v password="'…'" -f deploy/report-role.sql
create role report login password :password connection limit 20;
alter role report set default_transaction_read_only = on;
alter role report set statement_timeout = '30s';
grant usage on schema public to report;
grant select on v_latest, v_reading, v_reading_1m, v_reading_1h, v_event, v_event_1h, v_passage, v_passage_1m, v_alarm, v_journal, v_device_health, v_gap, v_figure to report;
