"""The committed C is what generate.sh writes, its tables agree with the published descriptors, and bytes survive it."""

import ctypes
import re

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from published import COTLP, MESSAGES, PROTO, run, tool

# ---- the files ----


def generated(directory):
    files = [*directory.glob("*.pb-c.c"), *directory.glob("include/*.pb-c.h")]
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_the_committed_files_are_what_generate_sh_writes(tmp_path):
    tool("protoc-c", "protobuf-c-compiler")
    run(PROTO / "generate.sh", "fresh", cwd=tmp_path)
    fresh, committed = generated(tmp_path / "fresh"), generated(COTLP)
    advice = "run `make proto` with the version that proto/README.md names, and commit what it writes"
    assert sorted(fresh) == sorted(committed), advice
    assert [name for name in sorted(fresh) if fresh[name] != committed[name]] == [], advice


def test_generate_sh_clears_what_it_no_longer_writes(tmp_path):
    tool("protoc-c", "protobuf-c-compiler")
    (tmp_path / "include").mkdir()
    for stale in ["gone.pb-c.c", "include/gone.pb-c.h", "include/COTLP.h"]:
        (tmp_path / stale).touch()
    run(PROTO / "generate.sh", tmp_path)
    assert generated(tmp_path) == generated(COTLP)
    assert (tmp_path / "include" / "COTLP.h").exists()


def test_the_umbrella_header_includes_every_generated_one():
    umbrella = (COTLP / "include" / "COTLP.h").read_text()
    assert set(re.findall(r'^#include "(.+)"$', umbrella, re.M)) == {p.name for p in COTLP.glob("include/*.pb-c.h")}


# ---- the tables ----


class CField(ctypes.Structure):
    """ProtobufCFieldDescriptor of protobuf-c 1."""

    _fields_ = [
        ("name", ctypes.c_char_p), ("id", ctypes.c_uint32), ("label", ctypes.c_int), ("type", ctypes.c_int),
        ("quantifier_offset", ctypes.c_uint), ("offset", ctypes.c_uint), ("descriptor", ctypes.c_void_p),
        ("default_value", ctypes.c_void_p), ("flags", ctypes.c_uint32), ("reserved_flags", ctypes.c_uint),
        ("reserved2", ctypes.c_void_p), ("reserved3", ctypes.c_void_p),
    ]  # fmt: skip


class CMessage(ctypes.Structure):
    """ProtobufCMessageDescriptor of protobuf-c 1, as far as it is read here."""

    _fields_ = [
        ("magic", ctypes.c_uint32), ("name", ctypes.c_char_p), ("short_name", ctypes.c_char_p),
        ("c_name", ctypes.c_char_p), ("package_name", ctypes.c_char_p), ("sizeof_message", ctypes.c_size_t),
        ("n_fields", ctypes.c_uint), ("fields", ctypes.POINTER(CField)),
    ]  # fmt: skip


MAGIC = 0x28AAEEF9
# ProtobufCLabel, ProtobufCType and ProtobufCFieldFlag, in the order of protobuf-c.h.
LABELS = ["REQUIRED", "OPTIONAL", "REPEATED", "NONE"]
TYPES = [
    "INT32", "SINT32", "SFIXED32", "INT64", "SINT64", "SFIXED64", "UINT32", "FIXED32", "UINT64", "FIXED64",
    "FLOAT", "DOUBLE", "BOOL", "ENUM", "STRING", "BYTES", "MESSAGE",
]  # fmt: skip
ONEOF = 1 << 2


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    out = tmp_path_factory.mktemp("c") / "libcotlp.so"
    sources = sorted(COTLP.glob("*.pb-c.c"))
    run(tool("cc", "gcc"), "-shared", "-fPIC", f"-I{COTLP / 'include'}", *sources, "-lprotobuf-c", "-o", out)
    library = ctypes.CDLL(str(out))
    for name, result, arguments in [
        ("unpack", ctypes.c_void_p, [ctypes.POINTER(CMessage), ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]),
        ("get_packed_size", ctypes.c_size_t, [ctypes.c_void_p]),
        ("pack", ctypes.c_size_t, [ctypes.c_void_p, ctypes.c_char_p]),
        ("free_unpacked", None, [ctypes.c_void_p, ctypes.c_void_p]),
    ]:
        function = getattr(library, f"protobuf_c_message_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def c_descriptor(c, full_name):
    """The table of `a.b.v1.Outer.OneInner` is the symbol `a__b__v1__outer__one_inner__descriptor`."""
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", full_name).lower().replace(".", "__")
    descriptor = CMessage.in_dll(c, f"{snake}__descriptor")
    assert (descriptor.magic, descriptor.name.decode()) == (MAGIC, full_name)
    return descriptor


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_table_of_each_message_equals_the_published_one(c, name):
    def in_c(field):
        return (field.id, f"TYPE_{TYPES[field.type]}", LABELS[field.label] == "REPEATED", bool(field.flags & ONEOF))

    def in_print(field):
        return (field["number"], field["type"], field["repeated"], field["oneof"] is not None)

    table = c_descriptor(c, name)
    ours = {field.name.decode(): in_c(field) for field in table.fields[: table.n_fields]}
    assert ours == {field_name: in_print(field) for field_name, field in MESSAGES[name].items()}


# ---- the bytes ----


def round_trip(c, full_name, data):
    message = c.protobuf_c_message_unpack(c_descriptor(c, full_name), None, len(data), data)
    assert message, f"{full_name} did not unpack"
    out = ctypes.create_string_buffer(c.protobuf_c_message_get_packed_size(message))
    assert c.protobuf_c_message_pack(message, out) == len(out)
    c.protobuf_c_message_free_unpacked(message, None)
    return out.raw


def values(field, depth):
    """Values for one field: a telling scalar, or the samples of its message down to a depth."""
    if field.message_type is not None:
        return samples(field.message_type, depth - 1) if depth > 0 else []
    return {
        field.TYPE_STRING: ["a\0b \u00e9\U0001f600", "\0"],
        field.TYPE_BYTES: [b"\x00\xff\x00"],
        field.TYPE_BOOL: [True],
        field.TYPE_DOUBLE: [-0.1],
        field.TYPE_INT32: [-7],
        field.TYPE_INT64: [-(2**63)],
        field.TYPE_UINT32: [2**32 - 1],
        field.TYPE_FIXED32: [2**32 - 1],
        field.TYPE_FIXED64: [2**64 - 1],
        field.TYPE_ENUM: [2],
    }[field.type]


def samples(descriptor, depth):
    """Messages with every field set: as many as show each value of a single field; one for each arm of a oneof."""
    fields = descriptor.fields
    if descriptor.oneofs:
        make = GetMessageClass(descriptor)
        return [make()] + [make(**{field.name: value}) for field in fields for value in values(field, depth)]
    choices = {field: values(field, depth) for field in fields}
    count = max((len(options) for field, options in choices.items() if not field.is_repeated), default=1)
    return [sample(descriptor, choices, i) for i in range(max(count, 1))]


def sample(descriptor, choices, i):
    message = GetMessageClass(descriptor)()
    for field, options in choices.items():
        if field.is_repeated:
            getattr(message, field.name).extend(options)
        elif options and field.message_type is not None:
            getattr(message, field.name).CopyFrom(options[i % len(options)])
        elif options:
            setattr(message, field.name, options[i % len(options)])
    return message


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_each_message_passes_through_byte_for_byte(c, name):
    for message in samples(descriptor_pool.Default().FindMessageTypeByName(name), depth=8):
        data = message.SerializeToString()
        assert round_trip(c, name, data) == data


@pytest.mark.parametrize(
    "value",
    [
        AnyValue(),
        AnyValue(string_value=""),
        AnyValue(bool_value=False),
        AnyValue(int_value=0),
        AnyValue(double_value=0.0),
        AnyValue(array_value=ArrayValue()),
        AnyValue(kvlist_value=KeyValueList()),
        AnyValue(bytes_value=b""),
        AnyValue(string_value_strindex=0),
    ],
    ids=lambda value: value.WhichOneof("value") or "nothing",
)
def test_a_zero_or_empty_value_keeps_its_kind(c, value):
    data = value.SerializeToString()
    assert round_trip(c, "opentelemetry.proto.common.v1.AnyValue", data) == data


def test_fields_of_a_later_version_pass_through(c):
    data = b"\x0a\x01k" + b"\xa2\x06\x03new" + b"\xa8\x06\x05"  # key "k", then the unheard-of fields 100 and 101
    assert round_trip(c, "opentelemetry.proto.common.v1.KeyValue", data) == data
