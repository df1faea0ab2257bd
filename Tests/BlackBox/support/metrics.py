"""The Prometheus text format, read strictly: what `promtool check metrics` would complain of fails here."""

import math
import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (\S+)")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|Inf)|NaN")
_HELP = re.compile(rf"# HELP ({_NAME}) (\S.*)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")
PREFIX = "mastra_gateway_"


def parse(text, route="default"):
    """`{name: value}` and `{name{label="value"}: value}`; names without our prefix, those of the route without its label.
    Raises on any fault."""
    return {_short(key, route): value for key, value in _Reader(text).samples.items()}


def _short(key, route):
    label = f'route="{route}"'
    return key.removeprefix(PREFIX).replace(f"{{{label}}}", "").replace(f"{{{label},", "{")


def routes(text):
    """The routes of a scrape."""
    return sorted(set(re.findall(r'^mastra_gateway_receiver_received_spans_total\{route="([a-z0-9-]+)"\}', text, re.M)))


class _Reader:
    def __init__(self, text):
        assert text.endswith("\n"), "the last line has no end"
        self.samples = {}
        self.types = {}
        self.helps = set()
        self.closed = set()
        self.family = None
        for line in text.removesuffix("\n").split("\n"):
            self._line(line)
        for name, kind in self.types.items():
            assert name in self.helps, f"{name} has no help"
            if kind == "histogram":
                self._check_histogram(name)

    def _line(self, line):
        if match := _HELP.fullmatch(line):
            assert match[1] not in self.helps, f"a second HELP for {match[1]}"
            self.helps.add(match[1])
            self._enter(match[1])
        elif match := _TYPE.fullmatch(line):
            assert match[1] not in self.types, f"a second TYPE for {match[1]}"
            self.types[match[1]] = match[2]
            self._enter(match[1])
            assert match[1].startswith(PREFIX), match[1]
            assert (match[2] == "counter") == match[1].endswith("_total"), f"{match[1]} is a {match[2]}"
        else:
            match = _SAMPLE.fullmatch(line)
            assert match, f"no line of the format: {line!r}"
            self._sample(match)

    def _enter(self, family):
        if family == self.family:
            return
        assert family not in self.closed, f"{family} is scattered"
        if self.family:
            self.closed.add(self.family)
        self.family = family

    def _sample(self, match):
        name, labels, text = match.groups()
        assert self.family in self.types, f"{name} has no TYPE"
        suffixes = ("_bucket", "_sum", "_count") if self.types[self.family] == "histogram" else ("",)
        assert name in [self.family + suffix for suffix in suffixes], f"{name} stands under {self.family}"
        names = re.findall(r"([a-zA-Z_][a-zA-Z0-9_]*)=\"", labels or "")
        assert len(names) == len(set(names)), f"a label twice: {labels}"
        key = f"{name}{{{labels}}}" if labels else name
        assert key not in self.samples, f"{key} twice"
        assert _NUMBER.fullmatch(text), f"{key} is {text}"
        value = float(text)
        if self.types[self.family] != "gauge":
            assert value >= 0 and math.isfinite(value), f"{key} is {text}"
        self.samples[key] = value

    def _check_histogram(self, name):
        series = {}
        for key, value in self.samples.items():
            if match := re.fullmatch(rf'{name}_bucket\{{(?:(.*),)?le="([^"]+)"\}}', key):
                series.setdefault(match[1] or "", []).append((float(match[2]), value))
        assert series, f"{name} has no buckets"
        for labels, buckets in series.items():
            bounds, counts = [bound for bound, _ in buckets], [count for _, count in buckets]
            assert bounds == sorted(set(bounds)) and bounds[-1] == math.inf, f"{name} has the bounds {bounds}"
            assert counts == sorted(counts), f"{name} is not cumulative: {counts}"
            suffix = f"{{{labels}}}" if labels else ""
            assert counts[-1] == self.samples[f"{name}_count{suffix}"], f"{name} counts two ways"
            assert f"{name}_sum{suffix}" in self.samples


def dropped(metrics):
    """`{reason: spans}`, those above zero."""
    found = {}
    for key, value in metrics.items():
        if (match := re.fullmatch(r'exporter_dropped_spans_total\{reason="(\w+)"\}', key)) and value:
            found[match[1]] = value
    return found


def posture(metrics):
    """What the lane does now."""
    [one] = [key for key, value in metrics.items() if key.startswith("exporter_posture{") and value == 1]
    return re.search(r'posture="(\w+)"', one)[1]


def check_books(metrics):
    """DESIGN 7.1: nothing is unaccounted for, in any scrape."""
    received, accepted, rejected, refused = (
        metrics[f"receiver_{term}_spans_total"] for term in ("received", "accepted", "rejected", "refused")
    )
    assert received == accepted + rejected + refused, metrics
    held = metrics["exporter_queue_size_spans"]
    recovered = metrics["exporter_recovered_spans_total"]
    ended = metrics["exporter_sent_spans_total"] + sum(dropped(metrics).values())
    assert accepted + recovered == ended + held, metrics
    assert metrics.get("exporter_queue_selfcheck_mismatches_total", 0) == 0, metrics


def check_all_books(text):
    """Of each route of a scrape."""
    assert routes(text), "no route"
    for route in routes(text):
        check_books(parse(text, route))
