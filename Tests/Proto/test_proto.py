"""Our .proto files say what the published descriptors say: nothing missing, nothing more."""

import pytest
from google.protobuf import descriptor_pb2
from published import ENUMS, EVERYTHING, LEFT_OUT, MESSAGES, PROTO, RESERVED, flatten, run, tool


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    out = tmp_path_factory.mktemp("descriptors") / "ours.pb"
    names = sorted(path.name for path in PROTO.glob("*.proto"))
    run(tool("protoc", "protobuf-compiler"), f"--proto_path={PROTO}", f"--descriptor_set_out={out}", *names)
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file


def test_the_same_messages(files):
    assert sorted(flatten(files)[0]) == sorted(MESSAGES)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_the_same_fields(files, name):
    assert flatten(files)[0].get(name) == MESSAGES[name]


def test_the_same_enums(files):
    assert flatten(files)[1] == ENUMS


def test_the_same_reserved_numbers(files):
    assert flatten(files)[2] == RESERVED


def test_what_is_left_out_is_published():
    assert set(LEFT_OUT) <= set(EVERYTHING[0])


def test_no_field_is_a_c_string(files):
    def strings(message):
        own = [f"{message.name}.{f.name}" for f in message.field if f.type == f.TYPE_STRING]
        return own + [name for nested in message.nested_type for name in strings(nested)]

    found = [name for file in files for message in file.message_type for name in strings(message)]
    assert found == [], "protobuf-c ends a `string` at its first NUL; write `bytes`"
