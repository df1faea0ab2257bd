"""What one team's trouble costs another, and what the time of a refusal tells: measured in pairs within one run.

Two cores may be shared with a build, and noise only ever adds time. So each side's best of several turns is compared, and a
pair that is apart is measured again before it counts.
"""

import random
import statistics
import time

import pytest
from support.otlp import export_of, is_full_success
from support.routes import RoutedGateway, Team, digest
from support.upstream import HANG, OK, Answer, Upstream
from support.waiting import wait_until

A, B = Team("refused"), Team("unharmed")
ROUNDS = 15


def turn(gateway, upstream, requests=61, spans=50):
    """The team B alone: the time within which the quickest fifth of the answers came, and spans a second from the first request to the last delivery.

    No number of whole batches: the last one waits for its time in each turn, and not in all but a lucky one.
    """
    before = sum(upstream.deliveries.values())
    times = []
    begun = time.perf_counter()
    with gateway.client() as client:
        for _ in range(requests):
            sent = export_of(spans)
            at = time.perf_counter()
            assert is_full_success(client.post(sent.body, authorization=B.authorization))
            times.append(time.perf_counter() - at)
    wait_until(lambda: sum(upstream.deliveries.values()) == before + requests * spans, "B's spans", every=0.001)
    return statistics.quantiles(times, n=5)[0], requests * spans / (time.perf_counter() - begun)


@pytest.mark.parametrize("trouble", [Answer(401), Answer(402, {"retry-after": "3600"}), HANG], ids=["401", "402", "hang"])
def test_a_team_whose_upstream_refuses_costs_another_nothing(tmp_path, trouble):
    """Latency and throughput of B within 10 % of what they are beside a team without trouble."""
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.mkdir(), good.mkdir()
    flags = ["--shutdown-timeout=0", "--max-batch-wait=20ms"]

    def refusing(publish):
        return trouble if publish.headers["authorization"].endswith(A.token) and publish.records else OK

    with Upstream(refusing) as troubled, RoutedGateway(bad, troubled, [A, B], *flags) as beside_trouble:
        with Upstream() as calm, RoutedGateway(good, calm, [A, B], *flags) as beside_calm:
            for gateway in (beside_trouble, beside_calm):
                for _ in range(10):
                    assert is_full_success(gateway.send(A, export_of(100)))
            wait_until(lambda: troubled.publishes, "an attempt of A")
            sides = {"trouble": (beside_trouble, troubled), "calm": (beside_calm, calm)}
            wait_until(lambda: sum(calm.deliveries.values()) == 1000, "A's spans where they are taken")
            latency, throughput = {name: [] for name in sides}, {name: [] for name in sides}
            for attempt in range(ROUNDS):
                # In turns, and in either order, so that what drifts drifts for both.
                for name in sorted(sides, reverse=attempt % 2 == 1):
                    seconds, rate = turn(*sides[name])
                    latency[name].append(seconds)
                    throughput[name].append(rate)
                ratios = min(latency["trouble"]) / min(latency["calm"]), max(throughput["trouble"]) / max(throughput["calm"])
                if attempt >= 2 and ratios[0] < 1.1 and ratios[1] > 0.9:
                    return
            print(latency, throughput)
            pytest.fail(f"latency {ratios[0]:.2f}, throughput {ratios[1]:.2f} of those beside a team without trouble")


def test_the_time_of_a_refusal_tells_nothing_of_the_key(tmp_path):
    """Keys that share nothing, all but the last character, or only their length with a good one are refused in the same time.

    One of 4000 bytes takes longer by what hashing it takes, whoever is asked; so does reading it.
    """
    teams = [Team(f"team-{number}", key="mgw_" + digest(f"{number}")[:43]) for number in range(64)]
    good = teams[-1].key
    wrong = {
        "nothing in common": "xyz_" + "q" * 43, "the beginning": good[:20] + "q" * (len(good) - 20),
        "all but the last": good[:-1] + "q", "of the first route": teams[0].key[:-1] + "q",
    }  # fmt: skip
    chance = random.Random(3)
    with Upstream() as upstream, RoutedGateway(tmp_path, upstream, teams) as gateway, gateway.client() as client:
        times = {name: [] for name in wrong}

        def measure(rounds):
            for _ in range(rounds):
                for name in chance.sample(list(wrong), len(wrong)):
                    at = time.perf_counter_ns()
                    response = client.post(b"", authorization=f"Bearer {wrong[name]}")
                    times[name].append(time.perf_counter_ns() - at)
                    assert response.status == 401

        measure(200)
        for each in times.values():
            each.clear()
        for _ in range(5):
            measure(1000)
            # The tenth percentile is far from what the machine does beside it.
            typical = {name: statistics.quantiles(each, n=10)[0] for name, each in times.items()}
            spread = max(typical.values()) / min(typical.values())
            if spread < 1.03:
                return
        pytest.fail(f"refusals take {typical} ns")
