-- What tells two events of a device apart, so that the same event told twice is found and stored once.

create index on device_event (device_id, dedupe_key, time) where dedupe_key is not null;
