"""An independent publisher with a ledger: what the broker acknowledged is written down, and nothing else.

`python -m tests.integration.road.ledger PORT FILE DETECTORS RATE` publishes until its standard input is closed, then
waits for what is still unanswered and ends. One line of FILE is one acknowledged value. It speaks MQTT by paho, which
shares no line of code with the hub's way of receiving.
"""

import sys
import threading
import time

from paho.mqtt.client import CallbackAPIVersion, Client


def main(port: int, file: str, detectors: int, rate: float) -> None:
    """Publish numbers 1, 2, 3, … to the detectors in turn; a flag that flips, and a level that stays too high."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="ledger")
    waiting: dict[int, int] = {}
    early: set[int] = set()
    """Acknowledged before `publish` returned."""
    lock = threading.Lock()
    connected, stop = threading.Event(), threading.Event()
    with open(file, "w", buffering=1) as ledger:

        def acknowledged(_client: object, _data: object, mid: int, *_: object) -> None:
            with lock:
                value = waiting.pop(mid, None)
                if value is None:
                    early.add(mid)
                else:
                    ledger.write(f"{value}\n")

        client.on_publish = acknowledged
        client.on_connect = lambda *_: connected.set()
        client.max_inflight_messages_set(500)
        client.connect("127.0.0.1", port)
        client.loop_start()
        connected.wait(10)
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        number, began = 0, time.monotonic()
        while not stop.wait(max(0.0, began + number / rate - time.monotonic())):
            number += 1
            flag = "true" if number // 50 % 2 else "false"
            payload = f'{{"value": {number}, "time": {time.time_ns() // 1_000_000}, "flag": {flag}, "level": 9}}'
            mid = client.publish(f"real/d{number % detectors}", payload, qos=1).mid
            with lock:  # never held while paho is called: it has locks of its own
                if mid in early:
                    early.discard(mid)
                    ledger.write(f"{number}\n")
                else:
                    waiting[mid] = number
        ends = time.monotonic() + 15
        while waiting and time.monotonic() < ends:
            time.sleep(0.05)
        client.disconnect()
        client.loop_stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
