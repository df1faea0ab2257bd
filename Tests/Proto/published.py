"""The published message formats as plain values, and the tools that read ours."""

import shutil
import subprocess
from pathlib import Path

import pytest
from google.protobuf import any_pb2, descriptor_pb2, duration_pb2
from google.rpc import error_details_pb2, status_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
COTLP = ROOT / "Sources" / "COTLP"

MODULES = [
    any_pb2, duration_pb2, status_pb2, error_details_pb2,
    common_pb2, resource_pb2, trace_pb2, trace_service_pb2,
]  # fmt: skip

# Published in the same files as what we use, and left out.
LEFT_OUT = {
    "google.rpc.ErrorInfo": "a reason for machines; OTLP's clients read RetryInfo",
    "google.rpc.DebugInfo": "stack traces, which a gateway keeps to itself",
    "google.rpc.QuotaFailure": "the gateway has no quotas per subject",
    "google.rpc.PreconditionFailure": "an export has no preconditions",
    "google.rpc.RequestInfo": "OTLP requests carry no identity",
    "google.rpc.ResourceInfo": "there is no resource to look up",
    "google.rpc.Help": "links stand in the message's text",
}

Field = descriptor_pb2.FieldDescriptorProto


def tool(name, package):
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not on the PATH, so proto/ cannot be checked; Debian's package is {package}.")
    return path


def run(*command, cwd=None):
    result = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert result.returncode == 0, f"{command[0]} ended with {result.returncode}: {result.stderr}"


def shape(field, message):
    """What decides how a field is read: ours are `bytes` where the published ones are `string`, alike on the wire."""
    kind = Field.TYPE_BYTES if field.type == Field.TYPE_STRING else field.type
    return {
        "number": field.number,
        "type": Field.Type.Name(kind),
        "of": field.type_name,
        "repeated": field.label == Field.LABEL_REPEATED,
        "oneof": message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else None,
        "packed": field.options.packed if field.options.HasField("packed") else None,
    }


def flatten(files):
    """Messages, enums and reserved numbers of FileDescriptorProtos, each keyed by full name."""
    messages, enums, reserved = {}, {}, {}

    def add_enums(holder, scope):
        for enum in holder.enum_type:
            enums[f"{scope}.{enum.name}"] = {value.name: value.number for value in enum.value}

    def add(message, scope):
        name = f"{scope}.{message.name}"
        messages[name] = {field.name: shape(field, message) for field in message.field}
        reserved[name] = [(span.start, span.end) for span in message.reserved_range]
        add_enums(message, name)
        for nested in message.nested_type:
            add(nested, name)

    for file in files:
        assert file.syntax == "proto3", f"{file.name} is not proto3"
        add_enums(file, file.package)
        for message in file.message_type:
            add(message, file.package)
    return messages, enums, reserved


def without_left_out(table):
    def stays(name):
        return not any(f"{name}.".startswith(f"{gone}.") for gone in LEFT_OUT)

    return {name: value for name, value in table.items() if stays(name)}


EVERYTHING = flatten(descriptor_pb2.FileDescriptorProto.FromString(m.DESCRIPTOR.serialized_pb) for m in MODULES)
MESSAGES, ENUMS, RESERVED = (without_left_out(table) for table in EVERYTHING)
