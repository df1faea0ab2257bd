"""The `map` command on requests of real instrumentations, binary and JSON, and what it explains."""

import json
from pathlib import Path

import pytest

from support.otlp import export, span
from support.program import run

CORPUS = Path(__file__).parent.parent / "Corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.pb"))


def records(*arguments, stdin=b""):
    done = run("map", *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [without_time(json.loads(line)) for line in lines(done.stdout)]


def lines(text):
    """By line feeds alone: a string in a record may hold other characters that end lines."""
    return text.split("\n")[:-1]


def without_time(record):
    """All but the time of reception, which is now."""
    return {name: value for name, value in record.items() if name != "createdAt"}


def golden(name):
    return [without_time(record) for record in json.loads((CORPUS / "records" / f"{name}.json").read_text())]


def test_the_corpus_is_there():
    assert len(NAMES) == 47


@pytest.mark.parametrize("name", NAMES)
def test_binary_and_json_of_a_payload_become_the_same_golden_records(name):
    expected = golden(name)
    assert records(str(CORPUS / f"{name}.pb")) == expected
    assert records(str(CORPUS / f"{name}.json")) == expected


def test_json_from_standard_input_may_be_named():
    payload = (CORPUS / "laminar-a.json").read_bytes()
    assert records("--format=json", "-", stdin=payload) == golden("laminar-a")
    assert records("-", stdin=b"\n \t" + payload) == golden("laminar-a")


def test_settings_hold_for_map_as_for_the_gateway(tmp_path):
    file = tmp_path / "gateway.yaml"
    file.write_text("redact_keys: city\nspan_types: core\n")
    [tool, _] = records(f"--config={file}", str(CORPUS / "laminar-a.pb"))
    assert tool["input"] == {"city": "[REDACTED]"}
    [retriever, *_] = records("--span-types=core", str(CORPUS / "langfuse-a.pb"))
    assert retriever["type"] == "generic"
    assert retriever["attributes"]["mastra.intended_span_type"] == "rag_vector_operation"


def explained(name):
    """Of each span the record and the rows below it."""
    done = run("map", "--explain", str(CORPUS / f"{name}.pb"))
    assert done.returncode == 0, done.stderr
    spans = []
    for line in lines(done.stdout):
        if line.startswith("{"):
            spans.append((json.loads(line), {}))
        else:
            field, source = line.strip().split("  ", 1)
            spans[-1][1].setdefault(field, source.strip())
    return spans


def test_an_explanation_names_rule_and_attribute_of_each_field():
    [(record, rows), _] = explained("oi-openai-tools")
    assert rows["spanType"] == "T3 openinference.span.kind"
    assert rows["attributes.model"] == "llm.model_name"
    assert rows["attributes.parameters.temperature"] == "llm.invocation_parameters → temperature"
    assert rows["attributes.usage.inputTokens"] == "llm.token_count.prompt"
    assert rows["input"] == "llm.input_messages.N.…"
    assert rows["metadata.sessionId"] == "session.id"
    assert rows["tags"] == "tag.tags"
    assert "OpenInference" in rows["conventions"]
    for key in rows["left over"].split(", "):
        assert key in record["attributes"] or f"otel.{key}" in record["attributes"]


@pytest.mark.parametrize("name", NAMES)
def test_every_typed_field_of_a_record_is_explained(name):
    for record, rows in explained(name):
        left_over = rows["left over"].split(", ")
        for field in ["model", "provider", "finishReason", "responseId", "tools", "toolCallId"]:
            if field in record["attributes"]:
                assert f"attributes.{field}" in rows, (record["name"], field)
        for field in ["input", "output", "tags"]:
            assert (field in rows) == (field in record), (record["name"], field)
        if record["type"] != "generic":
            assert "spanType" in rows
        if record["error"]:
            assert "error" in rows
        for key in left_over:
            assert key == "nothing" or any(
                name in record["attributes"] for name in [key, f"otel.{key}"]
            ), key


# What makes no record

SELECTIONS = {
    "--drop-spans=name=GET /health*": ("filtered", "drop_spans: name=GET /health*", 1),
    "--keep-ratio=0.5": ("sampled", "random value 0x00000000000000 is below the threshold 0x80000000000000", 0),
    "--ai-only=true": ("not_ai", "ai_only", 0),
}


@pytest.mark.parametrize("flag", SELECTIONS)
def test_each_span_that_makes_no_record_is_named_with_its_reason(tmp_path, flag):
    reason, why, kept = SELECTIONS[flag]
    file = tmp_path / "request.pb"
    trace = bytes(15) + b"\1"
    file.write_bytes(export(span("GET /healthz", trace_id=trace), span("work", trace_id=trace)).body)
    done = run("map", "--explain", flag, file)
    assert done.returncode == 0
    assert len([line for line in lines(done.stdout) if line.startswith("{")]) == kept
    left = [line for line in lines(done.stderr) if "makes no record" in line and '"' in line]
    assert len(left) == 2 - kept and '"GET /healthz"' in left[0]
    for line in left:
        assert f"({reason})" in line and why.replace("0x00000000000000", "0x00000000000001") in line
    assert f"{2 - kept} {reason}" in lines(done.stderr)[-1]
